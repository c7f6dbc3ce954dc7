import { Logger } from '@nestjs/common';
import type { OidcClient, OidcSettings } from '../../config/sections/access/oidc.js';
import { InvalidTokenError, UnavailableError } from '../../ogc/domain-errors.js';
import type { Identity } from '../../ogc/requests/identity.js';
import type { TokenReader } from '../identity/identities.js';
import { digestOf } from '../identity/token-digest.js';
import { boundedFetch, ProviderError } from './bounded-fetch.js';
import { identityOf, type Claims } from './claims.js';
import { looksLikeJwt } from './jwt-reader.js';
import { KnownTokens } from './known-tokens.js';
import type { ProviderMetadata } from './provider-metadata.js';

/** Milliseconds that an answer holds. */
const LONGEST_KNOWN = 60_000;
const MOST_KNOWN = 10_000;
/** Questions at a time; what comes beyond is told to come later. */
const MOST_AT_ONCE = 32;
const LONGEST_TOKEN = 4_096;

/** Asks the provider whose a token is that is no JWT (RFC 7662). */
export class IntrospectionReader implements TokenReader {
  private readonly logger = new Logger(IntrospectionReader.name);
  private readonly known: KnownTokens;
  private readonly pending = new Map<string, Promise<Identity | undefined>>();

  constructor(
    private readonly settings: OidcSettings,
    private readonly client: OidcClient,
    private readonly provider: Pick<ProviderMetadata, 'get'>,
    private readonly now: () => number = () => Date.now(),
  ) {
    this.known = new KnownTokens(MOST_KNOWN, this.now);
  }

  /** @returns undefined for a JWT: whoever's it is, it is sent nowhere */
  async read(token: string): Promise<Identity | undefined> {
    if (looksLikeJwt(token) || token.length > LONGEST_TOKEN) return undefined;
    const digest = digestOf(token);
    const known = this.known.get(digest);
    const found = known ? known.found : await this.askOnce(token, digest);
    if (!found)
      throw new InvalidTokenError('The token is not known to the issuer, is over, or is not for this server.');
    return found;
  }

  private askOnce(token: string, digest: string): Promise<Identity | undefined> {
    const pending = this.pending.get(digest);
    if (pending) return pending;
    if (this.pending.size >= MOST_AT_ONCE)
      throw new UnavailableError('Too many tokens are being asked for at this moment.', 1);
    const asking = this.ask(token, digest).finally(() => this.pending.delete(digest));
    this.pending.set(digest, asking);
    return asking;
  }

  private async ask(token: string, digest: string): Promise<Identity | undefined> {
    let claims: Claims;
    try {
      claims = await this.answerOf(token);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.warn(`A token cannot be asked for: ${error.message}`);
      throw new UnavailableError('The issuer of tokens cannot be asked now, so that this one cannot be checked.');
    }
    const found = this.isValid(claims) ? identityOf(claims, this.settings, 'introspection') : undefined;
    const { exp } = claims;
    const end = typeof exp === 'number' ? (exp + this.settings.clockSkew) * 1000 : Infinity;
    this.known.put(digest, found, Math.min(end, this.now() + LONGEST_KNOWN));
    return found;
  }

  private async answerOf(token: string): Promise<Claims> {
    const { introspection_endpoint: address } = await this.provider.get();
    if (address === undefined)
      throw new ProviderError('the discovery document of the issuer has no introspection_endpoint');
    const { id, secret } = this.client;
    const response = await boundedFetch(address, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        // RFC 6749, section 2.3.1
        ...(secret === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}` }),
      },
      body: new URLSearchParams({
        token,
        token_type_hint: 'access_token',
        ...(secret === undefined ? { client_id: id } : {}),
      }),
    });
    const content: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
    if (typeof content === 'object' && content !== null) return content as Claims;
    throw new ProviderError(
      `${new URL(address).host} answers ${response.status} instead of telling of a token (is the client of access.oidc.introspection right?)`,
    );
  }

  /**
   * What is for somebody else, of another issuer, or no access token is not valid here. An answer need not name an audience (section 2.2);
   * without one every client of the provider could pass on what it was given.
   */
  private isValid({ active, aud, iss, exp, nbf, token_type = 'Bearer' }: Claims): boolean {
    const { audience, issuer, clockSkew } = this.settings;
    const seconds = this.now() / 1000;
    if (active !== true || (iss !== undefined && iss !== issuer)) return false;
    if (typeof exp === 'number' && exp + clockSkew <= seconds) return false;
    if (typeof nbf === 'number' && nbf - clockSkew > seconds) return false;
    if (String(token_type).toLowerCase() !== 'bearer') return false;
    return [aud].flat().some((entry) => audience.includes(String(entry)));
  }
}

/** As application/x-www-form-urlencoded. */
function encoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
