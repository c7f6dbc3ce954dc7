import { describe, expect, it } from '@jest/globals';
import type { V1ContainerStatus } from '@kubernetes/client-node';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { LogIncompleteError, NotAvailableError } from '../../ogc/domain-errors.js';
import { configuration, jobCacheOf } from '../testing/job-cache-of.js';
import type { LogPart } from './log-parts.js';
import { JobLogs } from './job-logs.js';
import type { JobRecord } from '../model/job-record.js';
import type { ReadLogOptions } from '../../k8s/client/kubernetes-client.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { FakeStore } from '../testing/fake-store.js';
import { at, JOB_ID } from '../testing/records.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
/** Of another day than where a log is looked for. */
const KEPT = `logs/2025-12-01_${NAME}-logs.txt`;

async function read(
  annotations: Record<string, string>,
  objects: Record<string, string>,
  attempt?: number,
  part: LogPart = {},
): Promise<string> {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  for (const [key, log] of Object.entries(objects)) {
    await store.port.create(key, () => Readable.from([Buffer.from(log)]), {
      contentType: 'text/plain',
      size: log.length,
    });
  }
  const cache = jobCacheOf(cluster);
  cluster.addJob({
    metadata: { name: NAME, creationTimestamp: at(0), annotations },
    status: { conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: at(5) }], completionTime: at(5) },
  });
  const [job] = cache.list();
  if (!job) throw new Error('no job');
  const logs = new JobLogs(cache, cluster.client, store.port, configuration);
  const { signal } = new AbortController();
  return text(
    await (attempt === undefined ? logs.read(job, false, signal, part) : logs.readAttempt(job, attempt, false, signal)),
  );
}

describe('the log of a job whose pod is gone', () => {
  it('is where the finalizer has noted', async () => {
    expect(await read({ 'processes.pygeoapi.io/log-key': KEPT }, { [KEPT]: 'x' })).toBe('x');
  });

  it.each(['2026-01-01', '2026-01-02'])('is looked for where the predecessor put it: %s', async (day) => {
    expect(await read({}, { [`logs/${day}_${NAME}-logs.txt`]: 'of the predecessor' })).toBe('of the predecessor');
  });

  it('is, in part, what is wanted of it', async () => {
    const log = "Logs of pod 'p'\nInit Container 'first'\na\nb\nContainer 'main'\n1\n2\n";
    const part = async (wanted: LogPart) =>
      read({ 'processes.pygeoapi.io/log-key': KEPT }, { [KEPT]: log }, undefined, wanted);
    expect(await part({ container: 'main' })).toBe("Container 'main'\n1\n2\n");
    expect(await part({ tail: 1 })).toBe("Logs of pod 'p'\nInit Container 'first'\nb\nContainer 'main'\n2\n");
    await expect(part({ container: 'other' })).rejects.toThrow('has no container "other"');
  });

  it('that was not kept is said to be gone', async () => {
    await expect(read({}, {})).rejects.toThrow(NotAvailableError);
    await expect(read({ 'processes.pygeoapi.io/log-key': KEPT }, {})).rejects.toThrow(
      `no longer in the object store (key ${KEPT})`,
    );
  });
});

describe('the log of a job that is over before the watch has told of its pod', () => {
  it('is that of the pod which the API server has', async () => {
    const cluster = new FakeCluster();
    const cache = jobCacheOf(cluster);
    const condition = { type: 'Complete', status: 'True', lastTransitionTime: at(5) };
    cluster.addJob({
      metadata: { name: NAME, uid: 'job-uid', creationTimestamp: at(0) },
      status: { conditions: [condition] },
    });
    const terminated = { exitCode: 0, containerID: 'c', startedAt: at(2), finishedAt: at(4) };
    const owner = { apiVersion: 'batch/v1', kind: 'Job', controller: true };
    cluster.client.listPodsOfJob = async (name) => [
      {
        metadata: { name: `${name}-abcde`, uid: 'pod-uid', ownerReferences: [{ ...owner, name, uid: 'job-uid' }] },
        spec: { containers: [{ name: 'main' }] },
        status: {
          phase: 'Succeeded',
          containerStatuses: [
            { name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated } },
          ],
        },
      },
    ];
    cluster.client.readLog = async () => Readable.from([Buffer.from('said\n')]);
    const logs = new JobLogs(cache, cluster.client, new FakeStore().port, configuration);
    const log = await logs.read(cache.list()[0] as JobRecord, false, new AbortController().signal);
    expect(await text(log)).toBe(`Logs of pod '${NAME}-abcde'\nContainer 'main'\nsaid\n`);
  });
});

describe('the log of a job that is not whole in the object store', () => {
  const noted = (size: number) => ({
    'processes.pygeoapi.io/log-key': KEPT,
    'processes.pygeoapi.io/log': JSON.stringify({ size, digest: 'sha256:x' }),
  });

  it('is an error that says so, not a shorter log', async () => {
    await expect(read(noted(9), { [KEPT]: 'the w' })).rejects.toThrow(LogIncompleteError);
    await expect(read(noted(9), { [KEPT]: 'the w' })).rejects.toThrow(
      `is not whole: of its 9 bytes 5 are in the object store (key ${KEPT})`,
    );
    expect(await read(noted(9), { [KEPT]: 'the whole' })).toBe('the whole');
  });

  it('is one of an attempt, too', async () => {
    const attempt = {
      pod: 'p',
      uid: 'u',
      finished: at(5).toISOString(),
      cause: { type: 'evicted', message: 'm' },
      logKey: KEPT,
      logSize: 9,
    };
    const attempts = { 'processes.pygeoapi.io/attempts': JSON.stringify({ attempts: [attempt] }) };
    await expect(read(attempts, { [KEPT]: 'the w' }, 1)).rejects.toThrow(
      /The log of attempt 1 .* of its 9 bytes 5 are/,
    );
    expect(await read(attempts, { [KEPT]: 'the whole' }, 1)).toBe('the whole');
  });
});

