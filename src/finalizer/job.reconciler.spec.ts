import { describe, expect, it } from '@jest/globals';
import { at } from '../jobs/testing/records.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { label, ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { JOB, POD, LOG_KEY, aKubeJob, terminated, aKubePod, setUp, RELEASED } from './testing/finalizer-bed.js';

describe('a job that is removed while it runs', () => {
  it('has the follow of its log open before it is deleted, and all of it stored', async () => {
    const { cluster, store, finalizers, reconcileJob, reconcilePod, follower } = setUp();
    cluster.addJob(aKubeJob({ [ownAnnotation.removed]: at(9).toISOString() }));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }));
    cluster.logs.set(`${POD}/main`, 'all of it\n');
    await reconcileJob();
    expect(cluster.calls).toEqual(['followLog', 'deleteJob']);
    cluster.logs.set(`${POD}/main`, new KubernetesError('not-found', 'removed', 404));
    cluster.addPod(aKubePod('Failed', { main: terminated(143) }, { deletionTimestamp: at(9) }));
    while (follower.session('pod-uid')?.active) await new Promise(setImmediate);
    await reconcilePod();
    expect(store.text(LOG_KEY)).toBe(`Logs of pod '${POD}'\nContainer 'main'\nall of it\n`);
    expect(finalizers()).toEqual(RELEASED);
    expect(follower.session('pod-uid')).toBeUndefined();
  });
});

describe('one whose log cannot be followed now', () => {
  it('is not deleted before it can be', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({ [ownAnnotation.removed]: at(9).toISOString() }));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }));
    cluster.failNext('followLog', new KubernetesError('unavailable', 'kubelet away', 503));
    await expect(reconcileJob()).rejects.toThrow('kubelet away');
    expect(cluster.calls).toEqual(['followLog']);
    await reconcileJob();
    expect(cluster.calls.slice(1)).toEqual(['followLog', 'deleteJob']);
  });
});

describe('one whose node does not know its pod', () => {
  it('is deleted once that is believed', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({ [ownAnnotation.removed]: at(9).toISOString() }));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }));
    for (let refusal = 1; refusal <= 10; refusal += 1) {
      cluster.failNext('followLog', new KubernetesError('not-on-node', 'not here', 404));
      await expect(reconcileJob()).rejects.toThrow('not here');
    }
    expect(cluster.calls).not.toContain('deleteJob');
    cluster.failNext('followLog', new KubernetesError('not-on-node', 'not here', 404));
    await reconcileJob();
    expect(cluster.calls).toContain('deleteJob');
  });
});

