import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import type { TokenSettings } from '../../config/sections/access/access-rules.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import { API_SUBJECT } from '../../ogc/requests/session.js';
import { tokensIn } from '../../config/sections/access/tokens-in.js';
import { digestOf, proofOf, TOKEN_PREFIX } from './token-digest.js';

/** Milliseconds between looks at a file with a token: a Secret that is mounted changes a minute after the object. */
const LOOKS = 5_000;

/** Shorter ones can be guessed. */
const SHORTEST = 16;

interface KnownToken extends Pick<TokenSettings, 'expires'> {
  readonly identity: Identity;
  readonly digest: string;
}

/** Tokens that have names, by their digests: the tokens themselves are not kept. Of one name there may be several, while one replaces another. */
export class NamedTokens {
  private readonly logger = new Logger(NamedTokens.name);
  private readonly byDigest = new Map<string, KnownToken>();
  private readonly timers: NodeJS.Timeout[] = [];

  /**
   * @param apiToken is the token `api`, where none of the settings is of that name and says what it is
   * @param now for tests
   * @param looks milliseconds between looks at files
   */
  constructor(
    settings: readonly TokenSettings[],
    apiToken: string | undefined,
    private readonly now: () => Date = () => new Date(),
    private readonly looks = LOOKS,
  ) {
    for (const token of settings) {
      const { name, sha256, file, token: text = name === API_SUBJECT ? apiToken : undefined } = token;
      if (file !== undefined) this.follow(token, file);
      else for (const digest of sha256 ?? this.digestsOf(name, text ?? '')) this.add(token, digest);
    }
    if (apiToken && !settings.some(({ name }) => name === API_SUBJECT))
      for (const digest of this.digestsOf(API_SUBJECT, apiToken)) this.add({ name: API_SUBJECT, roles: [] }, digest);
  }

  /** Whose the token is; undefined where it is nobody's, or over. What is empty or blank is none, though its digest were given. */
  find(token: string): Identity | undefined {
    return isToken(token) ? this.valid(digestOf(token))?.identity : undefined;
  }

  /** Whether it is one that is over, or looks like one that `npm run token` makes: nobody else has to be asked of it. */
  isOwn(token: string): boolean {
    return token.startsWith(TOKEN_PREFIX) || this.byDigest.has(digestOf(token));
  }

  /** What a session ends with that this token opened; undefined for a token that is none. */
  proofOf(token: string): string | undefined {
    const known = isToken(token) ? this.valid(digestOf(token)) : undefined;
    return known && proofOf(known.digest);
  }

  /** Whose token it is that is still good and has such a name and proof; undefined: there is none. */
  withProof(name: string, proof: string): Identity | undefined {
    const known = [...this.byDigest.values()].find(
      ({ identity, digest }) => identity.subject === name && this.valid(digest) && proofOf(digest) === proof,
    );
    return known?.identity;
  }

  /** Stops looking at files. */
  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private valid(digest: string): KnownToken | undefined {
    const known = this.byDigest.get(digest);
    return known?.expires && known.expires <= this.now() ? undefined : known;
  }

  /** @returns whether it is that of this name: what is another's stays so */
  private add({ name, roles, expires }: Pick<TokenSettings, 'name' | 'roles' | 'expires'>, digest: string): boolean {
    const other = this.byDigest.get(digest)?.identity.subject;
    if (other !== undefined && other !== name) return false;
    const until = expires ? { until: expires } : {};
    const identity: Identity = { issuer: TOKENS, subject: name, groups: [], roles, means: 'token', ...until };
    this.byDigest.set(digest, { identity, digest, ...(expires ? { expires } : {}) });
    return true;
  }

  private follow(token: TokenSettings, file: string): void {
    let known: readonly string[] = [];
    /** What another name has. */
    let missing: readonly string[] = [];
    let found: string | undefined;
    // Its content, not its time: a file may change twice between two looks, or in the moment of the first.
    const read = (): void => {
      const { text, problem } = contentOf(file);
      const now = problem ?? digestOf(text ?? '');
      if (now === found) {
        // Until then it may be another's no longer.
        const added = missing.filter((digest) => this.add(token, digest));
        missing = missing.filter((digest) => !added.includes(digest));
        known = [...known, ...added];
        return;
      }
      found = now;
      if (problem !== undefined) this.logger.warn(`The file of the token ${token.name} cannot be read: ${problem}`);
      if (text === undefined) return;
      if (problem === undefined && text.trim() === '')
        this.logger.warn(`The file of the token ${token.name} is empty: it opens nothing (${file})`);
      const digests = this.digestsOf(token.name, text);
      if (known.length > 0) this.logger.log(`The token ${token.name} is another now (${file})`);
      for (const digest of known) this.byDigest.delete(digest);
      known = digests.filter((digest) => this.add(token, digest));
      missing = digests.filter((digest) => !known.includes(digest));
      if (missing.length > 0)
        this.logger.warn(
          `The file of the token ${token.name} holds a token that is another’s: until it is not, it is not that of ${token.name} (${file})`,
        );
    };
    read();
    this.timers.push(setInterval(read, this.looks).unref());
  }

  private digestsOf(name: string, text: string): readonly string[] {
    const tokens = tokensIn(text);
    if (tokens.some((token) => token.length < SHORTEST))
      this.logger.warn(
        `The token ${name} is shorter than ${SHORTEST} characters, so that it can be guessed: npm run token makes one`,
      );
    return tokens.map(digestOf);
  }
}

const isToken = (text: string): boolean => text.trim() !== '';

/** A file that is gone has no token; without `text` it cannot be told what it has, so that what was known holds. */
function contentOf(file: string): { readonly text?: string; readonly problem?: string } {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { problem: message, ...(code === 'ENOENT' ? { text: '' } : {}) };
  }
}
