import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { Configuration } from '../config/configuration.js';
import { jobCacheOf } from '../jobs/testing/job-cache-of.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import { annotation, ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { JobMetrics } from './job.metrics.js';
import { MetricRegistry } from './metric-registry.js';
import { ProcessLabel } from './process-label.js';
import { seriesOf } from './testing/series.js';

const JOB = `pygeoapi-job-${JOB_ID}`;

let registry: MetricRegistry;
let cluster: FakeCluster;
let isSynced: boolean;
beforeEach(() => {
  registry = new MetricRegistry();
  cluster = new FakeCluster();
  isSynced = true;
  const configuration = {
    environment: { jobNamePrefix: 'pygeoapi-job-', bucket: { pathPrefix: '' } },
    processes: [{ id: 'hello' }],
  } as unknown as Configuration;
  const cache = jobCacheOf(cluster, configuration);
  for (const informer of [cache.jobs, cache.pods]) Object.defineProperty(informer, 'synced', { get: () => isSynced });
  new JobMetrics(cache, new ProcessLabel(configuration), registry).onModuleInit();
});
afterEach(() => registry.onApplicationShutdown());

const series = (name: string) => seriesOf(registry, name);
/** Without those that are 0. */
const nonZero = async (name: string) =>
  Object.fromEntries(Object.entries(await series(name)).filter(([, value]) => value !== 0));

const kubeJob = (annotations: Record<string, string> = {}, name = JOB, rest: Partial<V1Job> = {}): V1Job => ({
  metadata: {
    name,
    uid: `uid-of-${name}`,
    creationTimestamp: at(0),
    annotations: {
      [annotation.processId]: 'hello',
      [ownAnnotation.collection]: 'pending',
      [ownAnnotation.mainContainer]: 'main',
      ...annotations,
    },
  },
  spec: { backoffLimit: 0, template: {} },
  ...rest,
});
const pod = (state: object, phase: string, finalizers = [POD_FINALIZER]): V1Pod => ({
  metadata: {
    name: `${JOB}-x`,
    uid: 'pod-uid',
    creationTimestamp: at(1),
    finalizers,
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: JOB, uid: `uid-of-${JOB}`, controller: true }],
  },
  spec: { nodeName: 'node', containers: [{ name: 'main', image: 'busybox' }] },
  status: {
    phase,
    containerStatuses: [
      { name: 'main', image: 'busybox', imageID: '', ready: false, restartCount: 0, containerID: 'c', state },
    ],
  },
});
const running = () => pod({ running: { startedAt: at(7) } }, 'Running');
const over = (finalizers?: string[]) =>
  pod({ terminated: { exitCode: 0, containerID: 'c', startedAt: at(7), finishedAt: at(20) } }, 'Succeeded', finalizers);
const outcome = (status: string, more: object = {}) => ({
  [ownAnnotation.outcome]: JSON.stringify({
    status,
    started: at(7).toISOString(),
    finished: at(20).toISOString(),
    ...more,
  }),
});
const done = { [ownAnnotation.collection]: 'done' };
const ended = 'jobs_ended_total';

