import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { finished, type JobTemplate, templateOf } from '../benchmarks/kube-jobs.mjs';
import { KubernetesApi } from '../benchmarks/kubernetes-api.mjs';
import { onRealCluster } from '../support/cluster.js';
import { processorTime, residentMemory } from '../support/memory.js';
import { TestBed } from '../support/test-bed.js';
import { untilItHolds } from '../support/tries.js';
import { eventually } from '../support/wait.js';

/** A namespace with so many is slow for all that list it. */
const JOBS = Number(process.env['ARCHIVE_JOBS'] ?? 20_000);
/** Requests at once. */
const AT_ONCE = 20;
const HOUR = 3_600_000;
/** Seconds of `archive.keep_jobs`, long enough to make and archive them all: then all are in the cluster at once, and due at once. */
const KEEP = Math.max(60, Math.ceil(JOBS / 40));
/** What the API server may take longer for the namespace that held them, at the median of {@link LISTS}. */
const MOST = 1.5;
const LISTS = 51;

/** No node can take its pods. */
const WAITING = `
  waiting:
    type: process
    processor:
      <<: *image
      start_deadline_seconds: 86400
      resources: { requests: { memory: 4Ti } }
`;

let postgres: TestPostgres;
let bed: TestBed;
let api: KubernetesApi;
let database: pg.Client;
(POSTGRES ? describe : describe.skip)('very many jobs that have ended', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.create();
    const url = await postgres.database('jobs');
    const archive = `archive:\n  url: ${url}\n  keep_jobs: ${KEEP}s\n`;
    bed = await TestBed.startProcess({}, { configuration: (text) => archive + text + WAITING });
    api = await KubernetesApi.of(bed.cluster.kubeconfig, bed.cluster.namespace);
    database = new pg.Client({ connectionString: url });
    await database.connect();
  }, 120_000);
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (database as pg.Client | undefined)?.end();
    await (postgres as TestPostgres | undefined)?.remove();
  }, 600_000);

  it(
    'go through the archive and leave the cluster, whose namespace is then as fast as an empty one',
    async () => {
      await eventually('the archive', async () => (await archived()) === 0);
      const figures = new Figures();
      const template = unsigned(await templateOf({ api }, bed, 'waiting'));
      const waiting = template.metadata.name.slice(-36);
      await eventually(
        'the one that waits being removed',
        async () => (await bed.delete(`/jobs/${waiting}`)).status === 404,
      );
      await figures.note('before');
      const ids = Array.from({ length: JOBS }, () => uuidv7());
      const ended = new Date();
      const left = ids.entries();
      const make = async () => {
        for (const [index, id] of left) await api.text('POST', api.jobs, finished(template, id, index, ended));
      };
      await figures.phase('made', () => Promise.all(Array.from({ length: AT_ONCE }, make)));
      await figures.phase('archived, from when all were made', () =>
        eventually('all Jobs being archived', async () => (await archived()) >= JOBS, HOUR),
      );
      await figures.note('all archived');
      await eventually('their time being over', () => Date.now() > ended.getTime() + KEEP * 1000, 2 * KEEP * 1000);
      await figures.phase('released', () =>
        eventually('all Jobs having left', async () => (await inCluster()) === 0, HOUR),
      );
      await figures.note('after');
      figures.print();

      for (const id of [ids[0], ids[Math.floor(JOBS / 2)], ids.at(-1)])
        expect(await bed.status(id ?? '')).toMatchObject({
          jobID: id,
          status: expect.stringMatching(/successful|failed/),
        });
      expect(await listed()).toEqual(new Set(ids));

      const empty = api.jobs.replace(api.namespace, `${api.namespace}-empty`);
      await untilItHolds(
        async () => {
          const [ours, theirs]: [number[], number[]] = [[], []];
          for (let index = 0; index < LISTS; index += 1) {
            ours.push(await timeOf(() => api.text('GET', api.jobs)));
            theirs.push(await timeOf(() => api.text('GET', empty)));
          }
          tell(`a list of the namespace ${round(median(ours))} ms, of an empty one ${round(median(theirs))} ms`);
          return median(ours) / median(theirs);
        },
        (ratios) => expect(Math.min(...ratios)).toBeLessThanOrEqual(MOST),
      );
    },
    2 * HOUR,
  );
});

