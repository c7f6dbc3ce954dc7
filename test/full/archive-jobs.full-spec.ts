import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { finished, type JobTemplate, templateOf } from '../benchmarks/kube-jobs.mjs';
import { KubernetesApi } from '../benchmarks/kubernetes-api.mjs';
import { TestBed } from '../support/test-bed.js';
import { untilItHolds } from '../support/tries.js';
import { eventually } from '../support/wait.js';

/** A namespace with so many is slow for all that list it. */
const JOBS = Number(process.env['ARCHIVE_JOBS'] ?? 20_000);
/** Requests at once. */
const AT_ONCE = 20;
const HOUR = 3_600_000;
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
(POSTGRES ? describe : describe.skip)('very many jobs that have ended', () => {
  beforeAll(async () => {
    postgres = await TestPostgres.create();
    const archive = `archive:\n  url: ${await postgres.database('jobs')}\n  keep_jobs: 60s\n`;
    bed = await TestBed.startProcess({}, { configuration: (text) => archive + text + WAITING });
    api = await KubernetesApi.of(bed.cluster.kubeconfig, bed.cluster.namespace);
  }, 120_000);
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (postgres as TestPostgres | undefined)?.remove();
  }, 600_000);

  it(
    'go through the archive and leave the cluster, whose namespace is then as fast as an empty one',
    async () => {
      const template = unsigned(await templateOf({ api }, bed, 'waiting'));
      const waiting = template.metadata.name.slice(-36);
      const ids = Array.from({ length: JOBS }, () => uuidv7());
      const left = ids.entries();
      const make = async () => {
        for (const [index, id] of left) await api.text('POST', api.jobs, finished(template, id, index));
      };
      await Promise.all(Array.from({ length: AT_ONCE }, make));
      await eventually(
        'the one that waits being removed',
        async () => (await bed.delete(`/jobs/${waiting}`)).status === 404,
      );

      const inCluster = async () => (await bed.cluster.kubeJobs()).length;
      await eventually('all Jobs having left', async () => (await inCluster()) === 0, HOUR);
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
            ours.push(await timeOf(api.jobs));
            theirs.push(await timeOf(empty));
          }
          return median(ours) / median(theirs);
        },
        (ratios) => expect(Math.min(...ratios)).toBeLessThanOrEqual(MOST),
      );
    },
    2 * HOUR,
  );
});

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

async function timeOf(path: string): Promise<number> {
  const began = performance.now();
  await api.text('GET', path);
  return performance.now() - began;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}
