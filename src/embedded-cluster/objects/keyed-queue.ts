/** When a key is tried again whose work threw, milliseconds; doubled each time. */
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 30_000;
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Calls a synchronous function once for each key that was added since, in turns of the event loop, and again after a time where it says so,
 * or where it threw.
 */
export class KeyedQueue {
  private readonly keys = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Milliseconds until they are tried again that threw the last time. */
  private readonly retries = new Map<string, number>();
  private scheduled = false;
  private stopped = false;

  constructor(
    /** @returns milliseconds after which to look again even if nothing changes */
    private readonly work: (key: string) => number | undefined,
    private readonly onError: (key: string, error: unknown) => void,
  ) {}

  add(key: string): void {
    this.keys.add(key);
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    setImmediate(() => this.drain());
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  /** Works on what is to be done now, and stops. */
  finish(): void {
    while (this.keys.size > 0 && !this.stopped) this.drain();
    this.stop();
  }

  private drain(): void {
    this.scheduled = false;
    if (this.stopped) return;
    const keys = [...this.keys];
    this.keys.clear();
    for (const key of keys) {
      clearTimeout(this.timers.get(key));
      this.timers.delete(key);
      const again = this.workOn(key);
      if (again !== undefined)
        this.timers.set(
          key,
          setTimeout(() => this.add(key), Math.min(Math.max(again, 1), MAX_TIMER)),
        );
    }
  }

  private workOn(key: string): number | undefined {
    try {
      const again = this.work(key);
      this.retries.delete(key);
      return again;
    } catch (error) {
      this.onError(key, error);
      const retry = this.retries.get(key) ?? FIRST_RETRY;
      this.retries.set(key, Math.min(retry * 2, LONGEST_RETRY));
      return retry;
    }
  }
}
