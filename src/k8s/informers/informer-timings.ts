/** Milliseconds, but for `listLimit` (objects in one chunk). */
export interface InformerTimings {
  readonly listLimit: number;
  readonly baseDelay: number;
  readonly maxDelay: number;
  /** The API server ends a watch after a time between this and its double, as client-go asks for. */
  readonly watchTimeout: number;
  /** Without a byte for so long (bookmarks come every minute) a watch counts as broken. */
  readonly idleTimeout: number;
  /** A watch that delivered nothing and ended sooner than this counts as failed. */
  readonly shortWatch: number;
}

export const informerTimings: InformerTimings = {
  listLimit: 250,
  baseDelay: 100,
  maxDelay: 30_000,
  watchTimeout: 300_000,
  idleTimeout: 150_000,
  shortWatch: 1_000,
};
