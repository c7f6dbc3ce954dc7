/** Lets only so many of each owner through at a time; the others wait for those before them. */
export class Turnstile {
  private readonly busy = new Map<string, { inside: number; readonly waiting: (() => void)[] }>();

  constructor(private readonly atOnce: number) {}

  /** How many of an owner stand before it. */
  waitingOf(owner: string): number {
    return this.busy.get(owner)?.waiting.length ?? 0;
  }

  async through<T>(owner: string, work: () => Promise<T>): Promise<T> {
    const gate = this.busy.get(owner) ?? { inside: 0, waiting: [] };
    this.busy.set(owner, gate);
    if (gate.inside < this.atOnce) gate.inside += 1;
    // Who leaves hands over the place.
    else await new Promise<void>((resolve) => gate.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = gate.waiting.shift();
      if (next) next();
      else if ((gate.inside -= 1) === 0) this.busy.delete(owner);
    }
  }
}
