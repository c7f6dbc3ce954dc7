/** Who somebody has proven to be. */
export interface Identity {
  /** Who says so: {@link TOKENS}, or the issuer of OpenID Connect. */
  readonly issuer: string;
  /** The name of the token, or the issuer's subject: with the issuer, the same person or program for ever. */
  readonly subject: string;
  /** For people to read; absent: the subject. */
  readonly name?: string;
  readonly groups: readonly string[];
  /** Names of roles, as the token or its claims say them. */
  readonly roles: readonly string[];
  /** From then on it is not proven any more; absent: nobody knows. */
  readonly until?: Date;
  /** How it was proven. */
  readonly means: 'token' | 'jwt' | 'introspection' | 'session';
}

/** The issuer of the server's own tokens. */
export const TOKENS = 'tokens';

const identities = new WeakMap<object, Identity>();

/** Says once of a request, before anything is decided of it, who its `Authorization` header proves to ask. */
export function noteIdentity(request: object, identity: Identity): void {
  identities.set(request, identity);
}

/** Undefined: the request has no such header, or nobody looked into it. */
export function identityOf(request: object): Identity | undefined {
  return identities.get(request);
}