describe('the metrics of jobs', () => {
  it('tell what a job waited for its turn apart from what it took to start', async () => {
    cluster.addJob(kubeJob({}, JOB, { spec: { backoffLimit: 0, template: {}, suspend: true } }));
    const conditions = [{ type: 'Suspended', status: 'False', lastTransitionTime: at(4) }];
    cluster.addJob(kubeJob({}, JOB, { status: { conditions } }));
    cluster.addPod(running());
    expect(await series('job_admission_duration_seconds_sum')).toEqual({ 'process="hello"': 4 });
    expect(await series('job_queue_duration_seconds_sum')).toEqual({ 'process="hello"': 7 });
  });

  it("tell what a job waited in the server's own line, also where it was not suspended long enough to be noted", async () => {
    const admitted = { [ownAnnotation.admission]: `admitted@${at(5).toISOString()}` };
    cluster.addJob(kubeJob({ [ownAnnotation.admission]: 'waiting' }));
    cluster.addJob(kubeJob(admitted));
    expect(await series('job_admission_duration_seconds_count')).toEqual({});
    cluster.addPod(running());
    expect(await series('job_admission_duration_seconds_sum')).toEqual({ 'process="hello"': 5 });
  });

  it('follow a job from being created to being collected', async () => {
    cluster.addJob(kubeJob());
    expect(await nonZero('jobs')).toEqual({ 'process="hello",status="accepted"': 1 });
    cluster.addPod(running());
    expect(await nonZero('jobs')).toEqual({ 'process="hello",status="running"': 1 });
    expect(await series('job_queue_duration_seconds_sum')).toEqual({ 'process="hello"': 7 });
    cluster.addPod(over());
    expect(await series('uncollected_pods')).toEqual({ '': 1 });
    expect((await series('uncollected_pods_oldest_age_seconds'))['']).toBeGreaterThan(0);
    expect(await nonZero(ended)).toEqual({});
    cluster.addJob(kubeJob(outcome('successful')));
    expect(await nonZero(ended)).toEqual({ 'process="hello",status="successful",cause="none"': 1 });
    expect(await series('job_run_duration_seconds_sum')).toEqual({ 'process="hello"': 13 });
    expect(await series('job_collect_duration_seconds_count')).toEqual({ '': 0 });
    cluster.addJob(kubeJob({ ...outcome('successful'), ...done }));
    cluster.addPod(over([]));
    expect(await series('job_collect_duration_seconds_count')).toEqual({ '': 1 });
    expect(await series('uncollected_pods')).toEqual({ '': 0 });
    expect(await series('uncollected_pods_oldest_age_seconds')).toEqual({ '': 0 });
    expect(await nonZero('jobs')).toEqual({ 'process="hello",status="successful"': 1 });
  });

  it('begin at 0 for each way to end, so that the first of a kind is an increase', async () => {
    cluster.addJob(kubeJob());
    expect(await series(ended)).toMatchObject({
      'process="hello",status="successful",cause="none"': 0,
      'process="hello",status="dismissed",cause="none"': 0,
      'process="hello",status="failed",cause="image-pull-failed"': 0,
    });
  });

  it('count a failed job by its cause, once, however often it changes afterwards and when it is removed', async () => {
    cluster.addJob(kubeJob());
    const failed = outcome('failed', { cause: { type: 'out-of-memory', message: 'too much' } });
    cluster.addJob(kubeJob(failed));
    cluster.addJob(kubeJob({ ...failed, ...done }));
    cluster.addJob(kubeJob({ ...failed, ...done, 'pygeoapi.io/x': 'y' }));
    cluster.addJob(kubeJob({ ...failed, ...done, [ownAnnotation.removed]: at(30).toISOString() }));
    cluster.removeJob(JOB);
    expect(await nonZero(ended)).toEqual({ 'process="hello",status="failed",cause="out-of-memory"': 1 });
    expect(await nonZero('jobs')).toEqual({});
  });

  it('count what is dismissed, and what vanishes before it has ended, as dismissed', async () => {
    const other = JOB.replace('0001', '0002');
    cluster.addJob(kubeJob());
    cluster.addJob(kubeJob({ [ownAnnotation.removed]: at(3).toISOString() }));
    cluster.removeJob(JOB);
    cluster.addJob(kubeJob({}, other));
    cluster.removeJob(other);
    expect(await nonZero(ended)).toEqual({ 'process="hello",status="dismissed",cause="none"': 2 });
    expect(await series('job_run_duration_seconds_count')).toEqual({});
  });

  it('count nothing of what was over in the first list, and the end of what was not', async () => {
    const other = JOB.replace('0001', '0002');
    isSynced = false;
    cluster.addJob(kubeJob({ ...outcome('successful'), ...done }, other));
    cluster.addJob(kubeJob());
    cluster.addPod(running());
    isSynced = true;
    expect(await nonZero(ended)).toEqual({});
    expect(await series('job_queue_duration_seconds_count')).toEqual({ 'process="hello"': 1 });
    cluster.addJob(kubeJob({ ...outcome('successful'), ...done }, other));
    cluster.addJob(kubeJob(outcome('successful')));
    expect(await nonZero(ended)).toEqual({ 'process="hello",status="successful",cause="none"': 1 });
  });

  it('count a job that was over when it was first seen, as after a watch that could not go on', async () => {
    cluster.addJob(kubeJob({ ...outcome('successful'), ...done }));
    expect(await nonZero(ended)).toEqual({ 'process="hello",status="successful",cause="none"': 1 });
  });

  it('put processes that are not configured, and causes that nobody knows, under one label each', async () => {
    for (const id of ['a', 'b'])
      cluster.addJob(
        kubeJob(
          { [annotation.processId]: id, ...outcome('failed', { cause: { type: 'invented', message: '' } }), ...done },
          JOB.replace('0001', `000${id}`),
        ),
      );
    expect(await nonZero('jobs')).toEqual({ 'process="(other)",status="failed"': 2 });
    expect(await nonZero(ended)).toEqual({ 'process="(other)",status="failed",cause="failed"': 2 });
  });

  it('tell how many jobs cannot be collected', async () => {
    cluster.addJob(kubeJob({ [ownAnnotation.collectionProblem]: 'the store is full' }));
    expect(await series('jobs_collection_problem')).toEqual({ '': 1 });
    cluster.addJob(kubeJob());
    expect(await series('jobs_collection_problem')).toEqual({ '': 0 });
  });
});
