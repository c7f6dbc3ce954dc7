import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import { jobCacheOf } from '../jobs/testing/job-cache-of.js';
import { at, JOB_ID } from '../jobs/testing/records.js';
import type { KubernetesFailure } from '../k8s/client/kubernetes-error.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
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
const podThat = (phase: string) => ({
  metadata: { name: POD, uid: 'pod-uid', labels: { 'job-name': JOB } },
  spec: { containers: [{ name: 'main' }] },
  status: {
    phase,
    containerStatuses: [
      { name: 'main', image: '', imageID: '', ready: true, restartCount: 0, state: { running: { startedAt: at(0) } } },
    ],
  },
});

function setUp(measured: number | undefined = 30) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const use = new RunningUse();
  const queues = new WorkQueues();
  const sampler = new UseSampler(
    cache,
    cluster.client,
    use,
    { usage: measured === 0 ? {} : { measured } } as Configuration,
    {} as LeaderElection,
    queues,
  );
  const metrics = { metadata: { name: POD }, timestamp: at(15).toISOString(), window: '15s', containers: [] };
  return { cluster, use, sampler, queues, metrics };
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