describe('a dismissed job', () => {
  const dismissed = { [ownAnnotation.outcome]: JSON.stringify({ status: 'dismissed', finished: at(9).toISOString() }) };
  const spec = { backoffLimit: 0, template: {} };
  const ended = { spec: { ...spec, parallelism: 0 }, status: { conditions: [{ type: 'Failed', status: 'True' }] } };

  it('has the follow of its log open before it is ended, all of it stored, and stays until its time is over', async () => {
    const { cluster, cache, store, finalizers, outcome, reconcileJob, reconcilePod, follower } = setUp();
    cluster.addJob(aKubeJob({ ...dismissed, [ownAnnotation.ttl]: '60' }));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }));
    cluster.logs.set(`${POD}/main`, 'all of it\n');
    await reconcileJob();
    expect(cluster.calls).toEqual(['followLog', 'patchJob']);
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ activeDeadlineSeconds: 1, parallelism: 0 });
    await reconcileJob();
    expect(cluster.calls).toEqual(['followLog', 'patchJob']);
    cluster.logs.set(`${POD}/main`, new KubernetesError('not-found', 'removed', 404));
    cluster.addPod(aKubePod('Failed', { main: terminated(143) }, { deletionTimestamp: at(9) }));
    while (follower.session('pod-uid')?.active) await new Promise(setImmediate);
    await reconcilePod();
    expect(store.text(LOG_KEY)).toBe(`Logs of pod '${POD}'\nContainer 'main'\nall of it\n`);
    expect([finalizers(), outcome()]).toEqual([RELEASED, { status: 'dismissed', finished: at(9).toISOString() }]);
    expect(cache.jobs.get(JOB)).toMatchObject({ collection: 'done', logKey: LOG_KEY, ttlInForce: 60 });
    expect(cluster.calls).not.toContain('deleteJob');
  });

  it('is not ended before its log can be followed', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob(dismissed));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }));
    cluster.failNext('followLog', new KubernetesError('unavailable', 'kubelet away', 503));
    await expect(reconcileJob()).rejects.toThrow('kubelet away');
    expect(cluster.calls).toEqual(['followLog']);
  });

  it('has its log kept as its own, and no further attempt, where it may be tried again', async () => {
    const { cluster, cache, reconcileJob, reconcilePod } = setUp();
    cluster.addJob(aKubeJob(dismissed, { spec: { ...spec, backoffLimit: 3 } }));
    await reconcileJob();
    cluster.addPod(aKubePod('Failed', { main: terminated(143) }, { deletionTimestamp: at(9) }));
    await reconcilePod();
    expect(cache.jobs.get(JOB)).toMatchObject({ stopped: true, attempts: [], logKey: LOG_KEY, collection: 'done' });
  });

  it.each([
    ['suspended, whatever suspended it then', at(9), []],
    ['suspended before', at(12), [expect.objectContaining({ uncounted: true })]],
  ])('counts a run as ended by the dismissal that was not %s', async (_, finished, attempts) => {
    const { cluster, cache, reconcilePod } = setUp();
    const outcome = JSON.stringify({
      status: 'dismissed',
      started: at(5).toISOString(),
      finished: finished.toISOString(),
    });
    const suspended = { ...spec, parallelism: 0, suspend: true };
    cluster.addJob(aKubeJob({ [ownAnnotation.outcome]: outcome }, { spec: suspended, status: {} }));
    const end = { terminated: { exitCode: 143, containerID: 'containerd://1', startedAt: at(5), finishedAt: at(9) } };
    cluster.addPod(aKubePod('Failed', { main: end }, { deletionTimestamp: at(9), finalizers: [POD_FINALIZER] }));
    await reconcilePod();
    expect(cache.jobs.get(JOB)?.attempts).toEqual(attempts);
  });

  it('without a pod is done once Kubernetes has ended it; the log of its last attempt is its log', async () => {
    const { cluster, cache, reconcileJob } = setUp();
    const cause = { type: 'non-zero-exit', message: 'x' };
    const attempt = { pod: 'p', uid: 'u', finished: at(5).toISOString(), cause, logKey: 'logs/a' };
    const attempts = JSON.stringify({ attempts: [{ ...attempt, logKey: LOG_KEY }] });
    cluster.addJob(aKubeJob({ ...dismissed, [ownAnnotation.attempts]: attempts }, ended));
    await reconcileJob();
    expect(cache.jobs.get(JOB)).toMatchObject({ collection: 'done', logKey: LOG_KEY });
  });

  it('is done, and removed when its time is over, where a queue keeps it suspended', async () => {
    const { cluster, cache, reconcileJob } = setUp();
    const kubeJob = aKubeJob({ ...dismissed, [ownAnnotation.ttl]: '60' }, { spec: { ...spec, suspend: true } });
    cluster.addJob({ ...kubeJob, metadata: { ...kubeJob.metadata, labels: { [label.queueName]: 'batch' } } });
    await reconcileJob();
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ parallelism: 0, suspend: true });
    await reconcileJob();
    expect(cache.jobs.get(JOB)).toMatchObject({ collection: 'done', ttlInForce: 60 });
    expect(await reconcileJob(at(10))).toEqual({ requeueAfter: 59_000 });
    await reconcileJob(at(69));
    expect(cluster.calls.at(-1)).toBe('deleteJob');
  });

  it('is ended where nobody collects it, too', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({ ...dismissed, [ownAnnotation.collection]: '' }));
    await reconcileJob();
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ parallelism: 0 });
  });
});

