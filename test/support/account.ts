import { duplicateLogs } from './store.js';
import type { TestBed, TestReplica } from './test-bed.js';
import type { TestClient } from './test-client.js';
import { eventually } from './wait.js';

/** What became of jobs: everything that must be nothing, by the ids of the jobs. */
export interface Account {
  readonly jobs: number;
  /** How many have which status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly withoutLog: readonly string[];
  /** Keys of logs of pods that have another. */
  readonly surplusLogs: readonly string[];
  readonly wrongResults: readonly string[];
  /** By the names of their Jobs. */
  readonly heldPods: readonly string[];
}

/** The account of jobs that are all successful, each with its log and its result, once. */
export const nothingLost = (jobs: number): Account => ({
  jobs,
  statuses: { successful: jobs },
  withoutLog: [],
  surplusLogs: [],
  wrongResults: [],
  heldPods: [],
});

/**
 * Waits until all jobs have ended and all pods are released, and then tells what there is.
 * @param expected what the result of a job has to contain; only asked for of successful ones
 * @param client whom to ask; default: the bed's own server
 * @param bound milliseconds
 */
export async function accountOf(
  bed: TestBed,
  ids: readonly string[],
  expected: (id: string) => string,
  client: TestClient | TestReplica = bed,
  bound = 180_000,
): Promise<Account> {
  const statuses: Record<string, number> = {};
  const wrongResults: string[] = [];
  const end = performance.now() + bound;
  for (const id of ids) {
    const left = Math.max(1_000, end - performance.now());
    const status = await eventually(
      `the end of job ${id}`,
      async () => {
        const found = (await client.status(id)).status;
        return ['successful', 'failed', 'dismissed'].includes(found) && found;
      },
      left,
    ).catch(() => 'without end');
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 'successful' && !(await client.result(id)).includes(expected(id))) wrongResults.push(id);
  }
  const held = async () => {
    const names = (await bed.cluster.heldPods()).map(({ metadata }) => metadata?.labels?.['job-name'] ?? '');
    return names.filter((name) => ids.some((id) => name.endsWith(id)));
  };
  await eventually('all pods being released', async () => (await held()).length === 0, 60_000).catch(() => undefined);
  const logs = await bed.store.logs();
  const mine = new Map(ids.map((id) => [id, logs.filter((key) => key.includes(id))]));
  const surplusLogs: string[] = [];
  for (const keys of mine.values()) surplusLogs.push(...(await duplicateLogs(bed.store, keys)));
  return {
    jobs: ids.length,
    statuses,
    withoutLog: ids.filter((id) => mine.get(id)?.length === 0),
    surplusLogs,
    wrongResults,
    heldPods: await held(),
  };
}
