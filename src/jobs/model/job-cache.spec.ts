import { describe, expect, it } from '@jest/globals';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { ArchiveAwayError } from '../../archive/records/archive.js';
import { anArchivedJob } from '../../archive/testing/archived-jobs.js';
import { FakeArchive } from '../../archive/testing/fake-archive.js';
import type { Configuration } from '../../config/configuration.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { ArchivedJobs } from './archived/archived-jobs.js';
import type { JobRecord } from './job-record.js';
import { Observer } from '../../observation/observer.js';
import { JobWaiter } from '../execution/job-waiter.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { at } from '../testing/records.js';
import type { JobCache } from './job-cache.js';
import { ownAnnotation } from '../../k8s/names.js';

const PREFIX = 'pygeoapi-job-';
const id = (number: number): string => `0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;
const kubeJob = (number: number, seconds = number, annotations: Record<string, string> = {}): V1Job => ({
  metadata: { name: PREFIX + id(number), uid: `uid-${number}`, creationTimestamp: at(seconds), annotations },
});
const pod = (name: string, number: number, uid = `uid-${number}`): V1Pod => ({
  metadata: {
    name,
    creationTimestamp: at(1),
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: PREFIX + id(number), uid, controller: true }],
  },
  spec: { containers: [] },
});

const configuration = { environment: { jobNamePrefix: PREFIX, bucket: { pathPrefix: '' } } } as Configuration;

function setUp() {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster, configuration);
  return { cluster, cache, ids: () => cache.list().map(({ jobId }) => jobId) };
}

describe('a job that somebody does not see', () => {
  it('is as one that there never was, wherever it is, also while the archive is away', async () => {
    const [cluster, archive] = [new FakeCluster(), new FakeArchive()];
    const archived = new ArchivedJobs(configuration, archive);
    const cache = jobCacheOf(cluster, configuration, undefined, undefined, archived);
    cluster.addJob(kubeJob(1));
    await archive.put(anArchivedJob(2, { jobId: id(2) }));
    const look = (sees: boolean) =>
      Promise.all([1, 2, 3].map((number) => cache.findSeen(id(number), () => sees).catch((error: unknown) => error)));
    expect(await look(false)).toEqual([undefined, undefined, undefined]);
    expect(await look(true)).toMatchObject([{ jobId: id(1) }, { jobId: id(2) }, undefined]);
    archive.isAway = true;
    const away = expect.any(ArchiveAwayError);
    const [live, gone] = await look(false);
    expect([live, gone, await cache.findSeen(id(4), () => false).catch((error: unknown) => error)]).toEqual([
      away,
      away,
      away,
    ]);
    expect((await look(true))[0]).toMatchObject({ jobId: id(1) });
  });
});

describe('statuses that are kept', () => {
  const outcome = { [ownAnnotation.outcome]: JSON.stringify({ status: 'successful', finished: at(60).toISOString() }) };
  /** Of a cache: how many it keeps. */
  const kept = (cache: JobCache) => cache['statuses'].size;

  it('are those of jobs that there are, whatever came and went', () => {
    const { cluster, cache } = setUp();
    const changes: readonly Record<string, string>[] = [{}, { 'pygeoapi.io/process_id': 'changed' }, outcome];
    for (let number = 1; number <= 50; number += 1) {
      for (const annotations of changes) {
        cluster.addJob(kubeJob(number, number, annotations));
        cache.list().forEach((job) => cache.statusOf(job));
        expect(kept(cache)).toBe(1);
      }
      cluster.removeJob(PREFIX + id(number));
      expect(kept(cache)).toBe(0);
    }
  });

  it('are not those of records from the archive, which are others at each look', async () => {
    const archive = new FakeArchive();
    const cache = jobCacheOf(
      new FakeCluster(),
      configuration,
      undefined,
      undefined,
      new ArchivedJobs(configuration, archive),
    );
    await archive.put(anArchivedJob(1, { jobId: id(1) }));
    const job = await cache.find(id(1));
    expect(job && cache.statusOf(job).status).toBe('successful');
    expect(kept(cache)).toBe(0);
  });
});

describe('the cache of jobs', () => {
  it('lists them newest first, those of one second by name, through all changes', () => {
    const { cluster, ids } = setUp();
    for (const [number, seconds] of [
      [1, 10],
      [2, 30],
      [3, 20],
      [4, 20],
    ] as const)
      cluster.addJob(kubeJob(number, seconds));
    expect(ids()).toEqual([2, 4, 3, 1].map(id));
    cluster.addJob(kubeJob(3, 20, { 'pygeoapi.io/process_id': 'changed' }));
    cluster.addJob(kubeJob(5, 40));
    cluster.removeJob(PREFIX + id(2));
    expect(ids()).toEqual([5, 4, 3, 1].map(id));
  });

  it('lists those of one second by when they were asked for, whatever their ids', () => {
    const { cluster, ids } = setUp();
    const started = (milliseconds: number) => ({ 'pygeoapi.io/started': `2026-01-01T12:00:10.${milliseconds}Z` });
    cluster.addJob(kubeJob(7, 10, started(100)));
    cluster.addJob(kubeJob(1, 10, started(300)));
    cluster.addJob(kubeJob(9, 10, started(200)));
    cluster.addJob(kubeJob(3, 11, started(100)));
    expect(ids()).toEqual([3, 1, 9, 7].map(id));
  });

  it('shows a change in place without sorting anew', () => {
    const { cluster, cache } = setUp();
    for (let number = 0; number < 50; number += 1) cluster.addJob(kubeJob(number));
    const before = cache.list();
    cluster.addJob(kubeJob(17, 17, { 'pygeoapi.io/process_id': 'changed' }));
    expect(cache.list()).toBe(before);
    expect(cache.list().find(({ jobId }) => jobId === id(17))?.processId).toBe('changed');
  });

  it('holds no Job of another manager', () => {
    const { cluster, ids } = setUp();
    for (const name of ['other-job', `${PREFIX}x-${id(1)}`, `${PREFIX}not-a-uuid`, `${PREFIX}${id(1)}x`])
      cluster.addJob({ metadata: { name } });
    expect(ids()).toEqual([]);
  });

  it('knows the pods of a Job, and not those of a namesake that was there before', () => {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    cluster.addPod(pod('new', 1));
    cluster.addPod(pod('old', 1, 'another uid'));
    expect(cache.podsOf({ name: PREFIX + id(1), uid: 'uid-1' }).map(({ name }) => name)).toEqual(['new']);
  });

  it('asks the API server once for an id that it does not know', async () => {
    const { cluster, cache } = setUp();
    expect(await cache.find(id(1))).toBeUndefined();
    expect(await cache.find(id(1))).toBeUndefined();
    expect(cluster.calls).toEqual(['getJob']);
    expect(await cache.find('../pods')).toBeUndefined();
    expect(cluster.calls).toHaveLength(1);
  });

  it('finds a job that another replica made a moment ago, and keeps it', async () => {
    const { cluster, cache } = setUp();
    cluster.kubeJobs.set(PREFIX + id(1), kubeJob(1));
    expect((await cache.find(id(1)))?.jobId).toBe(id(1));
    await cache.find(id(1));
    expect(cluster.calls).toEqual(['getJob']);
  });

  it('brings a job up to date that another replica has changed, once a second at the most', async () => {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    const [job] = cache.list();
    const changed = { ...kubeJob(1), status: { completionTime: at(9), conditions: [] } };
    cluster.kubeJobs.set(PREFIX + id(1), { ...changed, metadata: { ...changed.metadata, resourceVersion: '77' } });
    expect(await cache.refresh(job as JobRecord)).toMatchObject({ completionTime: at(9) });
    expect(await cache.refresh(job as JobRecord)).toMatchObject({ completionTime: at(9) });
    expect(cluster.calls).toEqual(['getJob']);
  });

  it('asks once a second at the most for the pods of a job that has none', async () => {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    const [job] = cache.list() as [JobRecord];
    expect(await cache.podsFoundOf(job)).toEqual([]);
    expect(await cache.podsFoundOf(job)).toEqual([]);
    expect(cluster.calls).toEqual(['listPodsOfJob']);
  });

  it('goes by what it knows while the API server does not answer', async () => {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    cluster.failNext('getJob', new KubernetesError('unavailable', 'away'));
    expect(await cache.refresh(cache.list()[0] as JobRecord)).toMatchObject({ jobId: id(1) });
  });
});

describe('waiting for a job', () => {
  const complete: V1Job = { ...kubeJob(1), status: { conditions: [{ type: 'Complete', status: 'True' }] } };

  async function wait(change: (cluster: FakeCluster, waiter: JobWaiter) => void, milliseconds?: number) {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    const waiter = new JobWaiter(cache, new Observer(), configuration);
    const [job] = cache.list();
    if (!job) throw new Error('no job');
    const waiting = waiter.waitForEnd(job, milliseconds);
    change(cluster, waiter);
    return waiting;
  }

  it('ends with the job', async () => {
    expect(await wait((cluster) => cluster.addJob(complete))).toMatchObject({
      jobId: id(1),
      condition: { type: 'Complete' },
    });
  });

  it('ends when the job is removed', async () => {
    expect(await wait((cluster) => cluster.removeJob(PREFIX + id(1)))).toBe('gone');
  });

  it('ends when its time is over', async () => {
    expect(await wait(() => undefined, 1)).toBe('running');
  });

  it('ends when the server shuts down', async () => {
    expect(await wait((_, waiter) => waiter.beforeApplicationShutdown())).toBe('running');
  });

  it('ends at once for who comes while the server shuts down, unless the job has ended', async () => {
    const { cluster, cache } = setUp();
    cluster.addJob(kubeJob(1));
    const waiter = new JobWaiter(cache, new Observer(), configuration);
    waiter.beforeApplicationShutdown();
    const [job] = cache.list();
    expect(await waiter.waitForEnd(job as JobRecord)).toBe('running');
    cluster.addJob(complete);
    expect(await waiter.waitForEnd(job as JobRecord)).toMatchObject({ jobId: id(1) });
  });
});
