import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import { UnavailableError } from '../../ogc/domain-errors.js';
import { fetchJson, ProviderError } from './bounded-fetch.js';
import type { ProviderMetadata } from './provider-metadata.js';

/** Milliseconds after which keys are asked for again. */
const FRESH = 600_000;
/** Milliseconds between two tries, whatever tokens come. */
export const COOLDOWN = 10_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys that the issuer signs with. They are fetched when the first token comes, every ten minutes while tokens come, and when a token
 * names one that is not known; once at a time, and not more often than every ten seconds. While the issuer is away those known go on, as
 * jose's own remote set does not have it: that forgets its keys when they are due.
 */
export class SigningKeys {
  private readonly logger = new Logger(SigningKeys.name);
  private keys: KeySet | undefined;
  private fetched = -Infinity;
  private tried = -Infinity;
  private failure: string | undefined;
  private pending: Promise<void> | undefined;

  constructor(
    private readonly provider: Pick<ProviderMetadata, 'get'>,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /**
   * The key of a token, as jose's functions ask for it.
   * @throws UnavailableError where it may be one that cannot be fetched now; JWKSNoMatchingKey, JWKSMultipleMatchingKeys
   */
  readonly find = async (header: JWSHeaderParameters, token: FlattenedJWSInput): ReturnType<KeySet> => {
    await this.refreshed();
    if (this.keys) {
      try {
        return await this.keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    await this.tryAgain();
    if (this.failure !== undefined || !this.keys)
      throw new UnavailableError(
        'The keys of the issuer of tokens cannot be fetched now, so that this one cannot be checked.',
        Math.max(1, Math.ceil((this.tried + COOLDOWN - this.now()) / 1000)),
      );
    return this.keys(header, token);
  };

  /** Waits for keys that are due, but not again where that failed before: those known go on meanwhile. */
  private async refreshed(): Promise<void> {
    if (!this.keys || this.now() - this.fetched < FRESH) return;
    const hadFailed = this.failure !== undefined;
    const trying = this.tryAgain();
    if (!hadFailed) await trying;
  }

  /** Never rejects. */
  private tryAgain(): Promise<void> {
    if (this.pending) return this.pending;
    if (this.now() - this.tried < COOLDOWN) return Promise.resolve();
    this.pending = this.fetch().finally(() => (this.pending = undefined));
    return this.pending;
  }

  private async fetch(): Promise<void> {
    try {
      const { jwks_uri: address } = await this.provider.get();
      const document = await fetchJson(address);
      if (!Array.isArray(document['keys'])) throw new ProviderError(`${address} has no keys`);
      this.keys = createLocalJWKSet({ keys: document['keys'] });
      this.fetched = this.now();
      if (this.failure !== undefined) this.logger.log('The keys of the issuer are there again');
      this.failure = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (this.failure !== message) this.logger.warn(`The keys of the issuer cannot be fetched: ${message}`);
      this.failure = message;
    } finally {
      this.tried = this.now();
    }
  }
}
