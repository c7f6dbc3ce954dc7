import type { Identity } from '../../ogc/requests/identity.js';

/** What was found of a token; undefined: it is not valid. */
type Found = Identity | undefined;

/** What was found of tokens lately, by their digests: the oldest goes first. */
export class KnownTokens {
  private readonly byDigest = new Map<string, { readonly found: Found; readonly until: number }>();

  constructor(
    private readonly most: number,
    private readonly now: () => number,
  ) {}

  /** Undefined where nothing is known, or no longer. */
  get(digest: string): { readonly found: Found } | undefined {
    const known = this.byDigest.get(digest);
    if (!known || known.until > this.now()) return known;
    this.byDigest.delete(digest);
    return undefined;
  }

  /** @param until milliseconds of the clock */
  put(digest: string, found: Found, until: number): void {
    this.byDigest.delete(digest);
    this.byDigest.set(digest, { found, until });
    const [oldest] = this.byDigest.keys();
    if (this.byDigest.size > this.most && oldest !== undefined) this.byDigest.delete(oldest);
  }

  get size(): number {
    return this.byDigest.size;
  }
}
