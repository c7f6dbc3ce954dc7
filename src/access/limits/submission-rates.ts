/** Milliseconds in which an empty bucket is full. */
const WINDOW = 60_000;

interface Bucket {
  tokens: number;
  /** When it had so many, by {@link SubmissionRates.now}. */
  at: number;
}

/** What somebody may send now. */
export interface SubmissionRate {
  /** Executions that may follow at once. */
  readonly remaining: number;
  /** Seconds until as many as ever may. */
  readonly fullAfter: number;
  /** Seconds until one more may; 0: one may now. */
  readonly nextAfter: number;
}

/**
 * Executions in a minute, of each caller, at this replica: a token bucket for each, which is full at first and filled evenly. One that must be
 * full again by now is forgotten, so that there are never more than there were callers in the last minute.
 */
export class SubmissionRates {
  /** In the order of their last use. */
  private readonly buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {}

  get size(): number {
    return this.buckets.size;
  }

  /** @returns whether one may be sent, which is counted then */
  take(owner: string, perMinute: number): boolean {
    const tokens = this.tokensOf(owner, perMinute);
    if (tokens < 1) return false;
    this.buckets.delete(owner);
    this.buckets.set(owner, { tokens: tokens - 1, at: this.now() });
    this.forgetFull();
    return true;
  }

  of(owner: string, perMinute: number): SubmissionRate {
    const tokens = this.tokensOf(owner, perMinute);
    const secondsFor = (missing: number) => Math.ceil(Math.max(0, (missing * WINDOW) / perMinute / 1000));
    return {
      remaining: Math.floor(tokens),
      fullAfter: secondsFor(perMinute - tokens),
      nextAfter: tokens >= 1 ? 0 : Math.max(1, secondsFor(1 - tokens)),
    };
  }

  private tokensOf(owner: string, perMinute: number): number {
    const { tokens = perMinute, at = 0 } = this.buckets.get(owner) ?? {};
    return Math.min(perMinute, tokens + ((this.now() - at) * perMinute) / WINDOW);
  }

  private forgetFull(): void {
    const full = this.now() - WINDOW;
    for (const [owner, { at }] of this.buckets) {
      if (at > full) return;
      this.buckets.delete(owner);
    }
  }
}
