import { beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { Logger } from '@nestjs/common';
import { ArchiveAwayError } from '../../archive/records/archive.js';
import { FakeArchive } from '../../archive/testing/fake-archive.js';
import { anArchivedJob } from '../../archive/testing/archived-jobs.js';
import type { Configuration } from '../../config/configuration.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { JobGoneError, JobNotFoundError } from '../../ogc/domain-errors.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { configuration, jobCacheOf } from '../testing/job-cache-of.js';
import { aJob, at, JOB_ID } from '../testing/records.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { JobsService } from './jobs.service.js';

beforeAll(() => Logger.overrideLogger(false));

const JOB = `pygeoapi-job-${JOB_ID}`;
const ended = (status: string) => ({
  [ownAnnotation.outcome]: JSON.stringify({ status, finished: at(5).toISOString() }),
});

function setUp(finalizerController = true, archive?: FakeArchive) {
  const cluster = new FakeCluster();
  const archived = new ArchivedJobs(configuration, archive);
  const cache = jobCacheOf(cluster, configuration, undefined, undefined, archived);
  const told: unknown[] = [];
  const processes = { find: () => ({ onDismiss: (job: unknown) => told.push(job) }) } as unknown as ProcessRegistry;
  const settings = { ...configuration, server: { manager: { finalizerController } } } as Configuration;
  const service = new JobsService(cache, archived, cluster.client, processes, settings, {
    releasePods: true,
    watchEvents: true,
  });
  const kubeJob = (annotations: object = {}, spec: Partial<V1Job['spec']> = {}): V1Job => ({
    metadata: {
      name: JOB,
      uid: 'job-uid',
      creationTimestamp: at(0),
      annotations: { [annotation.processId]: 'hello', [ownAnnotation.collection]: 'pending', ...annotations },
    },
    spec: { template: {}, ...spec },
  });
  const record = () => cache.jobs.get(JOB) ?? aJob();
  const dismiss = (mayRemove = true) => service.dismiss(record(), at(9), undefined, mayRemove);
  const annotations = () => cluster.annotationsOf(JOB);
  const outcome = (): unknown => JSON.parse(annotations()[ownAnnotation.outcome] ?? 'null');
  return { cluster, cache, archived, service, told, kubeJob, dismiss, annotations, outcome };
}

const DISMISSED = { status: 'dismissed', finished: at(9).toISOString() };

describe('a dismissal', () => {
  it('of a job that goes on is how it ended; the finalizer ends its pods', async () => {
    const { cluster, told, kubeJob, dismiss, outcome, annotations } = setUp();
    cluster.addJob(kubeJob());
    expect(await dismiss()).toMatchObject({ status: { status: 'dismissed', finished: at(9) }, isRemoved: false });
    expect([outcome(), cluster.kubeJobs.get(JOB)?.spec]).toEqual([DISMISSED, { template: {} }]);
    expect(annotations()).not.toHaveProperty([ownAnnotation.removed]);
    expect(told).toEqual([{ jobId: JOB_ID, status: 'accepted' }]);
  });

  it.each([
    ['that is suspended', true, { suspend: true }, { suspend: false }],
    ['whose log nobody collects', false, {}, {}],
  ])('of one %s ends it in the same write', async (_, collects, before, after) => {
    const { cluster, kubeJob, dismiss, outcome } = setUp(collects);
    cluster.addJob(kubeJob({}, before));
    await dismiss();
    expect([outcome(), cluster.kubeJobs.get(JOB)?.spec]).toEqual([
      DISMISSED,
      { template: {}, activeDeadlineSeconds: 1, parallelism: 0, ...after },
    ]);
    expect(cluster.calls).toEqual(['getJob', 'patchJob']);
  });

  it('leaves a job as it ended in the same moment, with its results', async () => {
    const { cluster, told, kubeJob, dismiss, outcome, annotations } = setUp();
    cluster.addJob(kubeJob());
    cluster.before.set('patchJob', () => cluster.addJob(kubeJob(ended('successful'))));
    expect(await dismiss()).toMatchObject({ status: { status: 'successful' }, isRemoved: false });
    expect([outcome(), annotations()[ownAnnotation.removed]]).toEqual([
      { status: 'successful', finished: at(5).toISOString() },
      undefined,
    ]);
    expect(told).toEqual([]);
  });

  it('holds though the Job changes in the same moment', async () => {
    const { cluster, kubeJob, dismiss, outcome } = setUp();
    cluster.addJob(kubeJob({}, { suspend: true }));
    cluster.before.set('patchJob', () => cluster.addJob(kubeJob({}, { suspend: false })));
    expect(await dismiss()).toMatchObject({ status: { status: 'dismissed' }, isRemoved: false });
    // It runs now: its log has to be followed first.
    expect([outcome(), cluster.kubeJobs.get(JOB)?.spec]).toEqual([DISMISSED, { template: {}, suspend: false }]);
  });

  it.each(['successful', 'failed', 'dismissed'])('of a job that is %s removes it', async (status) => {
    const { cluster, told, kubeJob, dismiss, annotations } = setUp();
    cluster.addJob(kubeJob(ended(status)));
    expect(await dismiss()).toMatchObject({ status: { status: 'dismissed' }, isRemoved: true });
    expect(annotations()[ownAnnotation.removed]).toBe(at(9).toISOString());
    expect(told).toEqual([{ jobId: JOB_ID, status }]);
    await expect(dismiss()).rejects.toThrow(JobGoneError);
  });

  it('goes by what the cluster says, not by a cache that is behind: the second one removes, whichever replica has it', async () => {
    const { cluster, kubeJob, dismiss, annotations } = setUp();
    cluster.addJob(kubeJob());
    cluster.addJob(kubeJob(ended('dismissed')), false);
    expect(await dismiss()).toMatchObject({ isRemoved: true });
    expect(annotations()[ownAnnotation.removed]).toBe(at(9).toISOString());
  });

  it('removes nothing where it was to dismiss only', async () => {
    const { cluster, kubeJob, dismiss } = setUp();
    cluster.addJob(kubeJob(ended('successful')));
    expect(await dismiss(false)).toMatchObject({ status: { status: 'successful' }, isRemoved: false });
    expect(cluster.calls).toEqual(['getJob']);
  });

  it('deletes a job that has ended at once where nobody collects', async () => {
    const { cluster, kubeJob, dismiss } = setUp(false);
    cluster.addJob(kubeJob(ended('dismissed')));
    expect(await dismiss()).toMatchObject({ status: { status: 'dismissed' }, isRemoved: true });
    expect(cluster.calls).toEqual(['getJob', 'deleteJob']);
  });

  it('of a job that is gone, or is another, says so', async () => {
    const { cluster, kubeJob, dismiss } = setUp();
    await expect(dismiss()).rejects.toThrow(JobNotFoundError);
    cluster.addJob(kubeJob());
    cluster.addJob({ ...kubeJob(), metadata: { ...kubeJob().metadata, uid: 'another' } }, false);
    await expect(dismiss()).rejects.toThrow(JobNotFoundError);
  });
});

describe('the removal of a job, where there is an archive', () => {
  it.each([true, false])(
    'leaves a tombstone that counts what it took before its Job is touched (finalizer: %s)',
    async (collects) => {
      const archive = new FakeArchive();
      const { cluster, kubeJob, dismiss } = setUp(collects, archive);
      cluster.addJob(kubeJob(ended('failed')));
      const calls: string[] = [];
      archive.onAsked = (call) => void calls.push(call, ...cluster.calls.splice(0));
      expect(await dismiss()).toMatchObject({ isRemoved: true, status: { status: 'dismissed' } });
      expect([calls, cluster.calls]).toEqual([
        ['remove', 'getJob', 'getJob'],
        collects ? ['patchJob'] : ['patchJob', 'deleteJob'],
      ]);
      expect(archive.removed.get(JOB_ID)?.job).toMatchObject({ jobId: JOB_ID, status: 'failed' });
    },
  );

  it('is said on its Job as well that goes because the archive has it, so that who sees it go does not take it for archived', async () => {
    const archive = new FakeArchive();
    const { cluster, kubeJob, dismiss, annotations } = setUp(true, archive);
    const { metadata, ...rest } = kubeJob({ ...ended('failed'), [ownAnnotation.archived]: '0123456789abcdef' });
    cluster.addJob({ ...rest, metadata: { ...metadata, deletionTimestamp: at(8) } });
    expect(await dismiss()).toMatchObject({ isRemoved: true });
    expect(annotations()[ownAnnotation.removed]).toBe(at(9).toISOString());
    cluster.before.set('patchJob', () => cluster.removeJob(JOB));
    cluster.addJob({ ...rest, metadata: { ...metadata, deletionTimestamp: at(8) } });
    expect(await dismiss()).toMatchObject({ isRemoved: true });
  });

  it('does nothing while the archive is away', async () => {
    const archive = new FakeArchive();
    const { cluster, kubeJob, dismiss, annotations } = setUp(true, archive);
    cluster.addJob(kubeJob(ended('failed')));
    archive.isAway = true;
    await expect(dismiss()).rejects.toThrow(ArchiveAwayError);
    expect(annotations()).not.toHaveProperty([ownAnnotation.removed]);
  });

  it('is one of the record alone once its Job has left the cluster, be it that moment', async () => {
    const archive = new FakeArchive();
    const { cluster, cache, service } = setUp(true, archive);
    const put = () => archive.jobs.set(JOB_ID, anArchivedJob(1, { jobId: JOB_ID, uid: 'job-uid' }));
    put();
    const found = await cache.get(JOB_ID);
    expect(await service.dismiss(found, at(9))).toMatchObject({ isRemoved: true, status: { status: 'dismissed' } });
    await expect(service.dismiss(found, at(9))).rejects.toThrow(JobNotFoundError);
    archive.removed.clear();
    put();
    expect(await service.dismiss(aJob(), at(9))).toMatchObject({ isRemoved: true });
    expect(cluster.calls.filter((call) => call !== 'getJob')).toEqual([]);
    expect(archive.removed.has(JOB_ID)).toBe(true);
  });
});
