import { describe, expect, it } from '@jest/globals';
import type { V1Job, V1JobSpec, V1JobStatus } from '@kubernetes/client-node';
import { parseAttempts } from '../jobs/model/annotations/job-annotations.js';
import { at } from '../jobs/testing/records.js';
import { ownAnnotation, POD_FINALIZER } from '../k8s/names.js';
import { aKubeJob, aKubePod, HELD, JOB, LOG_KEY, POD, RESULT, setUp, terminated } from './testing/finalizer-bed.js';

const aJob = (spec: Partial<V1JobSpec>, status: V1JobStatus = {}, annotations: Record<string, string> = {}): V1Job =>
  aKubeJob(annotations, { spec: { backoffLimit: 0, template: {}, ...spec }, status });
const resumed = { type: 'Suspended', status: 'False', lastTransitionTime: at(6) };
/** What the Job controller makes of a pod that it takes away, first and then. */
const untracked = { finalizers: [POD_FINALIZER] };
const takenAway = { ...untracked, deletionTimestamp: at(6) };

describe('a run that succeeds in the moment in which its Job is suspended', () => {
  const aBed = () => {
    const bed = setUp();
    const { cluster } = bed;
    cluster.addJob(aKubeJob());
    cluster.logs.set(`${POD}/main`, `${RESULT}done`);
    const addPod = (metadata = {}, told = true) =>
      cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, metadata), told);
    addPod();
    const attempts = () =>
      parseAttempts(cluster.annotationsOf(JOB)[ownAnnotation.attempts]).map(({ uid, cause }) => [uid, cause.type]);
    /** Just before the server records the outcome somebody does this. */
    const meanwhile = (act: () => void) => cluster.before.set('patchJob', act);
    return { ...bed, addPod, attempts, meanwhile };
  };

  it('is its success where that is recorded first, and the Job never runs again', async () => {
    const { cluster, outcome, attempts, addPod, reconcilePod, reconcileJob } = aBed();
    await reconcilePod();
    // As of any other job.
    expect(cluster.calls).toEqual(['readLog', 'readStamp', 'patchJob', 'patchJob', 'removePodFinalizer']);
    const annotations = cluster.annotationsOf(JOB);
    const current = cluster.kubeJobs.get(JOB) ?? {};
    cluster.addJob({ ...current, spec: { backoffLimit: 0, template: {}, suspend: true } });
    addPod(takenAway);
    await reconcilePod();
    await reconcileJob();
    expect([outcome(), attempts()]).toEqual([expect.objectContaining({ status: 'successful' }), []]);
    expect(cluster.annotationsOf(JOB)).toEqual(annotations);
    expect(cluster.kubeJobs.get(JOB)?.spec?.parallelism).toBe(0);
  });

  it('is an attempt with its log where the suspension came first', async () => {
    const { cluster, store, outcome, finalizers, attempts, meanwhile, addPod, reconcilePod } = aBed();
    meanwhile(() => cluster.addJob(aJob({ suspend: true }), false));
    expect(await reconcilePod()).toEqual({ requeueAfter: expect.any(Number) });
    expect([outcome(), finalizers()]).toEqual([null, HELD]);
    addPod(takenAway);
    await reconcilePod();
    expect([outcome(), finalizers(), attempts()]).toEqual([null, [], [['pod-uid', 'suspended']]]);
    expect([...store.objects.keys()]).toEqual([LOG_KEY]);
    expect(cluster.annotationsOf(JOB)[ownAnnotation.collection]).toBe('pending');
  });

  it('is its success where the suspension came first, and it is counted all the same', async () => {
    const { cluster, outcome, finalizers, meanwhile, addPod, reconcilePod } = aBed();
    const counted = { uncountedTerminatedPods: { succeeded: ['pod-uid'] } };
    meanwhile(() => cluster.addJob(aJob({ suspend: true }), false));
    await reconcilePod();
    cluster.addJob(aJob({ suspend: true }, counted));
    addPod(untracked);
    await reconcilePod();
    expect([outcome(), finalizers()]).toEqual([expect.objectContaining({ status: 'successful' }), []]);
  });

  it('is none where its Job was suspended and resumed, and the watch has not told that it was taken away', async () => {
    const { cluster, outcome, finalizers, attempts, meanwhile, addPod, reconcilePod } = aBed();
    meanwhile(() => {
      cluster.addJob(aJob({}, { conditions: [resumed] }), false);
      addPod(takenAway, false);
    });
    expect(await reconcilePod()).toEqual({ requeueAfter: expect.any(Number) });
    expect(outcome()).toBeNull();
    addPod(takenAway);
    await reconcilePod();
    expect([outcome(), finalizers(), attempts()]).toEqual([null, [], [['pod-uid', 'suspended']]]);
  });

  it('is none where its Job was resumed so quickly that its status says nothing of a suspension', async () => {
    const { cluster, outcome, finalizers, attempts, meanwhile, addPod, reconcilePod } = aBed();
    const changed = { metadata: { ...aKubeJob().metadata, generation: 3 } };
    meanwhile(() => {
      cluster.addJob({ ...aJob({}), ...changed }, false);
      addPod(takenAway, false);
    });
    expect(await reconcilePod()).toEqual({ requeueAfter: expect.any(Number) });
    expect(outcome()).toBeNull();
    cluster.addPod(aKubePod('Running', { main: terminated(0) }, takenAway));
    await reconcilePod();
    expect([outcome(), finalizers(), attempts()]).toEqual([null, [], [['pod-uid', 'suspended']]]);
  });

  it('is its success where its Job was suspended and resumed so quickly that it was left alone', async () => {
    const { cluster, outcome, reconcilePod } = aBed();
    cluster.addJob(aJob({}, { conditions: [resumed] }));
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });

  it('is none where the Job controller has let it go without counting it, and is about to delete it', async () => {
    const { cluster, outcome, attempts, addPod, reconcilePod } = aBed();
    cluster.addJob(aJob({ suspend: true }));
    addPod(untracked);
    await reconcilePod();
    expect([outcome(), attempts()]).toEqual([null, [['pod-uid', 'suspended']]]);
  });

  it('is its success, too, where Kubernetes says that it is complete before it is recorded', async () => {
    const { cluster, outcome, meanwhile, reconcilePod } = aBed();
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: at(7) }];
    meanwhile(() => cluster.addJob(aJob({ suspend: true }, { succeeded: 1, conditions }), false));
    await reconcilePod();
    await reconcilePod();
    expect(outcome()).toMatchObject({ status: 'successful' });
  });
});

