import type { TestClient } from '../support/test-client.js';
import type { Expectation } from './load.js';

const ENDS = ['successful', 'failed', 'dismissed'];
/** How often it asks, half a second apart, until it is answered. */
const MOST_TRIES = 60;
/** One job in ten seconds: most are to stay. */
const PAUSE_MS = 10_000;

/** A client that removes jobs which have ended, in the cluster or not any more, and does not give up where a fault breaks it off. */
export class Removals {
  /** @param random a number from 0, below 1 */
  constructor(
    private readonly jobs: ReadonlyMap<string, Expectation>,
    private readonly random: () => number,
  ) {}

  async runUntil(over: () => boolean, anyServer: () => TestClient): Promise<void> {
    while (!over()) {
      await this.removeOne(anyServer);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Any, or one of the newest, of which the archive may not know yet. */
  private async removeOne(anyServer: () => TestClient): Promise<void> {
    // Who is removed before its end is told of is told of no more.
    const there = [...this.jobs].filter(
      ([, { subscriber, disturbed, removed }]) => !subscriber && !disturbed && removed === undefined,
    );
    const among = this.random() < 0.5 ? there : there.slice(-10);
    const [id, job] = among[Math.floor(this.random() * among.length)] ?? [];
    if (id === undefined || job === undefined) return;
    const ended = await anyServer()
      .status(id)
      .catch(() => undefined);
    if (!ENDS.includes(ended?.status ?? '')) return;
    job.removed = 'wanted';
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const answer = await anyServer()
        .delete(`/jobs/${id}`)
        .catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if ([200, 404, 410].includes(answer?.status ?? 0)) {
        job.removed = 'answered';
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
