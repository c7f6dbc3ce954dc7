import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import { jobCacheOf } from '../jobs/testing/job-cache-of.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ApiKubernetesClient } from '../k8s/client/kubernetes-client.adapter.js';
import type { KubernetesFailure } from '../k8s/client/kubernetes-error.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import { json, ScriptedApi } from '../k8s/testing/scripted-api.js';
import { RunningUse } from './running-use.js';
import { ASK_AGAIN, UseSampler } from './use-sampler.js';

const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  jest.spyOn(Logger.prototype, 'log').mockImplementation((message: unknown) => void said.push(String(message)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

const JOB = `pygeoapi-job-${JOB_ID}`;
const POD = `${JOB}-abcde`;
const podThat = (phase: string, state: object = { running: { startedAt: at(0) } }) => ({
  metadata: { name: POD, uid: 'pod-uid', labels: { 'job-name': JOB } },
  spec: { containers: [{ name: 'main' }] },
  status: {
    phase,
    containerStatuses: [{ name: 'main', image: '', imageID: '', ready: true, restartCount: 0, state }],
  },
});

/** @param client asks for metrics; undefined: the fake cluster's */
function setUp(measured: number | undefined = 30, client?: KubernetesClient) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const use = new RunningUse();
  const queues = new WorkQueues();
  const pod = () => cache.pods.get(POD)!;
  const sampler = new UseSampler(
    cache,
    client ?? cluster.client,
    use,
    { usage: measured === 0 ? {} : { measured } } as Configuration,
    {} as LeaderElection,
    queues,
  );
  const containers = [{ usage: { cpu: '1', memory: '1Mi' } }];
  const metrics = { metadata: { name: POD }, timestamp: at(15).toISOString(), window: '15s', containers };
  return { cluster, use, sampler, queues, metrics, pod };
}

describe('samples of what pods use', () => {
  it('are asked for once for each interval while any pod runs, all in one request', async () => {
    const { cluster, use, sampler, metrics } = setUp(60);
    cluster.addPod(podThat('Running'));
    cluster.podMetrics.push(metrics, { ...metrics, metadata: { name: 'of-somebody-else' } });
    expect(await sampler.sample()).toEqual({ requeueAfter: 60_000 });
    expect(await sampler.sample()).toEqual({ requeueAfter: 60_000 });
    expect(cluster.calls).toEqual(['listPodMetrics', 'listPodMetrics']);
    expect(use.size).toBe(1);
    expect(said).toEqual(['What jobs use is sampled from the metrics of the cluster']);
  });

  it('are not asked for while none does, but at the start, to know whether they are served', async () => {
    const { cluster, sampler } = setUp();
    cluster.addPod(podThat('Succeeded'));
    for (let pass = 0; pass < 3; pass += 1) expect(await sampler.sample()).toEqual({ requeueAfter: 30_000 });
    expect(cluster.calls).toEqual(['listPodMetrics']);
  });

  it.each<[KubernetesFailure, readonly number[]]>([
    ['not-found', [ASK_AGAIN, ASK_AGAIN]],
    ['forbidden', [ASK_AGAIN, ASK_AGAIN]],
    ['unavailable', [30_000, 60_000, 120_000, 240_000, ASK_AGAIN, ASK_AGAIN]],
  ])(
    'are gone without where the answer is %s, which is said once, and asked for again later',
    async (failure, waits) => {
      const { cluster, sampler } = setUp();
      cluster.addPod(podThat('Running'));
      cluster.failures.set('listPodMetrics', failure);
      for (const requeueAfter of waits) expect(await sampler.sample()).toEqual({ requeueAfter });
      expect(said).toEqual([expect.stringContaining('What jobs use is not measured: ')]);
      cluster.failures.clear();
      expect(await sampler.sample()).toEqual({ requeueAfter: 30_000 });
      expect(said.at(-1)).toBe('What jobs use is sampled from the metrics of the cluster');
    },
  );

  it('take room only for pods that there are', async () => {
    const { cluster, use, sampler, metrics } = setUp();
    cluster.addPod(podThat('Running'));
    cluster.podMetrics.push(metrics);
    await sampler.sample();
    cluster.removePod(POD);
    await sampler.sample();
    expect(use.size).toBe(0);
  });

  it('are not taken where the configuration says so', async () => {
    const { sampler, queues } = setUp(0);
    expect(queues.states()).toEqual([]);
    await sampler.beforeApplicationShutdown();
  });
});

/** A list as a cluster writes it. @param items null: as Go writes an empty one */
const listOf = (items: readonly unknown[] | null) =>
  json({ kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items });
/** Of one pod, as metrics-server writes it. @param seconds since the pod started */
const measured = (name: string, seconds: number, window: string | null, containers: unknown) => ({
  metadata: { name, namespace: 'here', creationTimestamp: '2026-01-01T12:00:31Z', labels: { 'job-name': JOB } },
  timestamp: at(seconds).toISOString().replace('.000', ''),
  window,
  containers,
});
const container = (name: string, cpu: string, memory: string) => ({ name, usage: { cpu, memory } });

describe('samples as metrics APIs write them', () => {
  let api: ScriptedApi;
  beforeEach(async () => {
    api = await new ScriptedApi().start();
  });
  afterEach(() => api.stop());

  const setUpAt = () => setUp(30, new ApiKubernetesClient(api.transport('s3cret'), 'here', 'scripted'));

  it('are none where no pod has any, which is no failure', async () => {
    const { sampler, use } = setUpAt();
    api.answer(listOf(null));
    expect(await sampler.sample()).toEqual({ requeueAfter: 30_000 });
    expect(use.size).toBe(0);
    expect(said).toEqual(['What jobs use is sampled from the metrics of the cluster']);
  });

  it('make up what a pod of several containers used, those that come and go as well', async () => {
    const { cluster, sampler, use, pod } = setUpAt();
    cluster.addPod(podThat('Running'));
    const [main, beside] = ['main', 'beside'] as const;
    api.answer(
      listOf([
        measured('of-somebody-else', 15, '15s', [container(main, '8', '8Gi')]),
        measured(POD, 20, '15.052s', [container(main, '12345678n', '512Ki'), container(beside, '500u', '1536Ki')]),
      ]),
      // An adapter of Prometheus: thousandths, and bytes that are no whole number.
      listOf([measured(POD, 50, '5m0s', [container(main, '1250m', '3145728500m'), container(beside, '0', '0')])]),
      listOf([measured(POD, 80, '1m0.5s', [container(main, '2', '4M')])]),
    );
    for (let pass = 0; pass < 3; pass += 1) await sampler.sample();
    cluster.addPod(podThat('Succeeded', { terminated: { exitCode: 0, startedAt: at(0), finishedAt: at(100) } }));
    // For 15.052 s, and each later one since the one before.
    const mean = (values: readonly [number, number, number]) =>
      (values[0] * 15.052 + values[1] * 30 + values[2] * 30) / 75.052;
    expect(use.of(pod())).toEqual({
      cpuSeconds: Math.round(mean([0.012845678, 1.25, 2]) * 100_000) / 1000,
      memoryByteSeconds: Math.round(mean([2_097_152, 3_145_728.5, 4_000_000]) * 100),
      memoryPeakBytes: 4_000_000,
      samples: 3,
    });
  });

  it('that tell nothing of a pod add nothing, and keep nobody from those of others', async () => {
    const { cluster, sampler, use, pod } = setUpAt();
    cluster.addPod(podThat('Running'));
    cluster.addPod({ ...podThat('Running'), metadata: { ...podThat('Running').metadata, name: `${POD}-2` } });
    const other = `${POD}-2`;
    api.answer(
      listOf([
        measured(other, 30, '15s', null),
        { ...measured(other, 30, null, [container('main', '1', '1Mi')]), timestamp: null },
        measured(POD, 30, null, [{ name: 'main', usage: null }, container('beside', '1', '1500m')]),
      ]),
      listOf([measured(POD, 60, '15s', []), measured(other, 60, '15s', [])]),
    );
    for (let pass = 0; pass < 2; pass += 1) await sampler.sample();
    expect(use.size).toBe(1);
    cluster.addPod(podThat('Failed', { terminated: { exitCode: 1, startedAt: at(0), finishedAt: at(40) } }));
    expect(use.of(pod())).toEqual({ cpuSeconds: 40, memoryByteSeconds: 60, memoryPeakBytes: 2, samples: 1 });
  });
});
