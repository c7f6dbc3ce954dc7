import type { TestClient } from '../support/test-client.js';
import type { Expectation } from './load.js';

/** Milliseconds after which every server has to list a job: they may be paused, and cut off from the API server, for a while. */
const KNOWN_BY_ALL = 60_000;
const PAUSE_MS = 1_000;
const PAGE = 25;

interface Page {
  readonly jobs: readonly { readonly jobID: string }[];
  readonly incomplete?: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

/**
 * Pages through all jobs, and those of each process, again and again while faults befall servers and archive and jobs move from the cluster
 * into it: no job is listed twice, and none is missing that the same server has listed before, or that was answered a while ago.
 */
export class WatchedLists {
  /** Lists that were whole; the others were broken off by a fault, or said that older jobs are missing. */
  whole = 0;
  /** The same job, and the same list, is told of once. */
  private readonly wrong = new Set<string>();
  private broken = 0;
  private incomplete = 0;
  /** When a job was first seen among those that were answered, by its id; `performance.now()`. */
  private readonly answered = new Map<string, number>();
  private readonly seenBy = new WeakMap<TestClient, Set<string>>();

  constructor(private readonly jobs: ReadonlyMap<string, Expectation>) {}

  get lost(): readonly string[] {
    return [...this.wrong];
  }

  toString(): string {
    return `${this.whole} whole, ${this.incomplete} said to lack older jobs, ${this.broken} broken off by a fault`;
  }

  async runUntil(over: () => boolean, anyServer: () => TestClient): Promise<void> {
    for (let number = 0; !over(); number += 1) {
      const processes = [...new Set([...this.jobs.values()].map(({ process }) => process))];
      // All of them every other time.
      const process = number % 2 === 0 ? undefined : processes[((number - 1) / 2) % processes.length];
      await this.look(anyServer(), process);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async look(server: TestClient, process: string | undefined): Promise<void> {
    const begin = performance.now();
    for (const id of this.jobs.keys()) if (!this.answered.has(id)) this.answered.set(id, begin);
    const seen = this.seenBy.get(server) ?? new Set<string>();
    this.seenBy.set(server, seen);
    const has = (id: string) => process === undefined || this.jobs.get(id)?.process === process;
    const expected = [
      ...[...this.answered].filter(([, since]) => begin - since > KNOWN_BY_ALL).map(([id]) => id),
      ...seen,
    ].filter(has);
    const found = await this.listed(server, process).catch(() => 'broken' as const);
    if (found === 'broken' || found === 'incomplete') {
      this[found] += 1;
      return;
    }
    this.whole += 1;
    const about = process ?? 'all processes';
    const counts = new Map<string, number>();
    for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) if (count > 1) this.wrong.add(`${id} was in one list of ${about} ${count} times`);
    for (const id of expected)
      if (!counts.has(id) && !isTakenAway(this.jobs.get(id)))
        this.wrong.add(`${id} was not in a list of ${about}, of ${counts.size} jobs`);
    for (const id of counts.keys()) seen.add(id);
  }

  private async listed(server: TestClient, process: string | undefined) {
    const ids: string[] = [];
    let next: string | undefined = `/jobs?limit=${PAGE}${process === undefined ? '' : `&processID=${process}`}`;
    while (next) {
      const response = await server.get(next);
      if (response.status !== 200) return 'broken';
      const page = (await response.json()) as Page;
      if (page.incomplete !== undefined) return 'incomplete';
      ids.push(...page.jobs.map(({ jobID }) => jobID));
      next = page.links.find(({ rel }) => rel === 'next')?.href.slice(server.url.length);
    }
    return ids;
  }
}

/** Somebody removed it, or deletes its Job while it runs. */
const isTakenAway = (job: Expectation | undefined): boolean =>
  job?.removed !== undefined || job?.disturbed === 'Job deleted';
