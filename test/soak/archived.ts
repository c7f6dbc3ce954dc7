import pg from 'pg';
import { TestPostgres } from '../../src/archive/testing/postgres.js';
import type { TestCluster } from '../support/cluster.js';
import type { TestClient } from '../support/test-client.js';
import { eventually } from '../support/wait.js';
import type { Expectation } from './load.js';

/** Seconds of `archive.keep_jobs`, the fewest that there are: most jobs have left the cluster before the soak ends. */
const KEPT = 60;
/** Milliseconds until the last Job has left: it has to be told of, archived, and kept for its time. */
const BOUND = 300_000;
const OWN = 'processes.pygeoapi.io/';

interface Listed {
  readonly jobID: string;
  readonly processID: string;
  readonly status: string;
}

/** All jobs that a server lists, by its links, and what it says that there are: once its archive takes part in every page. */
export async function listed(
  client: TestClient,
): Promise<{ readonly jobs: readonly Listed[]; readonly matched: number }> {
  return eventually('a list that is whole', () => pagesOf(client), BOUND);
}

async function pagesOf(client: TestClient) {
  const jobs: Listed[] = [];
  let matched = NaN;
  for (let next: string | undefined = '/jobs?limit=100'; next;) {
    const page = (await (await client.get(next)).json()) as {
      readonly jobs: readonly Listed[];
      readonly numberMatched?: number;
      readonly incomplete?: string;
      readonly links: readonly { readonly rel: string; readonly href: string }[];
    };
    if (page.incomplete !== undefined) return undefined;
    jobs.push(...page.jobs);
    matched = page.numberMatched ?? NaN;
    next = page.links.find(({ rel }) => rel === 'next')?.href.slice(client.url.length);
  }
  return { jobs, matched };
}

/** The result of a job, once its archive, which a machine with too much to do makes wait, is there. */
export async function resultOf(client: TestClient, id: string): Promise<string> {
  return eventually(
    `the result of ${id}`,
    async () => {
      const response = await client.get(`/jobs/${id}/results`);
      const text = await response.text();
      return response.status === 503 ? undefined : { text };
    },
    BOUND,
  ).then(({ text }) => text);
}

/** The archive of a soak, a PostgreSQL that faults befall as well, and what it has to hold at the end. */
export class SoakArchive {
  private constructor(
    private readonly server: TestPostgres,
    private readonly url: string,
  ) {}

  static async create(): Promise<SoakArchive> {
    const server = await TestPostgres.create();
    return new SoakArchive(server, await server.database('soak'));
  }

  /** Of the configuration of servers. */
  get section(): string {
    return `archive:\n  url: ${this.url}\n  keep_jobs: ${KEPT}s\n`;
  }

  remove(): Promise<void> {
    return this.server.remove();
  }

  async whileAway(how: 'killed' | 'stopped' | 'silent', meanwhile: () => Promise<unknown>): Promise<void> {
    if (how === 'silent') {
      this.server.signal('SIGSTOP');
      await meanwhile();
      return this.server.signal('SIGCONT');
    }
    await (how === 'killed' ? this.server.kill() : this.server.stop());
    await meanwhile();
    await this.server.start();
  }

  /** Of the Jobs, those that have left the cluster as well: what is noted about their logs, by the keys of those. */
  async notedLogs(cluster: TestCluster): Promise<ReadonlyMap<string, string | undefined>> {
    const live = (await cluster.kubeJobs()).map(({ metadata }) => metadata?.annotations ?? {});
    const archived = (await this.records()).map(({ annotations }) => annotations);
    return new Map([...archived, ...live].map((each) => [each[`${OWN}log-key`] ?? '', each[`${OWN}log`]]));
  }

  /** Waits until all Jobs have left the cluster, and compares what is kept of them with what there was. */
  async account(
    cluster: TestCluster,
    client: TestClient,
    expected: ReadonlyMap<string, Expectation>,
  ): Promise<{
    records: number;
    removed: number;
    matched: number;
    used: number;
    lost: string[];
    duplicates: string[];
  }> {
    await eventually('all Jobs leaving', async () => (await cluster.kubeJobs()).length === 0, BOUND).catch(
      () => undefined,
    );
    const lost = (await cluster.kubeJobs()).map(
      ({ metadata, status }) =>
        `${metadata?.name} does not leave the cluster: ${JSON.stringify([metadata?.annotations, status?.conditions])}`,
    );
    const [{ jobs, matched }, records, used] = [await listed(client), await this.records(), await sumsOf(client)];
    const counts = new Map<string, number>();
    for (const { jobID } of jobs) counts.set(jobID, (counts.get(jobID) ?? 0) + 1);
    const inArchive = new Set(records.map(({ id }) => id));
    const removed = await this.tombstones();
    const tombstones = new Map(removed.map((row) => [row.id, row.process]));
    for (const [id, { process, disturbed, removed: wanted }] of expected) {
      // Somebody deleted it while it ran, before there was anything to archive.
      if (disturbed === 'Job deleted') continue;
      if (wanted) {
        if (counts.has(id) || inArchive.has(id)) lost.push(`${id} (${process}) was removed, and is listed or archived`);
        if (tombstones.get(id) !== process) lost.push(`${id} (${process}) was removed, and nothing tells of it`);
        continue;
      }
      if (!counts.has(id)) lost.push(`${id} (${process}) is not listed`);
      if (!inArchive.has(id)) lost.push(`${id} (${process}) is not archived`);
    }
    for (const id of counts.keys()) if (!expected.has(id)) lost.push(`${id} is listed, and nobody knows it`);
    if (matched !== counts.size) lost.push(`${matched} are said to match, and ${counts.size} are listed`);
    const byProcess = Object.groupBy([...records, ...removed], ({ process }) => process);
    for (const process of new Set([...used.keys(), ...Object.keys(byProcess)])) {
      const [told, count] = [used.get(process) ?? 0, byProcess[process]?.length ?? 0];
      if (told !== count) lost.push(`${told} jobs of ${process} are in the sums of use, and ${count} in the archive`);
    }
    const duplicates = [...counts].filter(([, count]) => count > 1).map(([id]) => `${id} is listed twice`);
    const counted = [...used.values()].reduce((sum, jobs) => sum + jobs, 0);
    return { records: records.length, removed: removed.length, matched, used: counted, lost, duplicates };
  }

  private records() {
    return this.rows<{ id: string; process: string; annotations: Readonly<Record<string, string>> }>(
      `select job_id as id, process_id as process, object::json #> '{metadata,annotations}' as annotations
        from ogc_processes.jobs where removed is null`,
    );
  }

  private tombstones() {
    return this.rows<{ id: string; process: string }>(
      `select job_id as id, process_id as process from ogc_processes.jobs where removed is not null`,
    );
  }

  private async rows<T extends pg.QueryResultRow>(query: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<T>(query)).rows;
    } finally {
      await client.end();
    }
  }
}

/** How many jobs of each process the sums of what jobs took count. */
async function sumsOf(client: TestClient): Promise<ReadonlyMap<string, number>> {
  const { rows } = (await (await client.get('/usage?by=process')).json()) as {
    readonly rows: readonly { readonly key: string; readonly jobs: number }[];
  };
  return new Map(rows.map(({ key, jobs }) => [key, jobs]));
}
