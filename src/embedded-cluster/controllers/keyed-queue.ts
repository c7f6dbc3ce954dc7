/**
 * Calls a synchronous function once for each key that was added since, in turns of the event loop, and again after a time where it says so.
 */
export class KeyedQueue {
  private readonly keys = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
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

  private drain(): void {
    this.scheduled = false;
    if (this.stopped) return;
    const keys = [...this.keys];
    this.keys.clear();
    for (const key of keys) {
      clearTimeout(this.timers.get(key));
      this.timers.delete(key);
      try {
        const again = this.work(key);
        if (again !== undefined)
          this.timers.set(
            key,
            setTimeout(() => this.add(key), Math.min(Math.max(again, 1), 2 ** 31 - 1)),
          );
      } catch (error) {
        this.onError(key, error);
      }
    }
  }
}
