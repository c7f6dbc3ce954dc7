import type { Configuration } from '../../config/configuration.js';
import { ApiToken } from '../../ogc/api-token.js';
import { InvalidTokenError } from '../../ogc/domain-errors.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import { API_SUBJECT, isOfApiToken, type Session } from '../../ogc/requests/session.js';
import type { Identities } from '../identity/identities.js';
import { digestOf, proofOf } from '../identity/token-digest.js';
import { accessSecrets, keyFor, sessionKey } from './session-keys.js';
import { SessionSeal } from './session-seal.js';

/** What is sealed with the first key, and opened with any. */
type Keys = readonly [Uint8Array, ...Uint8Array[]];

/** Sessions of people with a browser; a replica knows those of the others by the key that they share. */
export class Sessions {
  private readonly seal: SessionSeal | undefined;
  private readonly keys: readonly Uint8Array[] = [];
  private readonly token: ApiToken;
  private readonly proof: string | undefined;
  private readonly milliseconds: number;
  /** The issuer of OpenID Connect. */
  private readonly provider: string | undefined;
  /** Of sessions of tokens: of the token that opened them. */
  private readonly proofs = new WeakMap<Session, string>();
  /** Why nobody can sign in; undefined: people can. */
  readonly whyOff: string | undefined;

  /**
   * @param embedded whether this process runs the cluster, so that no other has to know its key: it makes one
   * @param identities absent: whoever knows the API token can sign in, and nobody else
   * @param now for tests
   */
  constructor(
    configuration: Pick<Configuration, 'access' | 'environment'>,
    embedded: boolean,
    private readonly identities?: Pick<Identities, 'of' | 'rules' | 'tokens'>,
    private readonly now: () => Date = () => new Date(),
  ) {
    const { access, environment } = configuration;
    const { apiToken } = environment;
    this.token = new ApiToken(apiToken);
    this.milliseconds = access.sessionHours * 3600 * 1000;
    this.provider = access.rules?.oidc?.issuer;
    if (!apiToken && !identities?.rules) {
      this.whyOff = 'no token is set that one could sign in with (PYGEOAPI_K8S_MANAGER_API_TOKEN)';
      return;
    }
    this.proof = apiToken && proofOf(digestOf(apiToken));
    const [first, ...others] = accessSecrets(configuration, embedded).map(sessionKey);
    if (!first) {
      this.whyOff = 'no key is set that encrypts sessions (access.key)';
      return;
    }
    const keys: Keys = [first, ...others];
    this.keys = keys;
    this.seal = new SessionSeal(keys, now);
  }

  /**
   * The session of whoever has such a token; undefined where that is nobody.
   * @param address of who shows it, as far as it is known
   * @throws UnavailableError where that cannot be told now
   */
  async ofToken(token: string | undefined, address?: string): Promise<Session | undefined> {
    if (token === undefined) return undefined;
    if (this.identities?.rules) {
      const identity = await this.identities.of(token, address).catch((error: unknown) => {
        if (error instanceof InvalidTokenError) return undefined;
        throw error;
      });
      const session = identity && this.start(identity);
      const proof = this.identities.tokens.proofOf(token);
      if (session && proof !== undefined) this.proofs.set(session, proof);
      return session;
    }
    return this.token.matches(token) ? this.ending({ issuer: TOKENS, subject: API_SUBJECT, roles: [] }) : undefined;
  }

  /**
   * A session of somebody, with the roles that claims and groups give them now: what the configuration says of them is looked up each time.
   * It ends with what proved who they are.
   */
  start(identity: Identity): Session {
    const { issuer, subject, name, until } = identity;
    const roles = issuer === TOKENS ? [] : (this.identities?.rules?.rolesByClaims(identity) ?? []);
    const session = this.ending({ issuer, subject, ...(name === undefined ? {} : { name }), roles });
    return until && until < session.end ? { ...session, end: until } : session;
  }

  /** The value of a cookie. @throws RangeError where it is too long; Error where nobody can sign in */
  async close(session: Session): Promise<string> {
    if (!this.seal) throw new Error(`Sign-in is off: ${this.whyOff}`);
    const proof = this.identities?.rules ? this.proofs.get(session) : this.ofApiToken(session);
    return this.seal.seal({ ...session, ...(proof === undefined ? {} : { proof }) });
  }

  /** The session in the value of a cookie; undefined where it is none of this server's, over, or of a token that is another now. */
  async open(value: string): Promise<Session | undefined> {
    const sealed = await this.seal?.open(value);
    if (!sealed) return undefined;
    const { proof, ...session } = sealed;
    if (session.issuer !== TOKENS) return session.issuer === this.provider ? session : undefined;
    const token = proof === undefined ? undefined : this.tokenBehind(session, proof);
    if (proof === undefined || !token) return undefined;
    const opened = { ...session, roles: token.roles };
    this.proofs.set(opened, proof);
    return opened;
  }

  /** Whether a session that was opened before is not over, and stands on the token that it stood on. */
  holds(session: Session): boolean {
    if (session.end <= this.now()) return false;
    return session.issuer !== TOKENS || this.tokenBehind(session, this.proofs.get(session) ?? '') !== undefined;
  }

  /** Keys for what else is sealed beside sessions: the first encrypts, all decrypt. Empty where nobody can sign in. */
  keysFor(purpose: string): readonly Uint8Array[] {
    return this.keys.map((key) => keyFor(purpose, key));
  }

  private ending(session: Omit<Session, 'end'>): Session {
    return { ...session, end: new Date(this.now().getTime() + this.milliseconds) };
  }

  /** The token that opened the session, with the roles that it has now; undefined: it opens nothing any more. */
  private tokenBehind(session: Session, proof: string): Pick<Identity, 'roles'> | undefined {
    if (this.identities?.rules) return this.identities.tokens.withProof(session.subject, proof);
    return proof === this.ofApiToken(session) ? { roles: [] } : undefined;
  }

  private ofApiToken(session: Session): string | undefined {
    return isOfApiToken(session) ? this.proof : undefined;
  }
}