describe('a Job whose outcome stands, and that is suspended before Kubernetes has counted the run', () => {
  const recorded = (status: string) => ({
    [ownAnnotation.outcome]: JSON.stringify({ status, finished: at(5).toISOString() }),
    [ownAnnotation.collection]: 'done',
  });
  const aBed = (spec: Partial<V1JobSpec>, status: V1JobStatus = {}, outcome = 'successful') => {
    const bed = setUp();
    bed.cluster.addJob(aJob(spec, status, recorded(outcome)));
    return bed;
  };

  it('never runs again, and stays as it is, for Kubernetes would say that it failed', async () => {
    const { cluster, outcome, reconcileJob } = aBed({ suspend: true });
    await reconcileJob();
    expect(cluster.kubeJobs.get(JOB)?.spec).toEqual({ backoffLimit: 0, template: {}, suspend: true, parallelism: 0 });
    expect(outcome()).toMatchObject({ status: 'successful' });
    await reconcileJob();
    expect(cluster.calls).toEqual(['getJob', 'patchJob']);
  });

  it('is ended by Kubernetes where it failed', async () => {
    const { cluster, reconcileJob } = aBed({ suspend: true }, {}, 'failed');
    await reconcileJob();
    expect(cluster.kubeJobs.get(JOB)?.spec).toMatchObject({ activeDeadlineSeconds: 1, parallelism: 0, suspend: false });
  });

  it.each([
    ['noted it', { uncountedTerminatedPods: { succeeded: ['pod-uid'] } }],
    ['counted it', { succeeded: 1 }],
    ['decided', { conditions: [{ type: 'SuccessCriteriaMet', status: 'True' }] }],
  ])('is left alone where Kubernetes has %s', async (_, status) => {
    const { cluster, reconcileJob } = aBed({ suspend: true }, status);
    await reconcileJob();
    expect(cluster.calls).toEqual(['getJob']);
  });

  it('is left alone while the Job controller has not looked at the run', async () => {
    const { cluster, reconcileJob } = aBed({ suspend: true });
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }));
    await reconcileJob();
    expect(cluster.calls).toEqual([]);
  });

  it('has a run that it began when it was resumed taken away', async () => {
    const { cluster, reconcileJob } = aBed({}, { conditions: [resumed] });
    await reconcileJob();
    expect(cluster.calls).toEqual([]);
    cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(7) } } }));
    await reconcileJob();
    expect(cluster.kubeJobs.get(JOB)?.spec?.parallelism).toBe(0);
  });

  it('has the log of the run that decided, though another that followed is collected before it', async () => {
    const { cluster, cache, store, reconcilePod } = setUp();
    const pending = { ...recorded('successful'), [ownAnnotation.collection]: 'pending' };
    cluster.addJob(aJob({ parallelism: 0 }, { conditions: [resumed] }, pending));
    const second = { ...takenAway, name: 'second', uid: 'second', creationTimestamp: at(7), deletionTimestamp: at(8) };
    const ended = { terminated: { exitCode: 143, containerID: 'x', startedAt: at(7), finishedAt: at(8) } };
    cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, takenAway));
    cluster.addPod(aKubePod('Failed', { main: ended }, second));
    cluster.logs.set(`${POD}/main`, 'of the run that decided');
    cluster.logs.set('second/main', 'of another');
    await reconcilePod(at(10), 'second');
    expect(cache.jobs.get(JOB)?.collection).toBe('pending');
    await reconcilePod();
    expect(store.text(cache.jobs.get(JOB)?.logKey ?? '')).toContain('of the run that decided');
  });

  it.each([true, false])(
    'is removed when its time is over, for Kubernetes does not (suspended: %s)',
    async (suspend) => {
      const { cluster, cache, jobs, reconcileJob } = aBed(
        { suspend, parallelism: 0, ttlSecondsAfterFinished: 30 },
        { conditions: [resumed] },
      );
      const job = cache.jobs.get(JOB);
      expect(job && jobs.concerns(job)).toBe(true);
      expect(await reconcileJob(at(10))).toEqual({ requeueAfter: 25_000 });
      await reconcileJob(at(35));
      expect(cluster.calls).toEqual(['deleteJob']);
    },
  );
});
