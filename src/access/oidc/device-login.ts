import * as client from 'openid-client';
import { boundedFetch, ProviderError } from './bounded-fetch.js';

/** What is asked for, and where. */
export interface DeviceLoginSettings {
  /** Of the provider's discovery document. */
  readonly discovery: URL;
  /** Of a client without a secret. */
  readonly client: string;
  readonly scope: string;
  /** For what the token is to be, where the provider wants to be told (RFC 8707). */
  readonly resource?: string;
  /** The same, by the name that some providers have for it. */
  readonly audience?: string;
}

/** What somebody has to do meanwhile, with another device. */
export interface ToConfirm {
  /** Where the code is to be entered. */
  readonly address: string;
  readonly code: string;
  /** Where it is entered already. */
  readonly whole?: string;
  /** Until when, seconds. */
  readonly seconds: number;
}

export interface DeviceTokens {
  readonly accessToken: string;
  /** Seconds; undefined: the provider does not say. */
  readonly seconds?: number;
}

/** A login that came to nothing. The message is for who signs in, and holds nothing secret. */
export class DeviceLoginError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeviceLoginError';
  }
}

/** Seconds between questions where the provider says none (RFC 8628, section 3.2). */
const INTERVAL = 5;
const LONGEST_INTERVAL = 60;
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Signs somebody in who has a browser elsewhere (RFC 8628): asks until they have confirmed, as often as the provider allows, less often
 * when it says `slow_down` or does not answer, and no longer than the code holds.
 * @throws DeviceLoginError
 */
export async function loginByDevice(
  settings: DeviceLoginSettings,
  tell: (what: ToConfirm) => void,
): Promise<DeviceTokens> {
  try {
    const configuration = await discover(settings);
    const { scope, resource, audience } = settings;
    const target = { ...(resource === undefined ? {} : { resource }), ...(audience === undefined ? {} : { audience }) };
    const grant = await client.initiateDeviceAuthorization(configuration, { scope, ...target });
    tell(toConfirm(grant));
    const tokens = await poll(configuration, grant, resource === undefined ? {} : { resource });
    const { access_token: accessToken, expires_in: seconds } = tokens;
    return { accessToken, ...(seconds === undefined ? {} : { seconds }) };
  } catch (error) {
    throw toDeviceLoginError(error, settings);
  }
}

async function discover({ discovery, client: id }: DeviceLoginSettings): Promise<client.Configuration> {
  const configuration = await client.discovery(discovery, id, undefined, client.None(), {
    [client.customFetch]: (url, init) => boundedFetch(url, init as RequestInit),
    execute: discovery.protocol === 'http:' ? [client.allowInsecureRequests] : [],
  });
  const { issuer } = configuration.serverMetadata();
  // Whoever names the document is not to have somebody sign in for another (OpenID Connect Discovery 1.0, section 4.3).
  if (!discovery.href.startsWith(`${issuer.replace(/\/+$/, '')}/.well-known/`))
    throw new DeviceLoginError(
      `${discovery.href} is the document of another provider: it says that it is ${visible(issuer)}.`,
    );
  if (!configuration.serverMetadata().device_authorization_endpoint)
    throw new DeviceLoginError(
      `${discovery.host} has no sign-in for devices (no device_authorization_endpoint in ${discovery.href}).`,
    );
  return configuration;
}

async function poll(
  configuration: client.Configuration,
  grant: client.DeviceAuthorizationResponse,
  parameters: Record<string, string>,
): Promise<client.TokenEndpointResponse> {
  const signal = AbortSignal.timeout(grant.expires_in * 1000);
  for (let interval = grant.interval ?? INTERVAL; ; interval = Math.min(2 * interval, LONGEST_INTERVAL)) {
    try {
      return await client.pollDeviceAuthorizationGrant(configuration, { ...grant, interval }, parameters, { signal });
    } catch (error) {
      if (signal.aborted) throw new DeviceLoginError(tooLate(grant.expires_in), { cause: error });
      if (!isAway(error)) throw error;
    }
  }
}

/** @throws DeviceLoginError for addresses that no browser is to be led to */
function toConfirm(grant: client.DeviceAuthorizationResponse): ToConfirm {
  const { user_code: code, verification_uri: address, verification_uri_complete: whole, expires_in: seconds } = grant;
  for (const url of [address, whole ?? address])
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new DeviceLoginError('The provider leads to an address that is none of http:// or https://.');
  return {
    address: visible(address),
    code: visible(code),
    ...(whole === undefined ? {} : { whole: visible(whole) }),
    seconds,
  };
}

function toDeviceLoginError(error: unknown, { client: id, discovery }: DeviceLoginSettings): DeviceLoginError {
  if (error instanceof DeviceLoginError) return error;
  const away = awayOf(error);
  if (away) return new DeviceLoginError(`The provider cannot be asked: ${away.message}.`, { cause: error });
  if (!(error instanceof client.ResponseBodyError))
    return new DeviceLoginError(
      `What ${discovery.host} answers cannot be used: ${visible((error as Error).message)}.`,
      {
        cause: error,
      },
    );
  const said = visible(`${error.error} ${error.error_description ?? ''}`.trim());
  switch (error.error) {
    case 'access_denied':
      return new DeviceLoginError('Nobody is signed in: it was refused at the provider.', { cause: error });
    case 'expired_token':
      return new DeviceLoginError(tooLate(), { cause: error });
    case 'invalid_client':
    case 'unauthorized_client':
      return new DeviceLoginError(
        `The provider does not let the client ${visible(id)} sign in devices (it says: ${said}). ` +
          `It has to be one without a secret, with the grant ${GRANT}.`,
        { cause: error },
      );
    default:
      return new DeviceLoginError(`The provider refuses (it says: ${said}).`, { cause: error });
  }
}

function tooLate(seconds?: number): string {
  const within = seconds === undefined ? '' : ` within ${seconds} s`;
  return `The code is over: nobody confirmed it${within}. Begin again.`;
}

function isAway(error: unknown): boolean {
  return awayOf(error) !== undefined;
}

function awayOf(error: unknown): ProviderError | undefined {
  return [error, (error as Error).cause].find((one) => one instanceof ProviderError);
}

/** Nothing that a terminal would act on; short. */
function visible(text: string): string {
  return text.replaceAll(/\p{C}/gu, '').slice(0, 2_000);
}
