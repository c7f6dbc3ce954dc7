import { isMapping } from '../../config/validation.js';
import { fetchJson, ProviderError } from './bounded-fetch.js';

/** Name under which the API definition has the security scheme of the provider. */
export const OIDC_SCHEME = 'openIdConnect';

/** Of that scheme: as which client programs without a browser sign people in, and for what scope. */
export const TERMINAL_LOGIN = 'x-terminal-login';

/** The document names every process: milliseconds and bytes. */
const BOUNDS = { milliseconds: 30_000, bytes: 64 * 1024 ** 2 };

/** What a server says of signing in at its provider. */
export interface ToldLogin {
  /** Of the discovery document. */
  readonly discovery: URL;
  readonly client?: string;
  readonly scope?: string;
}

/**
 * Asks a server of this project, by its OpenAPI document.
 * @param server its address, without a slash at its end
 * @throws ProviderError where it does not answer, or takes no tokens of a provider
 */
export async function askForLogin(server: string): Promise<ToldLogin> {
  const document = await fetchJson(`${server}/openapi`, BOUNDS);
  const scheme = at(at(at(document, 'components'), 'securitySchemes'), OIDC_SCHEME);
  const address = at(scheme, 'openIdConnectUrl');
  const discovery = typeof address === 'string' ? URL.parse(address) : null;
  if (!discovery)
    throw new ProviderError(`${server} takes no tokens of a provider (its OpenAPI document has no ${OIDC_SCHEME})`);
  const told = at(scheme, TERMINAL_LOGIN);
  const [client, scope] = [at(told, 'client'), at(told, 'scope')];
  return {
    discovery,
    ...(typeof client === 'string' ? { client } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
  };
}

function at(value: unknown, name: string): unknown {
  return isMapping(value) ? value[name] : undefined;
}
