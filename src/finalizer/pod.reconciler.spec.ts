import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { Readable } from 'node:stream';
import { parseAttempts, parseOmittedAttempts } from '../jobs/model/annotations/job-annotations.js';
import { jobStatus } from '../jobs/model/job-status.js';
import { at } from '../jobs/testing/records.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { label, ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import {
  JOB,
  POD,
  LOG_KEY,
  RESULT,
  aKubeJob,
  terminated,
  aKubePod,
  setUp,
  RELEASED,
  HELD,
} from './testing/finalizer-bed.js';

describe('an ended pod', () => {
  it('has its result recorded, its log stored, and is released', async () => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob({ [ownAnnotation.ttl]: '60' }));
    cluster.logs.set(`${POD}/main`, `hello\n${RESULT}  Grüße \n`);
    cluster.logs.set(`${POD}/side`, 'side');
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0), side: terminated(0) }));
    await reconcilePod();
    expect(cluster.annotationsOf(JOB)).toMatchObject({
      'pygeoapi.io/result-mimetype': 'text/plain',
      'pygeoapi.io/result-value': '  Grüße ',
      'processes.pygeoapi.io/collection': 'done',
      'processes.pygeoapi.io/log-key': LOG_KEY,
    });
    expect(outcome()).toEqual({
      status: 'successful',
      started: at(2).toISOString(),
      ran: { node: 'node', images: ['main', 'side'].map((container) => ({ container, image: 'busybox' })) },
      finished: at(5).toISOString(),
    });
    expect(store.text(LOG_KEY)).toBe(
      `Logs of pod '${POD}'\nContainer 'main'\nhello\n${RESULT}  Grüße \nContainer 'side'\nside\n`,
    );
    expect(cluster.kubeJobs.get(JOB)?.spec?.ttlSecondsAfterFinished).toBe(60);
    expect(finalizers()).toEqual(RELEASED);
  });

  it('is left alone once released, and while nothing of it runs', async () => {
    const { cluster, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Pending', { main: { waiting: { reason: 'ContainerCreating' } } }));
    await reconcilePod();
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, { finalizers: RELEASED }));
    await reconcilePod();
    expect(cluster.calls).toEqual([]);
  });

  it('that failed leaves the cause and the last lines of its log', async () => {
    const { cluster, outcome, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n')}\n`);
    cluster.addPod(aKubePod('Failed', { main: terminated(1, 'Error') }));
    await reconcilePod();
    expect(outcome()).toEqual({
      status: 'failed',
      started: at(2).toISOString(),
      ran: { node: 'node', images: [{ container: 'main', image: 'busybox' }] },
      finished: at(5).toISOString(),
      cause: {
        type: 'non-zero-exit',
        message: 'Container "main" ended with exit code 1.',
        container: 'main',
        exitCode: 1,
      },
      logTail: Array.from({ length: 20 }, (_, index) => `line ${index + 10}`).join('\n'),
    });
  });

  it('has its small result recorded while the store is down, and is held until its log is stored', async () => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${RESULT}x`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    store.failure = new ObjectStoreError('unreachable', 'connection refused', true);
    await expect(reconcilePod()).rejects.toThrow('connection refused');
    expect(outcome()).toMatchObject({ status: 'successful' });
    expect(finalizers()).toEqual(HELD);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('pending');
    store.failure = undefined;
    await reconcilePod();
    expect(finalizers()).toEqual(RELEASED);
    expect([...store.objects.keys()]).toEqual([LOG_KEY]);
  });

  it('keeps a large result in the store, with size and digest in the Job', async () => {
    const { cluster, store, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    const result = 'ä'.repeat(300_000);
    cluster.logs.set(`${POD}/main`, `${RESULT}${result}\n`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    await reconcilePod();
    const stored = JSON.parse(cluster.annotationsOf(JOB)[ownAnnotation.result] ?? '{}') as {
      key: string;
      size: number;
      digest: string;
    };
    expect(stored).toMatchObject({ key: `logs/2026-01-01_${JOB}-result`, size: 600_000, mediaType: 'text/plain' });
    expect(stored.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(store.text(stored.key)).toBe(result);
  });

  it('is not successful while its large result cannot be kept', async () => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${RESULT}${'x'.repeat(200_000)}`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    store.failure = new ObjectStoreError(
      'not-configured',
      'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_NAME is not set',
      true,
    );
    await expect(reconcilePod()).rejects.toThrow('BUCKET_NAME');
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
  });

  it('without a configured store keeps up to 128 KiB in the annotation', async () => {
    const { cluster, store, outcome, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${RESULT}${'x'.repeat(100_000)}`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    store.failure = new ObjectStoreError('not-configured', 'no bucket', true);
    await expect(reconcilePod()).rejects.toThrow('no bucket');
    expect(outcome()).toMatchObject({ status: 'successful' });
    expect(cluster.annotationsOf(JOB)['pygeoapi.io/result-value']).toHaveLength(100_000);
  });

  it('without a configured store is held with its log, and goes where somebody deletes it', async () => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    const pod = aKubePod('Succeeded', { main: terminated(0) });
    cluster.addPod(pod);
    store.failure = new ObjectStoreError('not-configured', 'no bucket', true);
    await expect(reconcilePod()).rejects.toThrow('no bucket');
    expect([outcome(), finalizers()]).toEqual([expect.objectContaining({ status: 'successful' }), HELD]);
    cluster.addPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: at(60) } });
    await reconcilePod();
    expect([outcome(), finalizers()]).toEqual([expect.objectContaining({ status: 'successful' }), RELEASED]);
  });

  it('is held where it is deleted while a configured store is down', async () => {
    const { cluster, store, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    const pod = aKubePod('Succeeded', { main: terminated(0) });
    cluster.addPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: at(60) } });
    store.failure = new ObjectStoreError('unreachable', 'connection refused', true);
    await expect(reconcilePod()).rejects.toThrow('connection refused');
    expect(finalizers()).toEqual(HELD);
  });

  it('is tried again while its log cannot be read', async () => {
    const { cluster, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.logs.set(`${POD}/main`, new KubernetesError('unavailable', 'kubelet away', 502));
    await expect(reconcilePod()).rejects.toThrow('kubelet away');
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
  });

  it.each([
    ['its credentials are refused', new KubernetesError('unauthorized', 'who are you', 401)],
    ['it may not read logs', new KubernetesError('forbidden', 'not yours', 403)],
  ])('is held while %s, for that can be mended', async (_, refusal) => {
    const { cluster, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.logs.set(`${POD}/main`, refusal);
    await expect(reconcilePod()).rejects.toThrow(refusal);
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
  });

  describe.each([
    [
      'does not know the pod',
      new KubernetesError('not-on-node', 'GET /x: not here', 404, undefined, { words: 'not here' }),
    ],
    ['has no such container', 'unable to retrieve container logs for containerd://abc'],
  ])('whose node says that it %s', (_, answer) => {
    it('has its log read again, for its kubelet or container runtime may have started just now', async () => {
      const { cluster, store, outcome, finalizers, reconcilePodPatiently } = setUp();
      cluster.addJob(aKubeJob());
      cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
      cluster.logs.set(`${POD}/main`, answer);
      expect(await reconcilePodPatiently()).toEqual({ requeueAfter: 500 });
      expect([outcome(), finalizers(), store.objects.size]).toEqual([null, HELD, 0]);
      cluster.logs.set(`${POD}/main`, `${RESULT}x\n`);
      expect(await reconcilePodPatiently()).toBeUndefined();
      expect([outcome(), finalizers()]).toMatchObject([{ status: 'successful' }, RELEASED]);
    });

    it('is believed in the end', async () => {
      const { cluster, outcome, finalizers, reconcilePodPatiently } = setUp();
      cluster.addJob(aKubeJob());
      cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
      cluster.logs.set(`${POD}/main`, answer);
      const waits: number[] = [];
      for (let result; (result = await reconcilePodPatiently());) waits.push(result.requeueAfter);
      expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(120_000);
      expect([outcome(), finalizers()]).toMatchObject([{ status: 'failed', cause: { type: 'result-lost' } }, RELEASED]);
      expect(JSON.stringify(outcome())).not.toContain('GET /x');
    });
  });

  it.each([
    ['deleted', { deletionTimestamp: at(4) }, {}],
    ['evicted', {}, { reason: 'Evicted' }],
  ])('that was %s has lost its containers, as its node says', async (_, metadata, status) => {
    const { cluster, finalizers, reconcilePodPatiently } = setUp();
    cluster.addJob(aKubeJob());
    const pod = aKubePod('Failed', { main: terminated(1) }, metadata);
    cluster.addPod({ ...pod, status: { ...pod.status, ...status } });
    cluster.logs.set(`${POD}/main`, 'unable to retrieve container logs for containerd://abc');
    expect(await reconcilePodPatiently()).toBeUndefined();
    expect(finalizers()).toEqual(RELEASED);
  });

  it.each([
    ['the API server says so', new KubernetesError('not-found', 'container gone', 404), 'container gone'],
    [
      'the kubelet says so in its place',
      'unable to retrieve container logs for containerd://abc',
      'the container has been removed from its node',
    ],
  ])('whose log is gone for good fails with that reason when %s', async (_name, log, reason) => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.logs.set(`${POD}/main`, log);
    await reconcilePod();
    expect(outcome()).toMatchObject({
      status: 'failed',
      cause: { type: 'result-lost', message: expect.stringContaining(reason) },
    });
    expect(store.text(LOG_KEY)).toContain(`[no log: ${reason}`);
    expect(finalizers()).toEqual(RELEASED);
  });

  it('that another leader has collected while this one was paused keeps what the other has recorded', async () => {
    const { cluster, outcome, finalizers, reconcilePod } = setUp();
    const kubeJob = cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.logs.set(`${POD}/main`, new KubernetesError('not-found', 'the pod is gone', 404));
    const recorded = { status: 'successful', finished: at(5).toISOString() };
    const annotations = { ...kubeJob.metadata?.annotations, [ownAnnotation.outcome]: JSON.stringify(recorded) };
    // Its watch has not told it yet.
    cluster.kubeJobs.set(JOB, { ...kubeJob, metadata: { ...kubeJob.metadata, annotations, resourceVersion: '77' } });
    await reconcilePod();
    expect([outcome(), finalizers()]).toEqual([recorded, RELEASED]);
  });

  it.each([
    ['dismissed', { [ownAnnotation.outcome]: JSON.stringify({ status: 'dismissed', finished: at(4).toISOString() }) }],
    ['removed', { [ownAnnotation.removed]: at(4).toISOString() }],
  ])('of a job that is %s meanwhile leaves no result in the store', async (_, written) => {
    const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
    const kubeJob = cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${RESULT}${'ä'.repeat(300_000)}\n`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    const annotations = { ...kubeJob.metadata?.annotations, ...written };
    cluster.kubeJobs.set(JOB, { ...kubeJob, metadata: { ...kubeJob.metadata, annotations, resourceVersion: '77' } });
    await reconcilePod();
    expect([...store.objects.keys()]).toEqual([LOG_KEY]);
    expect([outcome() ?? 'none', finalizers()]).toEqual([
      ownAnnotation.outcome in written ? { status: 'dismissed', finished: at(4).toISOString() } : 'none',
      RELEASED,
    ]);
  });

  it('has its outcome recorded at once though its Job has changed since the watch told of it', async () => {
    const { cluster, outcome, reconcilePod } = setUp();
    const kubeJob = cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.kubeJobs.set(JOB, { ...kubeJob, metadata: { ...kubeJob.metadata, resourceVersion: '77' } });
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });

  it('has its outcome recorded at once though the status of its Job has changed while its log was read', async () => {
    const { cluster, outcome, reconcilePod } = setUp();
    const kubeJob = cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.before.set('readLog', () => void cluster.addJob({ ...kubeJob, status: { active: 1, ready: 0 } }));
    cluster.failures.set('getJob', 'unavailable');
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });

  it('asks for its Job once where a patch meets another version of it', async () => {
    const { cluster, outcome, reconcilePod } = setUp();
    const kubeJob = cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    const existing = { ...kubeJob, metadata: { ...kubeJob.metadata, resourceVersion: '77' } };
    cluster.kubeJobs.set(JOB, existing);
    cluster.before.set('patchJob', () => {
      throw new KubernetesError('conflict', 'it has been modified', 409).found(existing);
    });
    cluster.failures.set('getJob', 'unavailable');
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });

  it('whose Job is not known yet is collected as any other: watches may be behind each other', async () => {
    const { cluster, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob(), false);
    cluster.logs.set(`${POD}/main`, `${RESULT}x\n`);
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    cluster.failNext('getJob', new KubernetesError('unavailable', 'no answer'));
    await expect(reconcilePod()).rejects.toThrow('no answer');
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
    await reconcilePod();
    expect([outcome(), finalizers()]).toMatchObject([{ status: 'successful' }, RELEASED]);
    expect(cluster.annotationsOf(JOB)).toMatchObject({
      [ownAnnotation.collection]: 'done',
      [ownAnnotation.logKey]: LOG_KEY,
      'pygeoapi.io/result-value': 'x',
    });
  });

  it('whose Job is gone has its log stored and is released', async () => {
    const { cluster, store, finalizers, reconcilePod } = setUp();
    cluster.logs.set(`${POD}/main`, 'x\n');
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    await reconcilePod();
    expect(store.text(LOG_KEY)).toBe(`Logs of pod '${POD}'\nContainer 'main'\nx\n`);
    expect(finalizers()).toEqual(RELEASED);
  });

  it('has its log noted with size and digest', async () => {
    const { cluster, cache, store, reconcilePod } = setUp();
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, 'x\n');
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    await reconcilePod();
    const log = store.text(LOG_KEY) ?? '';
    const digest = createHash('sha256').update(log).digest('hex');
    expect(JSON.parse(cluster.annotationsOf(JOB)[ownAnnotation.log] ?? '')).toEqual({
      size: log.length,
      digest: `sha256:${digest}`,
    });
    expect(store.objects.get(LOG_KEY)?.options.metadata).toMatchObject({ size: String(log.length), sha256: digest });
    expect(cache.jobs.get(JOB)?.logSize).toBe(log.length);
  });

  it.each([0, 10, 40])(
    'whose log and result are left with their first %d bytes by a server that was killed has both written whole again',
    async (bytes) => {
      const { cluster, store, outcome, reconcilePod } = setUp();
      const text = 'x'.repeat(100_000);
      cluster.logs.set(`${POD}/main`, `${RESULT}${text}\n`);
      cluster.addJob(aKubeJob());
      cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
      // The store publishes what has come, and then nobody is there to record anything.
      cluster.before.set('patchJob', () => {
        throw new KubernetesError('unavailable', 'killed');
      });
      await expect(reconcilePod()).rejects.toThrow('killed');
      const keys = [...store.objects.keys()];
      expect(keys).toHaveLength(2);
      const whole = keys.map((key) => store.text(key));
      for (const key of keys) store.cut(key, bytes);
      expect(outcome()).toBeNull();

      await reconcilePod();
      expect(outcome()).toMatchObject({ status: 'successful' });
      expect([...store.objects.keys()]).toEqual(keys);
      expect(keys.map((key) => store.text(key))).toEqual(whole);
    },
  );

  it('never overwrites the log of another pod of its job', async () => {
    const { cluster, store, reconcilePod } = setUp();
    cluster.logs.set(`${POD}/main`, 'x\n');
    for (const uid of ['one', 'two', 'three', 'two']) {
      cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, { uid }));
      await reconcilePod();
      if (uid === 'one') store.cut(LOG_KEY, 5);
    }
    expect(store.text(LOG_KEY)).toHaveLength(5);
    const stem = LOG_KEY.slice(0, -'.txt'.length);
    expect([...store.objects].map(([key, { options }]) => [key, options.metadata?.['pod-uid']])).toEqual([
      [LOG_KEY, 'one'],
      [`${stem}.duplicate.txt`, 'two'],
      [`${stem}.duplicate-2.txt`, 'three'],
    ]);
  });

  it('of an attempt that will be repeated decides nothing', async () => {
    const { cluster, outcome, finalizers, reconcilePod } = setUp();
    cluster.addJob(aKubeJob({}, { spec: { backoffLimit: 2, template: {} } }));
    cluster.addPod(aKubePod('Failed', { main: terminated(1) }));
    await reconcilePod();
    expect([outcome(), finalizers()]).toEqual([null, RELEASED]);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('pending');
  });

  it('of an attempt that is repeated notes it, and takes the job’s end and log from the last', async () => {
    const { cluster, cache, outcome, reconcilePod } = setUp();
    const second = 'second-pod';
    const evicted = aKubePod('Failed', { main: terminated(143) });
    evicted.status!.conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }];
    cluster.addJob(aKubeJob({}, { spec: { backoffLimit: 1, podFailurePolicy: { rules: [] }, template: {} } }));
    cluster.addPod(evicted);
    cluster.logs.set(`${POD}/main`, 'first\n');
    await reconcilePod();
    expect(cache.jobs.get(JOB)?.attempts).toMatchObject([
      { uid: 'pod-uid', cause: { type: 'evicted' }, logKey: LOG_KEY },
    ]);
    expect(jobStatus(cache.jobs.get(JOB)!, []).message).toContain('Attempt 2 of at most 2');

    cluster.addPod(
      aKubePod('Succeeded', { main: terminated(0) }, { name: second, uid: second, creationTimestamp: at(30) }),
    );
    cluster.logs.set(`${second}/main`, `second\n${RESULT}done\n`);
    await reconcilePod(undefined, second);
    expect(outcome()).toMatchObject({ status: 'successful', started: at(2).toISOString() });
    expect(cluster.annotationsOf(JOB)[ownAnnotation.logKey]).toBe(LOG_KEY.replace('.txt', '.duplicate.txt'));
  });

  it('of an attempt that is collected after the last changes neither the outcome nor the log of the job', async () => {
    const { cluster, cache, outcome, reconcilePod } = setUp();
    const second = 'second-pod';
    cluster.addJob(aKubeJob({}, { spec: { backoffLimit: 1, template: {} } }));
    cluster.addPod(aKubePod('Failed', { main: terminated(1) }));
    cluster.addPod(
      aKubePod('Succeeded', { main: terminated(0) }, { name: second, uid: second, creationTimestamp: at(30) }),
    );
    for (const pod of [POD, second]) cluster.logs.set(`${pod}/main`, 'x\n');
    await reconcilePod(undefined, second);
    const logKey = cluster.annotationsOf(JOB)[ownAnnotation.logKey];
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
    expect(cluster.annotationsOf(JOB)[ownAnnotation.logKey]).toBe(logKey);
    expect(cache.jobs.get(JOB)?.attempts).toMatchObject([{ uid: 'pod-uid', cause: { type: 'non-zero-exit' } }]);
  });

  it('of the last attempt fails the job, with its cause and log', async () => {
    const { cluster, outcome, reconcilePod } = setUp();
    cluster.addJob(aKubeJob({}, { spec: { backoffLimit: 3, podFailurePolicy: { rules: [] }, template: {} } }));
    cluster.addPod(aKubePod('Failed', { main: terminated(1) }));
    cluster.logs.set(`${POD}/main`, 'why\n');
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'non-zero-exit' }, logTail: 'why' });
    expect(cluster.annotationsOf(JOB)[ownAnnotation.logKey]).toBe(LOG_KEY);
  });

  it('of the last attempt, where the Job controller gives up while its log is being stored, is the job’s', async () => {
    const { cluster, store, outcome, reconcilePod } = setUp();
    const spec = { backoffLimit: 3, podFailurePolicy: { rules: [] }, template: {} };
    const evicted = aKubePod('Failed', { main: terminated(143) });
    evicted.status!.conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }];
    cluster.addJob(aKubeJob({}, { spec }));
    cluster.addPod(evicted);
    cluster.logs.set(`${POD}/main`, 'why\n');
    store.onCreate = () => {
      const conditions = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }];
      cluster.addJob(aKubeJob({}, { spec, status: { conditions } }));
    };
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'evicted' } });
    expect(cluster.annotationsOf(JOB)).toMatchObject({
      [ownAnnotation.logKey]: LOG_KEY,
      [ownAnnotation.collection]: 'done',
    });
  });

  it('of an attempt that was asked to end is its success where its phase says so', async () => {
    const { cluster, follower, outcome, finalizers, reconcilePod } = setUp();
    const asked = (phase: string) => {
      const pod = aKubePod(phase, { main: terminated(0) }, { deletionTimestamp: at(4) });
      pod.status!.conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }];
      return pod;
    };
    cluster.addJob(aKubeJob({}, { spec: { backoffLimit: 1, podFailurePolicy: { rules: [] }, template: {} } }));
    cluster.logs.set(`${POD}/main`, `${RESULT}done\n`);
    cluster.addPod(asked('Running'));
    await reconcilePod();
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
    while (follower.session('pod-uid')?.active) await new Promise(setImmediate);
    cluster.addPod(asked('Succeeded'));
    await reconcilePod();
    expect([outcome(), finalizers()]).toMatchObject([{ status: 'successful' }, RELEASED]);
    expect(cluster.annotationsOf(JOB)).not.toHaveProperty(ownAnnotation.attempts);
  });

  describe('beside another of its job', () => {
    const other = { name: `${JOB}-other`, uid: 'other-uid' };
    const spare = () =>
      aKubePod('Failed', { main: terminated(143) }, { deletionTimestamp: at(4), finalizers: [POD_FINALIZER] });
    const aBed = (rest: Partial<V1Job> = {}, annotations: Record<string, string> = {}) => {
      const bed = setUp();
      bed.cluster.addJob(aKubeJob(annotations, rest));
      bed.cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }, other));
      bed.cluster.logs.set(`${POD}/main`, 'working\n');
      bed.cluster.addPod(spare());
      return bed;
    };

    it('that was one too many decides nothing: its log is stored, and it is released', async () => {
      const { cluster, store, outcome, finalizers, reconcilePod } = aBed();
      await reconcilePod();
      expect([outcome(), finalizers()]).toEqual([null, []]);
      expect(store.text(LOG_KEY)).toContain('working');
      expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('pending');
    });

    describe('of a Job that was suspended', () => {
      const suspended = { spec: { backoffLimit: 0, template: {}, suspend: true }, status: {} };
      const resumed = { type: 'Suspended', status: 'False', lastTransitionTime: at(6) };
      const attemptsOf = (annotations: Readonly<Record<string, string>>) =>
        parseAttempts(annotations[ownAnnotation.attempts]).map(({ uid, cause }) => [uid, cause.type]);
      const takenAway = (phase: string, exitCode: number) =>
        aKubePod(phase, { main: terminated(exitCode) }, { deletionTimestamp: at(4), finalizers: [POD_FINALIZER] });

      it.each([
        ['failed', 'Failed', 143],
        ['succeeded', 'Succeeded', 0],
        ['has no phase yet', 'Running', 0],
      ])('and that %s decides nothing: it is noted with its log, and released', async (_, phase, exitCode) => {
        const { cluster, store, outcome, finalizers, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({}, suspended));
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(takenAway(phase, exitCode));
        await reconcilePod();
        expect([outcome(), finalizers()]).toEqual([null, []]);
        expect(attemptsOf(cluster.annotationsOf(JOB))).toEqual([['pod-uid', 'suspended']]);
        expect(store.text(LOG_KEY)).toContain('working');
        expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('pending');
      });

      it('is noted where the run that counts has begun since', async () => {
        const { cluster, outcome, finalizers, reconcilePod } = aBed({ status: { conditions: [resumed] } });
        await reconcilePod();
        expect([outcome(), finalizers()]).toEqual([null, []]);
        expect(attemptsOf(cluster.annotationsOf(JOB))).toEqual([['pod-uid', 'suspended']]);
      });

      it('is noted where the run that counts began in the second in which it ended, and has its outcome already', async () => {
        const recorded = { status: 'successful', started: at(5).toISOString(), finished: at(9).toISOString() };
        const annotations = {
          [ownAnnotation.outcome]: JSON.stringify(recorded),
          [ownAnnotation.collection]: 'done',
          [ownAnnotation.logKey]: 'the log of the last run',
        };
        const { cluster, outcome, finalizers, reconcilePod } = aBed({ status: { conditions: [resumed] } }, annotations);
        await reconcilePod();
        expect([outcome(), finalizers()]).toEqual([recorded, []]);
        expect(attemptsOf(cluster.annotationsOf(JOB))).toEqual([['pod-uid', 'suspended']]);
        expect(cluster.annotationsOf(JOB)).toMatchObject(annotations);
      });

      it('is noted where the pod of the run that counts was made in the same second', async () => {
        const { cluster, outcome, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({}, { ...suspended, status: { succeeded: 1, conditions: [resumed] } }));
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, { ...other, finalizers: [POD_FINALIZER] }));
        cluster.addPod(takenAway('Succeeded', 0));
        await reconcilePod();
        expect(outcome()).toBeNull();
        expect(attemptsOf(cluster.annotationsOf(JOB))).toEqual([['pod-uid', 'suspended']]);
      });

      it('decides where Kubernetes has counted it', async () => {
        const { cluster, outcome, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({}, { ...suspended, status: { succeeded: 1, conditions: [resumed] } }));
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(takenAway('Succeeded', 0));
        await reconcilePod();
        expect(outcome()).toMatchObject({ status: 'successful' });
      });

      it('is waited for while it is not known whether Kubernetes counts it', async () => {
        const { cluster, outcome, finalizers, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({}, suspended));
        cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
        expect(await reconcilePod()).toEqual({ requeueAfter: expect.any(Number) });
        expect([outcome(), finalizers()]).toEqual([null, HELD]);
      });

      it('is the twenty-first whose log is kept, and the first is removed, once that can be, which is counted', async () => {
        const attempts = Array.from({ length: 20 }, (_, index) => ({
          pod: `p${index}`,
          uid: `u${index}`,
          finished: at(-100 + index).toISOString(),
          cause: { type: 'preempted', message: 'x' },
          uncounted: true,
          logKey: `${LOG_KEY}.duplicate-${index}.txt`,
        }));
        const noted = JSON.stringify({ attempts, omitted: 4 });
        const { cluster, store, finalizers, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({ [ownAnnotation.attempts]: noted }, suspended));
        await store.port.create(attempts[0]?.logKey ?? '', () => Readable.from(['the oldest']), {
          contentType: 'text/plain',
          size: 10,
        });
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(takenAway('Failed', 143));
        const { remove } = store.port;
        store.port.remove = () => Promise.reject(new ObjectStoreError('unreachable', 'no answer', true));
        await expect(reconcilePod()).rejects.toThrow('no answer');
        expect(finalizers()).toEqual([POD_FINALIZER]);
        store.port.remove = remove;
        await reconcilePod();
        const text = cluster.annotationsOf(JOB)[ownAnnotation.attempts];
        expect(parseAttempts(text).map(({ uid }) => uid)).toEqual([
          ...attempts.slice(1).map(({ uid }) => uid),
          'pod-uid',
        ]);
        expect(parseOmittedAttempts(text)).toBe(5);
        expect([...store.objects.keys()]).toEqual([LOG_KEY]);
        expect(finalizers()).toEqual([]);
      });

      it('is waited for until Kubernetes has counted it where its queue may suspend it in this moment', async () => {
        const { cluster, outcome, finalizers, reconcilePod } = setUp();
        const inQueue = aKubeJob();
        cluster.addJob({ ...inQueue, metadata: { ...inQueue.metadata, labels: { [label.queueName]: 'batch' } } });
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
        expect(await reconcilePod()).toEqual({ requeueAfter: expect.any(Number) });
        expect([outcome(), finalizers()]).toEqual([null, HELD]);
        cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, { finalizers: [POD_FINALIZER] }));
        await reconcilePod();
        expect([outcome(), finalizers()]).toEqual([expect.objectContaining({ status: 'successful' }), []]);
      });

      it('and ran again after it had decided leaves the log alone that is the job’s', async () => {
        const recorded = { status: 'successful', started: at(1).toISOString(), finished: at(2).toISOString() };
        const annotations = {
          [ownAnnotation.outcome]: JSON.stringify(recorded),
          [ownAnnotation.collection]: 'done',
          [ownAnnotation.logKey]: `logs/2025-12-31_${JOB}-logs.txt`,
        };
        const { cluster, finalizers, reconcilePod } = setUp();
        cluster.addJob(aKubeJob(annotations, { ...suspended, status: { succeeded: 1, conditions: [resumed] } }));
        cluster.logs.set(`${POD}/main`, 'working\n');
        cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, { finalizers: [POD_FINALIZER] }));
        await reconcilePod();
        expect(cluster.annotationsOf(JOB)).toMatchObject(annotations);
        expect(finalizers()).toEqual([]);
      });

      it('is only released where nothing has run in it', async () => {
        const { cluster, finalizers, reconcilePod } = setUp();
        cluster.addJob(aKubeJob({}, suspended));
        const waiting = { main: { waiting: { reason: 'ContainerCreating' } } };
        const pod = aKubePod('Pending', waiting, { deletionTimestamp: at(4), finalizers: [POD_FINALIZER] });
        cluster.addPod({ ...pod, spec: { containers: pod.spec?.containers ?? [] } } satisfies V1Pod);
        await reconcilePod();
        expect(finalizers()).toEqual([]);
        expect(attemptsOf(cluster.annotationsOf(JOB))).toEqual([]);
      });
    });

    it('that was one too many leaves alone what that one has recorded', async () => {
      const recorded = { status: 'successful', finished: at(5).toISOString() };
      const annotations = {
        [ownAnnotation.outcome]: JSON.stringify(recorded),
        [ownAnnotation.collection]: 'done',
        [ownAnnotation.logKey]: 'the log of the other',
      };
      const { cluster, outcome, finalizers, reconcilePod } = aBed({}, annotations);
      await reconcilePod();
      expect([outcome(), finalizers()]).toEqual([recorded, []]);
      expect(cluster.annotationsOf(JOB)).toMatchObject(annotations);
    });

    it('that was deleted by somebody fails the job, which Kubernetes says before it is done with the pod', async () => {
      const { cluster, outcome, finalizers, reconcilePod } = aBed();
      const conditions = [{ type: 'FailureTarget', status: 'True', reason: 'BackoffLimitExceeded' }];
      // The watch of Jobs has not told it yet.
      cluster.kubeJobs.set(JOB, { ...cluster.kubeJobs.get(JOB), status: { conditions } });
      await reconcilePod();
      expect([outcome(), finalizers()]).toEqual([
        expect.objectContaining({ status: 'failed', cause: expect.objectContaining({ type: 'pod-deleted' }) }),
        [],
      ]);
    });
  });
});
