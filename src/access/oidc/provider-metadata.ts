import { Logger } from '@nestjs/common';
import type { OidcSettings } from '../../config/sections/access/oidc.js';
import { fetchJson, ProviderError } from './bounded-fetch.js';

/** Milliseconds after which it is asked for again. */
const FRESH = 3_600_000;
/** Milliseconds after a failure before the next try, while something is known. */
const PAUSE = 30_000;

/** Of the discovery document, what this server uses (OpenID Connect Discovery 1.0, section 3; RP-Initiated Logout 1.0, section 2.1). */
export interface Metadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly authorization_endpoint?: string;
  readonly token_endpoint?: string;
  readonly userinfo_endpoint?: string;
  readonly introspection_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly [name: string]: unknown;
}

/** The discovery document of the issuer: asked for when it is first needed, then once an hour; what is known survives an outage. */
export class ProviderMetadata {
  private readonly logger = new Logger(ProviderMetadata.name);
  private known: Metadata | undefined;
  private nextTry = -Infinity;
  private pending: Promise<Metadata> | undefined;

  constructor(
    private readonly settings: Pick<OidcSettings, 'issuer'>,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** @throws ProviderError where nothing is known */
  async get(): Promise<Metadata> {
    if (this.known && this.now() < this.nextTry) return this.known;
    this.pending ??= this.fetch().finally(() => (this.pending = undefined));
    try {
      return await this.pending;
    } catch (error) {
      if (!this.known) throw error;
      this.nextTry = this.now() + PAUSE;
      this.logger.warn(`The issuer's discovery document stays as it was: ${(error as Error).message}`);
      return this.known;
    }
  }

  private async fetch(): Promise<Metadata> {
    const { issuer } = this.settings;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = await fetchJson(address);
    // OpenID Connect Discovery 1.0, section 4.3
    if (document['issuer'] !== issuer)
      throw new ProviderError(
        `${address} is of another issuer (${JSON.stringify(document['issuer'])?.slice(0, 200)}) than access.oidc.issuer (${JSON.stringify(issuer)})`,
      );
    for (const [name, value] of Object.entries(document))
      if (/^jwks_uri$|_endpoint$/.test(name) && !isSafe(value, issuer))
        throw new ProviderError(`${name} of ${address} is no address of https://`);
    if (document['jwks_uri'] === undefined) throw new ProviderError(`${address} has no jwks_uri`);
    this.known = document as unknown as Metadata;
    this.nextTry = this.now() + FRESH;
    return this.known;
  }
}

/** An issuer without TLS is one of this machine; so may what it names be. */
function isSafe(value: unknown, issuer: string): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && issuer.startsWith('http:') && url.hostname === new URL(issuer).hostname;
}
