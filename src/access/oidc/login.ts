import { Logger } from '@nestjs/common';
import * as client from 'openid-client';
import type { OidcClient, OidcSettings } from '../../config/sections/access/oidc.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { boundedFetch, ProviderError } from './bounded-fetch.js';
import { type Claims, identityOf, lacksClaims } from './claims.js';
import type { LoginState } from './login-states.js';
import type { Metadata, ProviderMetadata } from './provider-metadata.js';

/**
 * Why somebody could not sign in: they or the provider refused; the browser came back with nothing that it began, or with what is over; the
 * provider does not answer; what came back is not what was asked for.
 */
export type LoginFault = 'refused' | 'unknown' | 'away' | 'failed';

/** A login that came to nothing. The message is for the log, and holds nothing secret. */
export class LoginError extends Error {
  constructor(
    readonly fault: LoginFault,
    message: string,
  ) {
    super(message);
    this.name = 'LoginError';
  }
}

/** Characters of what the provider says, in the log. */
const LONGEST_REASON = 200;

/** Signs people in at the provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636). */
export class Login {
  private readonly logger = new Logger(Login.name);

  constructor(
    private readonly settings: OidcSettings,
    private readonly ofPages: OidcClient,
    private readonly provider: Pick<ProviderMetadata, 'get'>,
  ) {}

  /** Where the browser is to go, and what it keeps meanwhile. @throws LoginError */
  async begin(redirectUri: string, next: string): Promise<{ readonly url: URL; readonly login: LoginState }> {
    const configuration = await this.configuration();
    const login: LoginState = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      next,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.settings.scopes.join(' '),
      state: login.state,
      nonce: login.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256',
    });
    return { url, login };
  }

  /** Who came back. @param address whole, with what the provider says in its query @throws LoginError */
  async end(address: URL, { state, nonce, verifier }: LoginState): Promise<Identity> {
    const configuration = await this.configuration();
    try {
      const tokens = await client.authorizationCodeGrant(configuration, address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const proven: Claims = tokens.claims() ?? {};
      const claims = await this.withUserInfo(configuration, proven, tokens.access_token);
      const identity = identityOf(claims, this.settings, 'session');
      if (identity) return identity;
    } catch (error) {
      throw toLoginError(error);
    }
    throw new LoginError('failed', `neither ID token nor UserInfo have the claim ${this.settings.claims.subject}`);
  }

  /**
   * Where the browser is to go to end the provider's session, too (OpenID Connect RP-Initiated Logout 1.0, section 2); undefined where the
   * provider has no such place, or does not answer.
   */
  async endOfSession(then: string): Promise<URL | undefined> {
    const configuration = await this.configuration().catch(() => undefined);
    if (!configuration?.serverMetadata().end_session_endpoint) return undefined;
    return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: then });
  }

  /** What the ID token says goes before. An access token that is for another server than the provider's own is refused there: then that is all. */
  private async withUserInfo(
    configuration: client.Configuration,
    proven: Claims,
    accessToken: string,
  ): Promise<Claims> {
    const { userinfo_endpoint } = configuration.serverMetadata();
    if (!userinfo_endpoint || !lacksClaims(proven, this.settings)) return proven;
    try {
      return { ...(await client.fetchUserInfo(configuration, accessToken, String(proven['sub']))), ...proven };
    } catch (error) {
      if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
      this.logger.warn(
        `UserInfo refuses the access token of a login (${error.status}): only the ID token's claims count`,
      );
      return proven;
    }
  }

  private async configuration(): Promise<client.Configuration> {
    const { id, secret } = this.ofPages;
    let metadata: Metadata;
    try {
      metadata = await this.provider.get();
    } catch (error) {
      throw toLoginError(error);
    }
    const configuration = new client.Configuration(
      metadata as unknown as client.ServerMetadata,
      id,
      { [client.clockTolerance]: this.settings.clockSkew },
      authenticationOf(secret, metadata['token_endpoint_auth_methods_supported']),
    );
    configuration[client.customFetch] = (url, init) => boundedFetch(url, init as RequestInit);
    // On this machine only: the configuration takes no other.
    if (this.settings.issuer.startsWith('http:')) client.allowInsecureRequests(configuration);
    return configuration;
  }
}

/** The default of the provider's clients is Basic (OpenID Connect Discovery 1.0, section 3); that of openid-client is the body. */
function authenticationOf(secret: string | undefined, supported: unknown): client.ClientAuth {
  if (secret === undefined) return client.None();
  const isBasic = !Array.isArray(supported) || supported.includes('client_secret_basic');
  return isBasic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}

function toLoginError(error: unknown): LoginError {
  if (error instanceof LoginError) return error;
  const away = [error, (error as Error).cause].find((one) => one instanceof ProviderError);
  if (away) return new LoginError('away', away.message);
  if (error instanceof client.AuthorizationResponseError) {
    const said = `${error.error}${error.error_description === undefined ? '' : `: ${error.error_description}`}`;
    return new LoginError(
      error.error === 'access_denied' ? 'refused' : 'failed',
      `the provider says ${JSON.stringify(said.slice(0, LONGEST_REASON))}`,
    );
  }
  if (error instanceof client.ResponseBodyError)
    return new LoginError(
      'failed',
      `the provider says ${JSON.stringify(`${error.error} ${error.error_description ?? ''}`.slice(0, LONGEST_REASON))} (${error.status})`,
    );
  return new LoginError('failed', (error as Error).message);
}
