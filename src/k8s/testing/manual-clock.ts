import type { Clock } from '../time/clock.js';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ due: number; callback: () => void }>();
  randomValue = 1;

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.randomValue;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Time until the next timer; undefined: there is none. */
  get next(): number | undefined {
    const due = [...this.#timers].map((timer) => timer.due - this.#now);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Moves on, calling the timers on the way in their order, and lets what they started go as far as it can. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const [timer] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (timer === undefined) break;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
      await settle();
    }
    this.#now = end;
  }

  /** Time passes without timers being called, as while a process is suspended. */
  jump(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** Lets promises that need no input from outside settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
