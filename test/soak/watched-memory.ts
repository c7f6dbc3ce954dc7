import { residentMemory } from '../support/memory.js';
import type { TestReplica } from '../support/test-bed.js';

const PAUSE_MS = 5_000;

interface Sample {
  /** MiB; of the server that has most. */
  readonly resident: number;
  /** MiB of objects; NaN where a server did not answer. */
  readonly heap: number;
}

/** What servers have in memory while a soak goes on. */
export class WatchedMemory {
  private readonly samples: Sample[] = [];

  async runUntil(over: () => boolean, servers: () => readonly TestReplica[]): Promise<void> {
    while (!over()) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const sizes = await Promise.all(
        servers().map(async (server) => ({
          resident: await residentMemory(server.process),
          heap: await heapOf(server),
        })),
      );
      const known = sizes.filter(({ resident }) => !Number.isNaN(resident));
      if (known.length > 0) this.samples.push(known.reduce((a, b) => (b.resident > a.resident ? b : a)));
    }
  }

  /** MiB that are resident, in the mean of the first third. */
  get early(): number {
    return mean(this.thirds[0].map(({ resident }) => resident));
  }

  /** MiB that are resident, in the mean of the last third. */
  get late(): number {
    return mean(this.thirds[2].map(({ resident }) => resident));
  }

  toString(): string {
    const of = (what: keyof Sample) => this.thirds.map((samples) => mean(samples.map((sample) => sample[what])));
    const most = Math.max(...this.samples.map(({ resident }) => resident));
    return `${of('resident').join(', ')} MiB in each third, ${most} at most; objects ${of('heap').join(', ')} MiB`;
  }

  private get thirds(): readonly [Sample[], Sample[], Sample[]] {
    const third = Math.ceil(this.samples.length / 3);
    return [this.samples.slice(0, third), this.samples.slice(third, -third), this.samples.slice(-third)];
  }
}

function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return Math.round(known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length));
}

/** MiB; NaN where it does not answer within a second. */
async function heapOf(server: TestReplica): Promise<number> {
  const metrics = await fetch(`${server.url}/metrics`, { signal: AbortSignal.timeout(1_000) })
    .then((response) => response.text())
    .catch(() => '');
  return Math.round(Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1] ?? NaN) / 2 ** 20);
}
