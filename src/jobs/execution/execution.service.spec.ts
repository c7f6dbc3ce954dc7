import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { anArchivedJob } from '../../archive/testing/archived-jobs.js';
import { FakeArchive } from '../../archive/testing/fake-archive.js';
import type { Configuration } from '../../config/configuration.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { IdempotencyConflictError, JobIdTakenError } from '../../ogc/domain-errors.js';
import { processWith } from '../../processes/testing/process-fixture.js';
import { configuration, jobCacheOf } from '../testing/job-cache-of.js';
import { JOB_ID } from '../testing/records.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { ExecutionService } from './execution.service.js';
import { idempotencyOf } from './idempotency.js';
import type { JobAdmission } from './job-admission.js';
import { JobCreation } from './job-creation.js';
import { TakenJobs } from './taken-jobs.js';

beforeAll(() => Logger.overrideLogger(false));

const PROCESS = processWith({ inputs: {}, outputs: {} });
const KEY = 'the-key';
const BODY = { inputs: {} };
const keyed = idempotencyOf(KEY, { caller: 'ann', processId: PROCESS.id, body: BODY });
const chosen = { ...BODY, job_id: JOB_ID };

describe('an id that another request takes', () => {
  const archive = new FakeArchive();
  let cluster: FakeCluster;
  /** What is done for the Job, in its order. */
  let done: string[];
  /** Happens while large inputs are stored. */
  let whileStored: () => void;

  beforeEach(() => {
    cluster = new FakeCluster();
    archive.jobs.clear();
    archive.removed.clear();
    archive.onAsked = () => void done.push('look');
    done = [];
    whileStored = () => undefined;
  });

  /** A server that does no more than what the order of its steps is of. */
  function execute(body: object, idempotencyKey?: string) {
    const archived = new ArchivedJobs(configuration, archive);
    const cache = jobCacheOf(cluster, configuration, undefined, undefined, archived);
    const creation = new JobCreation(cluster.client, {} as never);
    const nothing = () => undefined;
    const preparation = {
      largeInputs: nothing,
      assertQueue: nothing,
      settingsOf: () => ({}),
      makePod: (_process: unknown, jobId: string, inputs: object) => ({ jobId, inputs, podSpec: {}, notes: {} }),
      makeWithTransfer: async (
        _process: unknown,
        _request: unknown,
        made: { jobId: string; idempotencyDigest?: string },
      ) => {
        done.push('store');
        whileStored();
        const annotations = { [ownAnnotation.idempotency]: made.idempotencyDigest ?? '' };
        return { kubeJob: { metadata: { name: `pygeoapi-job-${made.jobId}`, annotations }, spec: { template: {} } } };
      },
      withdraw: async () => void done.push('withdraw'),
      withdrawFrom: nothing,
    };
    const admission = {
      entryOf: async () => ({}),
      assertRoom: nothing,
      create: (...[kubeJob, id, secret, , beforePost]: Parameters<JobAdmission['create']>) =>
        creation.create(kubeJob, id, secret, beforePost),
    };
    const access = {
      identify: async () => 'ann',
      nameOf: () => 'ann',
      ownerFor: nothing,
      demand: nothing,
      logRefusal: nothing,
    };
    const service = new ExecutionService(
      { find: () => PROCESS, get: () => PROCESS } as never,
      cache,
      new TakenJobs(cache, archived, configuration),
      preparation as never,
      admission as never,
      { isAvailable: false } as never,
      access as never,
      { seesProcess: () => true } as never,
      { assertValid: nothing } as never,
      { reserve: () => nothing } as never,
      { submit: nothing, inputLimit: nothing } as never,
      { executionAccepted: nothing, executionRefused: nothing } as never,
      {
        ...configuration,
        server: {},
        environment: { ...configuration.environment, subscribers: { allowedHosts: [] } },
      } as unknown as Configuration,
    );
    const options = idempotencyKey === undefined ? {} : { idempotencyKey };
    return service.execute(PROCESS.id, body, { headers: {} }, options);
  }
  const isArchived = (idempotencyDigest: string, jobId = keyed.jobId) => {
    const { object, ...job } = anArchivedJob(1, { jobId });
    const annotations = { ...object.metadata.annotations, [ownAnnotation.idempotency]: idempotencyDigest };
    archive.jobs.set(jobId, { ...job, object: { ...object, metadata: { ...object.metadata, annotations } } });
  };

  it('is looked for last before the Job is made, after its inputs are stored', async () => {
    cluster.before.set('createJob', () => void done.push('POST'));
    await execute(BODY, KEY);
    expect(done).toEqual(['look', 'store', 'look', 'POST']);
    expect(cluster.kubeJobs.size).toBe(1);
  });

  it('gives the job of the same key that left the cluster while inputs were stored, of which nothing stays', async () => {
    whileStored = () => isArchived(keyed.digest);
    expect(await execute(BODY, KEY)).toMatchObject({ jobId: keyed.jobId, fromArchive: true });
    expect([done.at(-1), cluster.kubeJobs.size]).toEqual(['withdraw', 0]);
  });

  it.each([
    ['of another body', () => isArchived('another'), IdempotencyConflictError],
    ['that was removed', () => void archive.remove(keyed.jobId, new Date()), IdempotencyConflictError],
  ])('is refused where the job %s has it by then', async (_, happens, Kind) => {
    whileStored = happens;
    await expect(execute(BODY, KEY)).rejects.toThrow(Kind);
    expect([done.at(-1), cluster.kubeJobs.size]).toEqual(['withdraw', 0]);
  });

  it('that was chosen is refused likewise', async () => {
    whileStored = () => isArchived('another', JOB_ID);
    await expect(execute(chosen)).rejects.toThrow(JobIdTakenError);
    expect([done.at(-1), cluster.kubeJobs.size]).toEqual(['withdraw', 0]);
  });

  it('is looked for again before a second POST: the Job that had the name may have left since', async () => {
    cluster.before.set('createJob', () => {
      isArchived(keyed.digest);
      throw new KubernetesError('already-exists', 'it is there', 409);
    });
    expect(await execute(BODY, KEY)).toMatchObject({ jobId: keyed.jobId, fromArchive: true });
    expect([done.at(-1), cluster.kubeJobs.size]).toEqual(['withdraw', 0]);
  });
});