/** What docs/scaling.md says of one run. */
class Figures {
  private readonly lines: string[] = [`${JOBS} Jobs on ${onRealCluster ? 'a real' : 'the embedded'} cluster`];
  private most = 0;

  /** Runs a phase, and notes how long it took, and the processor time of the server meanwhile. */
  async phase(what: string, work: () => Promise<unknown>): Promise<void> {
    const before = await processorTime(serverProcess());
    const watching = setInterval(() => void this.look(), 1000);
    const seconds = (await timeOf(work)) / 1000;
    clearInterval(watching);
    const busy = ((await processorTime(serverProcess())) - before) / JOBS;
    this.lines.push(
      `${what}: ${round(seconds)} s, ${round(JOBS / seconds)} a second; the server ${round(busy)} ms of processor each`,
    );
  }

  /** What there is now, and what it costs to read it. */
  async note(when: string): Promise<void> {
    const [list, page, server] = [await timeOf(() => api.list(api.jobs)), await pageTime(), await listTime()];
    const stored = /^apiserver_storage_size_bytes\{.*\} (\S+)$/m.exec(
      await api.text('GET', '/metrics').catch(() => ''),
    )?.[1];
    const memory = await residentMemory(serverProcess());
    this.lines.push(
      `${when}: ${await inCluster()} Jobs, ${await archived()} archived; list of all ${round(list)} ms, page of 500 ${round(page)} ms, ` +
        `/jobs?limit=100 ${round(server)} ms, etcd ${stored ? round(Number(stored) / 2 ** 20) : '-'} MiB, server ${memory} MiB`,
    );
  }

  print(): void {
    for (const line of [...this.lines, `server at most ${this.most} MiB`]) tell(line);
  }

  private async look(): Promise<void> {
    this.most = Math.max(this.most, await residentMemory(serverProcess()));
  }
}

function serverProcess() {
  if (!bed.server) throw new Error('the server has not been started');
  return bed.server;
}

async function inCluster(): Promise<number> {
  const { items, metadata } = (await api.json('GET', `${api.jobs}?limit=1`)) as {
    readonly items: readonly unknown[];
    readonly metadata: { readonly remainingItemCount?: number };
  };
  return items.length + (metadata.remainingItemCount ?? 0);
}

async function archived(): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    'select count(*) from ogc_processes.jobs where removed is null',
  );
  return Number(rows[0]?.count);
}

/** Signatures hold for one Job alone. */
function unsigned({ metadata, ...template }: JobTemplate): JobTemplate {
  const kept = Object.entries(metadata.annotations).filter(([name]) => !name.startsWith('signature.'));
  return { ...template, metadata: { ...metadata, annotations: Object.fromEntries(kept) } };
}

/** Ids of all that the server lists, by its links. */
async function listed(): Promise<ReadonlySet<string>> {
  const ids: string[] = [];
  let next: string | undefined = '/jobs?limit=1000';
  while (next) {
    const { jobs, links } = (await (await bed.get(next)).json()) as {
      readonly jobs: readonly { readonly jobID: string }[];
      readonly links: readonly { readonly rel: string; readonly href: string }[];
    };
    ids.push(...jobs.map(({ jobID }) => jobID));
    next = links.find(({ rel }) => rel === 'next')?.href.slice(bed.url.length);
  }
  const found = new Set(ids);
  expect(found.size).toBe(ids.length);
  return found;
}

const pageTime = () => medianOf(11, () => api.text('GET', `${api.jobs}?limit=500`));
const listTime = () => medianOf(11, async () => (await bed.get('/jobs?limit=100')).arrayBuffer());

async function medianOf(times: number, work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) taken.push(await timeOf(work));
  return median(taken);
}

/** Milliseconds. */
async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

const round = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

function tell(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
