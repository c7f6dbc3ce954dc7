import { afterAll, beforeAll } from '@jest/globals';
import { TestBed, type TestBedOptions } from './test-bed.js';
import { untilItHolds } from './tries.js';
import { eventually } from './wait.js';

/** What a server spent while something was done to it. */
export interface Cost {
  /** Of the whole process, ms of processor time. */
  readonly processorTime: number;
  /** The longest that its main thread worked without coming to anything else, ms of processor time. */
  readonly longestStop: number;
  /** The most resident memory that there was meanwhile, MiB. */
  readonly memory: number;
}

/** The least of each: what is in all of several tries. */
export function leastCost(tries: readonly Cost[]): Cost {
  const leastOf = (key: keyof Cost) => Math.min(...tries.map((cost) => cost[key]));
  return { processorTime: leastOf('processorTime'), longestStop: leastOf('longestStop'), memory: leastOf('memory') };
}

/**
 * The most resident memory, MiB, of a server that has used the whole of its heap: 256 MB, the young generation and what stood beside them at the start, about
 * 450 together. Where collecting comes late the heap is used whole by anything; more than this is held outside of it.
 */
export const FULL_HEAP = 600;

/** A server with a heap of 256 MB, never deployed, that requests of every kind must not be able to stop. */
export class HostileBed {
  private constructor(
    readonly bed: TestBed,
    private readonly probe: string,
  ) {}

  /** @param environment over the usual one of a server under test */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    options: TestBedOptions = {},
  ): Promise<HostileBed> {
    const probe = new URL('cost-probe.mjs', import.meta.url).href;
    const NODE_OPTIONS = `--max-old-space-size=256 --import ${probe}`;
    const bed = await TestBed.startProcess({ ...environment, NODE_OPTIONS }, options);
    const address = await eventually(
      'the address of the costs',
      async () => /^costs at (\S+)$/m.exec(await bed.output())?.[1],
    );
    return new HostileBed(bed, address);
  }

  /** One server for a suite. @param use is given it before the tests */
  static forSuite(
    use: (bed: HostileBed) => void,
    environment: Readonly<Record<string, string>> = {},
    options: TestBedOptions = {},
  ): void {
    let hostile: HostileBed | undefined;
    beforeAll(async () => use((hostile = await HostileBed.start(environment, options))), 180_000);
    afterAll(() => hostile?.bed.stop(), 180_000);
  }

  /**
   * Does the work while `/health/live` is asked all the time. Rejects where it does not answer 200, or the server has ended.
   * @returns what the work gives
   */
  async stayingAlive<T>(work: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const asking = this.askWhetherAlive(ended.signal);
    try {
      // A server that is gone must not let the work wait for it.
      return await Promise.race([work(), asking.then(() => Promise.reject(new Error('asked no more')))]);
    } finally {
      ended.abort();
      await asking;
    }
  }

  /** What the server spends on the work, during which it has to stay alive. Not side by side: one server has one account. */
  async costOf(work: () => Promise<unknown>): Promise<Cost> {
    await this.account();
    await this.stayingAlive(work);
    return this.account();
  }

  /**
   * Does these works in turn, and all of them again until what is said of the least of each holds.
   * @param judge throws where it does not
   */
  async compareCosts<Name extends string>(
    works: Readonly<Record<Name, () => Promise<unknown>>>,
    judge: (least: Readonly<Record<Name, Cost>>) => void,
  ): Promise<void> {
    const names = Object.keys(works) as Name[];
    const round = async () => {
      const costs = {} as Record<Name, Cost>;
      for (const name of names) costs[name] = await this.costOf(works[name]);
      return costs;
    };
    await untilItHolds(round, (rounds) => {
      const least = names.map((name) => [name, leastCost(rounds.map((costs) => costs[name]))]);
      judge(Object.fromEntries(least) as Record<Name, Cost>);
    });
  }

  /** How long `JSON.parse` of this text stops the same process, ms of processor time: the least of three tries. */
  async stopOfParsing(text: string): Promise<number> {
    const tries: number[] = [];
    for (let n = 0; n < 3; n++) {
      const response = await fetch(`${this.probe}/parse`, { method: 'POST', body: text });
      tries.push(((await response.json()) as Pick<Cost, 'longestStop'>).longestStop);
    }
    return Math.min(...tries);
  }

  private async account(): Promise<Cost> {
    return (await (await fetch(this.probe)).json()) as Cost;
  }

  private async askWhetherAlive(ended: AbortSignal): Promise<void> {
    do {
      const { status } = await fetch(`${this.bed.url}/health/live`, { signal: AbortSignal.timeout(60_000) });
      if (status !== 200 || !this.bed.server?.running) throw new Error(`/health/live answered ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    } while (!ended.aborted);
  }
}