describe('a job that does not start', () => {
  const waiting = { main: { waiting: { reason: 'ErrImagePull', message: 'not found' } } };

  it('is looked at again when its time is over', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Pending', waiting));
    expect(await reconcileJob(at(20))).toEqual({ requeueAfter: 40_000 });
  });

  it('fails with the cause, which is recorded in the same write that ends it', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Pending', waiting));
    await reconcileJob(at(60));
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'image-pull-failed', container: 'main' } });
    expect(cluster.kubeJobs.get(JOB)?.spec?.activeDeadlineSeconds).toBe(1);
    expect(cluster.calls).toEqual(['listPodsOfJob', 'patchJob']);
  });

  it('is not failed while it is suspended, and has its time from when it was resumed', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const spec = { backoffLimit: 0, template: {} };
    cluster.addJob(aKubeJob({}, { spec: { ...spec, suspend: true } }));
    expect(await reconcileJob(at(500))).toBeUndefined();
    const conditions = [{ type: 'Suspended', status: 'False', lastTransitionTime: at(500) }];
    cluster.addJob(aKubeJob({}, { spec, status: { conditions } }));
    expect(await reconcileJob(at(510))).toEqual({ requeueAfter: 50_000 });
    await reconcileJob(at(560));
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'not-started' } });
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ activeDeadlineSeconds: 1, parallelism: 0 });
  });

  it('has its time from when it was seen resumed, where its status does not say so (Kubernetes 1.34)', async () => {
    const { cluster, jobs, reconcileJob } = setUp();
    const conditions = [{ type: 'Suspended', status: 'True', lastTransitionTime: at(1) }];
    cluster.addJob(aKubeJob({}, { status: { startTime: at(0), conditions } }));
    expect(await reconcileJob(at(700))).toEqual({ requeueAfter: 60_000 });
    expect(await reconcileJob(at(720))).toEqual({ requeueAfter: 40_000 });
    // Another may have led meanwhile, and seen it suspended and resumed once more.
    jobs.forget();
    expect(await reconcileJob(at(790))).toEqual({ requeueAfter: 60_000 });
  });

  it('is not failed where its pod runs, which is not known yet', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(59) } } }), false);
    expect(await reconcileJob(at(60))).toBeUndefined();
    expect(outcome()).toBeNull();
  });

  it('is not failed when it changes in the same moment', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob());
    cluster.addPod(aKubePod('Pending', waiting));
    const current = cluster.kubeJobs.get(JOB);
    cluster.kubeJobs.set(JOB, { ...current, metadata: { ...current?.metadata, resourceVersion: '99' } });
    await expect(reconcileJob(at(60))).rejects.toThrow('modified');
    expect(outcome()).toBeNull();
  });

  it('waits on where it has no deadline', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const job = aKubeJob();
    delete job.metadata?.annotations?.[ownAnnotation.startDeadline];
    cluster.addJob(job);
    cluster.addPod(aKubePod('Pending', waiting));
    expect(await reconcileJob(at(1_000_000))).toBeUndefined();
    expect(outcome()).toBeNull();
  });

  it('is given its time again after each init container', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob());
    const pod = aKubePod('Pending', waiting);
    if (pod.spec) pod.spec.initContainers = [{ name: 'fetch', image: 'busybox' }];
    if (pod.status) {
      pod.status.initContainerStatuses = [
        {
          name: 'fetch',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { terminated: { exitCode: 0, containerID: 'x', startedAt: at(2), finishedAt: at(50) } },
        },
      ];
    }
    cluster.addPod(pod);
    expect(await reconcileJob(at(60))).toEqual({ requeueAfter: 50_000 });
  });

  it('is given its time again with each attempt, from when the Job controller may make its pod', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const cause = { type: 'evicted', message: 'x' };
    const attempt = { pod: POD, uid: 'pod-uid', finished: at(40).toISOString(), cause, logKey: LOG_KEY };
    cluster.addJob(aKubeJob({ [ownAnnotation.attempts]: JSON.stringify({ attempts: [attempt] }) }));
    cluster.addPod(aKubePod('Failed', { main: terminated(143) }));
    expect(await reconcileJob(at(70))).toEqual({ requeueAfter: 40_000 });
    cluster.addPod(aKubePod('Pending', waiting, { name: 'second', uid: 'second', creationTimestamp: at(55) }));
    expect(await reconcileJob(at(70))).toEqual({ requeueAfter: 45_000 });
    expect(outcome()).toBeNull();
    await reconcileJob(at(115));
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'image-pull-failed' } });
  });
});

