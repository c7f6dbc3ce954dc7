import { Logger } from '@nestjs/common';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { TokenSettings } from '../../config/sections/access/access-rules.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import { API_SUBJECT } from '../../ogc/requests/session.js';
import { digestOf, proofOf } from './token-digest.js';

/** Milliseconds between looks at a file with a token: a Secret that is mounted changes a minute after the object. */
const LOOKS = 5_000;

interface KnownToken extends Pick<TokenSettings, 'expires'> {
  readonly identity: Identity;
  readonly digest: string;
}

/** Tokens that have names, by their digests: the tokens themselves are not kept. */
export class NamedTokens {
  private readonly logger = new Logger(NamedTokens.name);
  private readonly byDigest = new Map<string, KnownToken>();
  /** The digest that each file had last. */
  private readonly ofFile = new Map<string, string>();

  /**
   * @param apiToken is the token `api`, where none of the settings is of that name and says what it is
   * @param now for tests
   */
  constructor(
    settings: readonly TokenSettings[],
    apiToken: string | undefined,
    private readonly now: () => Date = () => new Date(),
  ) {
    for (const token of settings) {
      const { name, sha256, file, token: text = name === API_SUBJECT ? apiToken : undefined } = token;
      if (file !== undefined) this.follow(token, file);
      else if (sha256 !== undefined) this.add(token, sha256);
      else if (text) this.add(token, digestOf(text));
    }
    if (apiToken && !settings.some(({ name }) => name === API_SUBJECT))
      this.add({ name: API_SUBJECT, roles: [] }, digestOf(apiToken));
  }

  /** Whose the token is; undefined where it is nobody's, or over. */
  find(token: string): Identity | undefined {
    return this.valid(digestOf(token))?.identity;
  }

  /** What a session of the token's holder ends with: another for another token; undefined for a token that is none. */
  proofOf(name: string): string | undefined {
    const known = [...this.byDigest.values()].find(({ identity }) => identity.subject === name);
    return known && this.valid(known.digest) && proofOf(known.digest);
  }

  /** Stops looking at files. */
  stop(): void {
    for (const file of this.ofFile.keys()) unwatchFile(file);
  }

  private valid(digest: string): KnownToken | undefined {
    const known = this.byDigest.get(digest);
    return known?.expires && known.expires <= this.now() ? undefined : known;
  }

  private add({ name, roles, expires }: Pick<TokenSettings, 'name' | 'roles' | 'expires'>, digest: string): void {
    const identity: Identity = {
      issuer: TOKENS,
      subject: name,
      groups: [],
      roles,
      means: 'token',
      ...(expires ? { until: expires } : {}),
    };
    this.byDigest.set(digest, { identity, digest, ...(expires ? { expires } : {}) });
  }

  private follow(token: TokenSettings, file: string): void {
    const read = (): void => {
      const digest = this.digestIn(file, token.name);
      const before = this.ofFile.get(file);
      if (digest === before || digest === undefined) return;
      if (before !== undefined) {
        this.byDigest.delete(before);
        this.logger.log(`The token ${token.name} is another now (${file})`);
      }
      this.ofFile.set(file, digest);
      this.add(token, digest);
    };
    read();
    if (!this.ofFile.has(file)) this.ofFile.set(file, '');
    watchFile(file, { interval: LOOKS, persistent: false }, read);
  }

  /** What cannot be read, or is empty, changes nothing: a file is replaced in steps. */
  private digestIn(file: string, name: string): string | undefined {
    try {
      const text = readFileSync(file, 'utf8').trim();
      if (text !== '') return digestOf(text);
      this.logger.warn(`The file of the token ${name} is empty (${file})`);
    } catch (error) {
      this.logger.warn(`The file of the token ${name} cannot be read: ${(error as Error).message}`);
    }
    return undefined;
  }
}
