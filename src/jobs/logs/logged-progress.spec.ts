import { describe, expect, it, test } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { lastProgressIn, LoggedProgress } from './logged-progress.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { at, JOB_ID } from '../testing/records.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
const runningPod: V1Pod = {
  metadata: {
    name: 'pod',
    uid: 'pod-uid',
    creationTimestamp: at(1),
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', controller: true, name: NAME, uid: 'job-uid' }],
  },
  spec: { containers: [{ name: 'main', image: 'i' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      { name: 'main', image: 'i', imageID: '', ready: true, restartCount: 0, state: { running: { startedAt: at(2) } } },
    ],
  },
};

interface Given {
  readonly logsProgress?: boolean;
  readonly annotations?: Record<string, string>;
  readonly pod?: V1Pod;
}

function arrange({ logsProgress = true, annotations = {}, pod = runningPod }: Given = {}) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const processes = { find: () => ({ logsProgress }) } as unknown as ProcessRegistry;
  const progress = new LoggedProgress(cache, cluster.client, processes);
  cluster.addJob({
    metadata: {
      name: NAME,
      creationTimestamp: at(0),
      annotations: { 'processes.pygeoapi.io/main-container': 'main', ...annotations },
    },
  });
  cluster.addPod(pod);
  const status = async () => {
    const [job] = cache.list();
    if (!job) throw new Error('no job');
    const { status: code, progress: percent, message } = await progress.addTo(cache.statusOf(job), job);
    return [code, percent, message];
  };
  const reads = () => cluster.calls.filter((call) => call === 'readLog').length;
  return { cluster, status, reads };
}

describe('the progress that a job prints', () => {
  it('stands in its status while it runs, with its message', async () => {
    const { cluster, status } = arrange();
    cluster.logs.set('pod/main', 'begun\nPYGEOAPI_K8S_MANAGER_PROGRESS 42 3 of 7 tiles\nmore\n');
    expect(await status()).toEqual(['running', 42, '3 of 7 tiles']);
  });

  it('is read once for all who ask at one time', async () => {
    const { cluster, status, reads } = arrange();
    cluster.logs.set('pod/main', 'PYGEOAPI_K8S_MANAGER_PROGRESS 5\n');
    const answers = await Promise.all([status(), status()]);
    expect([...answers, await status()]).toEqual(Array(3).fill(['running', 5, 'The job is running.']));
    expect(reads()).toBe(1);
  });

  it('is not looked for where the job annotates it, or its process does not print it', async () => {
    const annotated = arrange({ annotations: { 'pygeoapi.io/progress': '7' } });
    expect(await annotated.status()).toEqual(['running', 7, 'The job is running.']);
    const silent = arrange({ logsProgress: false });
    expect(await silent.status()).toEqual(['running', undefined, 'The job is running.']);
    expect([annotated.reads(), silent.reads()]).toEqual([0, 0]);
  });

  it('is not looked for before the container runs', async () => {
    const { status, reads } = arrange({ pod: { ...runningPod, status: { phase: 'Pending' } } });
    expect([(await status())[0], reads()]).toEqual(['accepted', 0]);
  });

  it('is left out where the log cannot be read', async () => {
    const { cluster, status } = arrange();
    cluster.failNext('readLog', new KubernetesError('unavailable', 'no answer'));
    expect(await status()).toEqual(['running', undefined, 'The job is running.']);
  });
});

describe('the newest progress marker of a log', () => {
  const M = 'PYGEOAPI_K8S_MANAGER_PROGRESS';
  test.each([
    ['nothing', undefined],
    [`${M} 10\n${M} 20 b\n${M}\n${M} soon`, { progress: 20, message: 'b' }],
    [`[INFO] ${M} 33.4 a third\r\n`, { progress: 33, message: 'a third' }],
    [`${M} 250`, { progress: 100 }],
    [`${M}\t1\t\u001b[31mred\u0007`, { progress: 1, message: '[31mred' }],
    [`${M}_OTHER 4`, undefined],
    [`${M} 1 ${'x'.repeat(600)}`, { progress: 1, message: 'x'.repeat(500) }],
  ])('%j', (log, found) => {
    expect(lastProgressIn(log)).toEqual(found);
  });
});
