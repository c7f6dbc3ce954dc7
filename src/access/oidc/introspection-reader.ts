import { Logger } from '@nestjs/common';
import type { OidcClient, OidcSettings } from '../../config/sections/access/oidc.js';
import { InvalidTokenError, UnavailableError } from '../../ogc/domain-errors.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { networkOf } from '../../ogc/requests/network.js';
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
/** Of these, for tokens that were not valid lately, whoever makes them up: of all addresses, and of one. */
const MOST_STRANGE = 24;
const MOST_STRANGE_OF_ONE = 8;
/** Milliseconds that a token counts as known after it was valid. */
const REMEMBERED = 3_600_000;
const LONGEST_TOKEN = 4_096;

/** Asks the provider whose a token is that is no JWT (RFC 7662). */
export class IntrospectionReader implements TokenReader {
  private readonly logger = new Logger(IntrospectionReader.name);
  private readonly known: KnownTokens;
  /** Tokens that were valid, so that made-up ones, of which there may be any number, push out none of them. */
  private readonly good: KnownTokens;
  /** Questions at this moment of tokens that were not, by the address of who shows them. */
  private readonly strange = new Map<string, number>();
  private readonly pending = new Map<string, Promise<Identity | undefined>>();

  constructor(
    private readonly settings: OidcSettings,
    private readonly client: OidcClient,
    private readonly provider: Pick<ProviderMetadata, 'get'>,
    private readonly now: () => number = () => Date.now(),
  ) {
    this.known = new KnownTokens(MOST_KNOWN, this.now);
    this.good = new KnownTokens(MOST_KNOWN, this.now);
  }

  /** @returns undefined for a JWT: whoever's it is, it is sent nowhere */
  async read(token: string, address = ''): Promise<Identity | undefined> {
    if (looksLikeJwt(token) || token.length > LONGEST_TOKEN) return undefined;
    const digest = digestOf(token);
    const known = this.known.get(digest);
    const found = known ? known.found : await this.askOnce(token, digest, networkOf(address));
    if (!found)
      throw new InvalidTokenError('The token is not known to the issuer, is over, or is not for this server.');
    return found;
  }

  private askOnce(token: string, digest: string, network: string): Promise<Identity | undefined> {
    const pending = this.pending.get(digest);
    if (pending) return pending;
    const isStrange = this.good.get(digest) === undefined;
    if (this.pending.size >= MOST_AT_ONCE || (isStrange && !this.hasRoomFor(network)))
      throw new UnavailableError('Too many tokens are being asked for at this moment.', 1);
    if (isStrange) this.count(network, 1);
    const asking = this.ask(token, digest).finally(() => {
      this.pending.delete(digest);
      if (isStrange) this.count(network, -1);
    });
    this.pending.set(digest, asking);
    return asking;
  }

  private hasRoomFor(network: string): boolean {
    const all = [...this.strange.values()].reduce((sum, count) => sum + count, 0);
    return all < MOST_STRANGE && (this.strange.get(network) ?? 0) < MOST_STRANGE_OF_ONE;
  }

  private count(network: string, change: number): void {
    const count = (this.strange.get(network) ?? 0) + change;
    if (count === 0) this.strange.delete(network);
    else this.strange.set(network, count);
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
    if (found) this.good.put(digest, found, this.now() + REMEMBERED);
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
