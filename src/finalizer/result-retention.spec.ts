import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { ArchiveAwayError } from '../archive/records/archive.js';
import { anArchivedJob } from '../archive/testing/archived-jobs.js';
import { FakeArchive } from '../archive/testing/fake-archive.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { FakeStore } from '../jobs/testing/fake-store.js';
import { aJob, at, JOB_ID } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { aKubeJob, JOB, LOG_KEY, setUp } from './testing/finalizer-bed.js';

const KEYS = [`logs/2026-01-01_${JOB}-result`, `logs/2026-01-01_${JOB}-result-map`];
const OTHERS = [LOG_KEY, 'logs/2026-01-01_pygeoapi-job-another-result', `elsewhere/${JOB}-result`];
const stored = (key: string) => ({ mediaType: 'text/plain', size: 1, digest: 'sha256:x', key });

const INPUTS = `logs/2026-01-01_${JOB}-inputs-kept-x`;
const keptIn = (store: FakeStore, key = INPUTS) =>
  store.port.create(key, () => Readable.from([Buffer.from('x')]), { contentType: 'text/plain', size: 1 });

async function bed(annotations: Record<string, string> = {}) {
  const all = setUp();
  for (const key of [...KEYS, ...OTHERS])
    await all.store.port.create(key, () => Readable.from([Buffer.from('x')]), { contentType: 'text/plain', size: 1 });
  all.cluster.addJob(
    aKubeJob({
      [ownAnnotation.collection]: 'done',
      [ownAnnotation.outcome]: JSON.stringify({ status: 'successful', finished: at(5).toISOString() }),
      [ownAnnotation.result]: JSON.stringify(stored(KEYS[0] ?? '')),
      // Somebody has edited the Job.
      [ownAnnotation.outputs]: JSON.stringify(
        Object.fromEntries([KEYS[1] ?? '', ...OTHERS].map((key, at) => [`output-${at}`, stored(key)])),
      ),
      ...annotations,
    }),
  );
  return all;
}

describe('results in the object store', () => {
  it('are removed when their time is over, with a note on the Job; logs and what is another’s stay', async () => {
    const { cluster, store, reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '10' });
    expect(await reconcileJob(at(14))).toEqual({ requeueAfter: 1000 });
    expect(store.objects.size).toBe(5);
    expect(await reconcileJob(at(15))).toBeUndefined();
    expect([...store.objects.keys()]).toEqual(OTHERS);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.resultsExpired]).toBe(at(15).toISOString());
    await reconcileJob(at(16));
    expect(cluster.calls).toEqual(['patchJob']);
  });

  it('are looked at again after a day at the latest', async () => {
    const { reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '2147483647' });
    expect(await reconcileJob(at(14))).toEqual({ requeueAfter: 86_400_000 });
  });

  it('stay where nothing says how long', async () => {
    const { cluster, store, reconcileJob } = await bed();
    expect(await reconcileJob(at(59))).toBeUndefined();
    expect([store.objects.size, cluster.calls]).toEqual([5, []]);
  });

  it('take inputs that are kept with them', async () => {
    const shown = { [ownAnnotation.shownRequest]: JSON.stringify({ stored: INPUTS }) };
    const forever = await bed(shown);
    await keptIn(forever.store);
    expect(await forever.reconcileJob(at(59))).toBeUndefined();
    expect(forever.store.objects.has(INPUTS)).toBe(true);
    const { store, reconcileJob } = await bed({ ...shown, [ownAnnotation.resultsTtl]: '10' });
    await keptIn(store);
    await reconcileJob(at(15));
    expect([...store.objects.keys()]).toEqual(OTHERS);
  });

  it('leave inputs alone that are another’s', async () => {
    const another = INPUTS.replace(JOB, 'pygeoapi-job-another');
    const stored = JSON.stringify({ stored: another });
    const { store, reconcileJob } = await bed({
      [ownAnnotation.shownRequest]: stored,
      [ownAnnotation.resultsTtl]: '10',
    });
    await keptIn(store, another);
    await reconcileJob(at(15));
    expect(store.objects.has(another)).toBe(true);
  });

  it.each([
    ['go with their Job where they expire', '10', OTHERS],
    ['stay without their Job where nothing says how long; its inputs do not', undefined, [...KEYS, ...OTHERS]],
  ])('%s', async (_what, ttl, left) => {
    const { retention, cache, store } = await bed({
      [ownAnnotation.shownRequest]: JSON.stringify({ stored: INPUTS }),
      [ownAnnotation.outputs]: JSON.stringify({ map: stored(KEYS[1] ?? '') }),
      ...(ttl === undefined ? {} : { [ownAnnotation.resultsTtl]: ttl }),
    });
    await keptIn(store);
    const job = cache.jobs.get(JOB);
    if (!job) throw new Error('there is no job');
    expect(retention.leavesAny(job)).toBe(true);
    await retention.forget(job);
    expect([...store.objects.keys()]).toEqual(left);
  });

  it('are not taken for removed while the store is down', async () => {
    const { cluster, store, reconcileJob } = await bed({ [ownAnnotation.resultsTtl]: '10' });
    store.failure = new ObjectStoreError('unreachable', 'connection refused', true);
    await expect(reconcileJob(at(15))).rejects.toThrow('connection refused');
    expect(cluster.annotationsOf(JOB)).not.toHaveProperty([ownAnnotation.resultsExpired]);
  });

  it('go with a job that is removed, and so does what it has given otherwise; its log stays', async () => {
    const { cluster, store, sources, reconcileJob } = await bed({ [ownAnnotation.removed]: at(9).toISOString() });
    const discarded: string[] = [];
    sources.register({
      resultsOf: () => Promise.resolve(new Map()),
      discard: ({ name }) => Promise.resolve(void discarded.push(name)),
    });
    await reconcileJob();
    expect([[...store.objects.keys()], discarded, cluster.calls]).toEqual([OTHERS, [JOB], ['deleteJob']]);
  });
});

describe('what is in the store of a Job that is gone', () => {
  it('stays where the archive has the job, and goes where it has not', async () => {
    const archive = new FakeArchive();
    const { store, retention } = setUp(undefined, archive);
    const job = (overrides: Partial<JobRecord>) => aJob({ keptInputs: INPUTS, resultsTtl: 10, ...overrides });
    await keptIn(store);
    archive.jobs.set(JOB_ID, anArchivedJob(1, { jobId: JOB_ID }));
    await retention.forget(job({}));
    expect([...store.objects.keys()]).toEqual([INPUTS]);
    archive.isAway = true;
    await expect(retention.forget(job({}))).rejects.toThrow(ArchiveAwayError);
    await retention.forget(job({ released: true }));
    expect([...store.objects.keys()]).toEqual([INPUTS]);
    archive.isAway = false;
    archive.jobs.clear();
    await retention.forget(job({}));
    expect([...store.objects.keys()]).toEqual([]);
  });
});