describe('the log of a pod that is being deleted', () => {
  it('is the collected one, which is waited for: the container’s own has gone', async () => {
    const cluster = new FakeCluster();
    const store = new FakeStore();
    const cache = jobCacheOf(cluster);
    const collected = (annotations: Record<string, string>) =>
      cluster.addJob({ metadata: { name: NAME, creationTimestamp: at(0), annotations } });
    collected({ 'processes.pygeoapi.io/collection': 'pending' });
    cluster.addPod({
      metadata: {
        name: `${NAME}-abcde`,
        uid: 'pod-uid',
        creationTimestamp: at(1),
        deletionTimestamp: at(2),
        finalizers: ['pygeoapi.io/finalizer-log-retrieval'],
        labels: { 'job-name': NAME },
      },
      spec: { nodeName: 'node', containers: [{ name: 'main' }] },
      status: { phase: 'Failed' },
    });
    await store.port.create(KEPT, () => Readable.from([Buffer.from('x')]), { contentType: 'text/plain', size: 1 });
    const logs = new JobLogs(cache, cluster.client, store.port, configuration);
    const log = logs.read(cache.list()[0] as JobRecord, false, new AbortController().signal);
    collected({
      'processes.pygeoapi.io/collection': 'done',
      'processes.pygeoapi.io/log-key': KEPT,
    });
    expect(await text(await log)).toBe('x');
    expect(cluster.calls).toEqual([]);
  });
});

describe('the log of a container that runs', () => {
  const podThatRuns = (cluster: FakeCluster, states: Record<string, V1ContainerStatus['state']>, phase = 'Running') =>
    cluster.addPod({
      metadata: { name: `${NAME}-abcde`, uid: 'pod-uid', creationTimestamp: at(1), labels: { 'job-name': NAME } },
      spec: { nodeName: 'node', containers: Object.keys(states).map((name) => ({ name })) },
      status: {
        phase,
        containerStatuses: Object.entries(states).map(([name, state]) => {
          return { name, image: 'x', imageID: '', ready: true, restartCount: 0, state };
        }),
      },
    });
  const [waiting, running] = [{ waiting: { reason: 'ContainerCreating' } }, { running: { startedAt: at(2) } }];
  const terminated = { terminated: { exitCode: 0, containerID: 'c', startedAt: at(2), finishedAt: at(4) } };
  const setUp = (states: Record<string, V1ContainerStatus['state']>) => {
    const cluster = new FakeCluster();
    const cache = jobCacheOf(cluster);
    cluster.addJob({ metadata: { name: NAME, creationTimestamp: at(0) }, spec: { template: {} } });
    podThatRuns(cluster, states);
    const logs = new JobLogs(cache, cluster.client, new FakeStore().port, configuration);
    return { cluster, logs, job: cache.list()[0] as JobRecord, signal: new AbortController().signal };
  };

  it('is read once for all who follow it', async () => {
    const { cluster, logs, job, signal } = setUp({ main: running });
    const log = new PassThrough();
    const opened: ReadLogOptions[] = [];
    cluster.client.readLog = async (_pod, _container, options = {}) => (opened.push(options), log);
    const texts = Promise.all(
      Array.from({ length: 20 }, async () => text(await logs.readAttempt(job, 1, true, signal))),
    );
    // All of them are there before anything is written.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    log.end('working\n');
    expect(new Set(await texts)).toEqual(new Set([`Logs of pod '${NAME}-abcde'\nContainer 'main'\nworking\n`]));
    expect(opened).toMatchObject([{ follow: true }]);
  });

  it.each([
    ['that waits', { main: waiting, beside: waiting }],
    ['that runs', { main: running, beside: waiting }],
    ['beside which another runs', { main: running, beside: running }],
    ['after which another runs', { main: terminated, beside: running }],
    ['after which another waits', { main: terminated, beside: waiting }],
  ])('goes on where it is so far: of one %s', async (_, states) => {
    const { cluster, logs, job, signal } = setUp(states);
    const whole: Record<string, string> = { main: 'one\ntwo', beside: 'three\nfour\n' };
    const soFar: Record<string, number> = { main: states.main === terminated ? 7 : 5, beside: 6 };
    let isOver = false;
    cluster.client.readLog = async (_pod, container, options = {}) => {
      const written = whole[container] ?? '';
      return Readable.from([Buffer.from(isOver || options.follow ? written : written.slice(0, soFar[container]))]);
    };
    const first = await text(await logs.readSoFar(job, 1, signal, {}));
    isOver = true;
    podThatRuns(cluster, { main: terminated, beside: terminated }, 'Succeeded');
    const rest = await text(await logs.readAttempt(job, 1, true, signal, Buffer.byteLength(first)));
    expect(first + rest).toBe(
      `Logs of pod '${NAME}-abcde'\nContainer 'main'\none\ntwo\nContainer 'beside'\nthree\nfour\n`,
    );
  });

  it('is all there is where nobody will follow it: of a job that is over, known before its pod is', async () => {
    const { cluster, logs, job, signal } = setUp({ main: running, beside: running });
    cluster.client.readLog = async (_pod, container) => Readable.from([Buffer.from(`${container}\n`)]);
    logs.isOver = () => true;
    expect(await text(await logs.readSoFar(job, 1, signal, {}))).toBe(
      `Logs of pod '${NAME}-abcde'\nContainer 'main'\nmain\nContainer 'beside'\nbeside\n`,
    );
  });
});