describe('a Job that ended without a pod to ask', () => {
  const status = {
    conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: at(7) }],
    completionTime: at(6),
  };

  it('is failed, for nobody has its result', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({}, { status }));
    await reconcileJob();
    expect(outcome()).toMatchObject({
      status: 'failed',
      finished: at(6).toISOString(),
      cause: { type: 'result-lost' },
    });
    await reconcileJob();
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('done');
  });

  it('waits for a pod that is still held', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({}, { status }));
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    await reconcileJob();
    expect(cluster.calls).toEqual([]);
  });

  it('is not judged while a pod is held that the cache does not show yet', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({}, { status }));
    cluster.podObjects.set(POD, aKubePod('Succeeded', { main: terminated(0) }));
    await reconcileJob();
    expect([outcome(), cluster.calls]).toEqual([null, ['listPodsOfJob']]);
  });

  it('is not judged by a cache that is behind', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const recorded = { status: 'successful', finished: at(5).toISOString() };
    cluster.addJob(aKubeJob({}, { status }));
    const kubeJob = aKubeJob({ [ownAnnotation.outcome]: JSON.stringify(recorded) }, { status });
    cluster.kubeJobs.set(JOB, kubeJob);
    await reconcileJob();
    expect(outcome()).toEqual(recorded);
  });
});

describe('a job that waits for ever', () => {
  const annotations = { [ownAnnotation.queueDeadline]: '30' };
  const spec = { backoffLimit: 0, template: {}, suspend: true };
  const conditions = [{ type: 'Suspended', status: 'True', lastTransitionTime: at(10) }];

  it('fails when the time is over that its process lets it wait, and is resumed so that Kubernetes ends it', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    cluster.addJob(aKubeJob(annotations, { spec, status: { conditions } }));
    expect(await reconcileJob(at(20))).toEqual({ requeueAfter: 20_000 });
    await reconcileJob(at(40));
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'not-admitted' } });
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ activeDeadlineSeconds: 1, parallelism: 0, suspend: false });
  });

  it('stays suspended where a queue holds it, and is collected so', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const job = aKubeJob(annotations, { spec, status: { conditions } });
    const labels = { 'kueue.x-k8s.io/queue-name': 'batch' };
    cluster.addJob({ ...job, metadata: { ...job.metadata, labels } });
    await reconcileJob(at(40));
    expect(outcome()).toMatchObject({
      cause: { message: 'The job waited in queue "batch" for more than 30 seconds.' },
    });
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ parallelism: 0, suspend: true });
    await reconcileJob(at(41));
    expect(cluster.annotationsOf(JOB)).toMatchObject({ [ownAnnotation.collection]: 'done' });
  });

  it('has all its time again where it ran: nothing is decided before its suspension is noted, and its pod has ended', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const resumed = [{ type: 'Suspended', status: 'False', lastTransitionTime: at(10) }];
    cluster.addJob(aKubeJob(annotations, { spec, status: { conditions: resumed } }));
    expect(await reconcileJob(at(100))).toEqual({ requeueAfter: 30_000 });
    // As Kubernetes 1.34.1 has it: the first time.
    cluster.addJob(aKubeJob(annotations, { spec, status: { conditions } }));
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(12) } } }));
    expect(await reconcileJob(at(100))).toEqual({ requeueAfter: 30_000 });
    cluster.addPod(aKubePod('Failed', { main: { terminated: { exitCode: 143, finishedAt: at(101) } } }));
    expect(await reconcileJob(at(111))).toEqual({ requeueAfter: 20_000 });
    expect(outcome()).toBeNull();
  });

  it('has it from the end of its last run, whose pod is gone', async () => {
    const { cluster, outcome, reconcileJob } = setUp();
    const attempt = { pod: 'p', uid: 'u', finished: at(101).toISOString(), cause: { type: 'suspended', message: 'm' } };
    const attempts = JSON.stringify({ attempts: [{ ...attempt, uncounted: true, logKey: LOG_KEY }] });
    const noted = { ...annotations, [ownAnnotation.attempts]: attempts };
    cluster.addJob(aKubeJob(noted, { spec, status: { conditions } }));
    expect(await reconcileJob(at(130))).toEqual({ requeueAfter: 1_000 });
    await reconcileJob(at(131));
    expect(outcome()).toMatchObject({ status: 'failed', cause: { type: 'not-admitted' } });
  });

  it('waits on where its process says nothing of it', async () => {
    const { cluster, reconcileJob } = setUp();
    cluster.addJob(aKubeJob({}, { spec, status: { conditions } }));
    expect(await reconcileJob(at(10_000))).toBeUndefined();
    expect(cluster.calls).toEqual([]);
  });
});
