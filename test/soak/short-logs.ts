import type { TestBed } from '../support/test-bed.js';
import { compareLog, sha256, withoutHeadings } from './compared-logs.js';
import type { Expectation } from './load.js';

const PAUSE_MS = 5_000;

/**
 * Looks at large logs that lack their end while their nodes can still be asked whether they have more: with an archive Jobs, and their pods
 * with them, leave the cluster before the soak ends.
 */
export class ShortLogs {
  /** Ids of jobs whose log was, byte by byte, what their node had. */
  readonly asOnNode = new Set<string>();
  private readonly whole = new Set<string>();

  constructor(private readonly jobs: ReadonlyMap<string, Expectation>) {}

  async runUntil(over: () => boolean, bed: TestBed): Promise<void> {
    while (!over()) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await this.look(bed).catch(() => undefined);
    }
  }

  /** @throws what the store does, and then all is looked at again */
  async look(bed: TestBed): Promise<void> {
    const open = [...this.jobs].filter(
      ([id, { digests, removed }]) => digests && !removed && !this.whole.has(id) && !this.asOnNode.has(id),
    );
    if (open.length === 0) return;
    const keys = await bed.store.logs();
    for (const [id, { digests }] of open) {
      const key = keys.find((each) => each.includes(id));
      if (key === undefined) continue;
      if (sha256(withoutHeadings(await bed.store.read(key))) === digests?.log) this.whole.add(id);
      else if ((await compareLog(bed, key, undefined)).isAsOnNode) this.asOnNode.add(id);
    }
  }
}
