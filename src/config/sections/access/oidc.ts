import { IsOptional } from 'class-validator';
import { HttpAddress, IntegerFrom, satisfies, Section, Text, TextLike, TextList } from '../../constraints.js';

/** What signs tokens: asymmetric, so that nobody who checks one could make one (RFC 7518, section 3.1; RFC 8037). */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** A client of the provider. */
export interface OidcClient {
  readonly id: string;
  /** Undefined: a public client. */
  readonly secret?: string;
}

/** A provider of OpenID Connect, and how its tokens are read. */
export interface OidcSettings {
  /** As it stands in tokens (`iss`), and as its discovery document is found beneath. */
  readonly issuer: string;
  /** Of which a token must be for one (`aud`). */
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** The header `typ` of access tokens (RFC 9068: `at+jwt`); `any`: whatever it is, for providers that set none. */
  readonly tokenType: string;
  /** Seconds by which clocks may differ. */
  readonly clockSkew: number;
  /** Where claims are: names, with dots between those that stand in each other (`realm_access.roles`). */
  readonly claims: {
    readonly subject: string;
    readonly name: string;
    readonly groups: string;
    readonly roles: string;
  };
  /** Asks the provider of tokens that are no JWT (RFC 7662), as this client. */
  readonly introspection?: OidcClient;
  /** The client of pages, and of Swagger UI; undefined: people sign in with tokens only. */
  readonly client?: OidcClient;
  /** The id of the client, without a secret, by which people sign in from a terminal (RFC 8628); undefined: they have to know one. */
  readonly terminalClient?: string;
  readonly scopes: readonly string[];
  /** What people read on the button. */
  readonly title: string;
}

export class SecretDefinition {
  @IsOptional()
  @TextLike(/^[A-Za-z_]\w*$/, 'the name of an environment variable')
  env?: string | null;

  @IsOptional()
  @TextLike(/\S/, 'the path of a file')
  file?: string | null;
}

export class ClientDefinition {
  @Text()
  id!: string;

  @IsOptional()
  @Section(() => SecretDefinition)
  secret?: SecretDefinition | null;
}

class ClaimsDefinition {
  @IsOptional()
  @Text()
  subject?: string;

  @IsOptional()
  @Text()
  name?: string;

  @IsOptional()
  @Text()
  groups?: string;

  @IsOptional()
  @Text()
  roles?: string;
}

export class OidcDefinition {
  @HttpAddress()
  @satisfies('issuer', 'https:// (http:// only on this machine)', (value) => isSafeAddress(String(value)))
  issuer!: string;

  @TextList('a list of audiences')
  @satisfies('audiences', 'a list with at least one entry', (value) => Array.isArray(value) && value.length > 0)
  audience!: string[];

  @IsOptional()
  @OneOfEach(ALGORITHMS)
  algorithms?: string[] | null;

  @IsOptional()
  @Text()
  token_type?: string | null;

  @IsOptional()
  @IntegerFrom(0, 300)
  clock_skew_seconds?: number | null;

  @IsOptional()
  @Section(() => ClaimsDefinition)
  claims?: ClaimsDefinition | null;

  @IsOptional()
  @Section(() => ClientDefinition)
  introspection?: ClientDefinition | null;

  @IsOptional()
  @Section(() => ClientDefinition)
  client?: ClientDefinition | null;

  @IsOptional()
  @Text()
  terminal_client?: string | null;

  @IsOptional()
  @TextList('a list of scopes')
  scopes?: string[] | null;

  @IsOptional()
  @Text()
  title?: string | null;
}

/** @param client with secrets as they are read */
export function toOidcSettings(
  definition: OidcDefinition,
  clients: Pick<OidcSettings, 'client' | 'introspection'>,
): OidcSettings {
  const { issuer, audience, algorithms, token_type, clock_skew_seconds, claims, scopes, title } = definition;
  const terminalClient =
    definition.terminal_client ?? (clients.client?.secret === undefined ? clients.client?.id : undefined);
  return {
    issuer,
    audience,
    algorithms: algorithms ?? ['RS256', 'PS256', 'ES256', 'EdDSA'],
    tokenType: token_type ?? 'at+jwt',
    clockSkew: clock_skew_seconds ?? 30,
    claims: {
      subject: claims?.subject ?? 'sub',
      name: claims?.name ?? 'name',
      groups: claims?.groups ?? 'groups',
      roles: claims?.roles ?? 'roles',
    },
    ...clients,
    ...(terminalClient === undefined ? {} : { terminalClient }),
    scopes: scopes ?? ['openid', 'profile'],
    title: title ?? new URL(issuer).host,
  };
}

function OneOfEach(allowed: readonly string[]): PropertyDecorator {
  return satisfies(
    'oneOfEach',
    `a list of ${allowed.join(', ')}`,
    (value) => Array.isArray(value) && value.length > 0 && value.every((entry) => allowed.includes(String(entry))),
  );
}

/** Whether nobody between can read or change what is said there: by TLS, or because it is this machine. */
export function isSafeAddress(address: string): boolean {
  const url = URL.parse(address);
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
