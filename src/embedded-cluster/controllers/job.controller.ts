import type { EventRecorder } from '../objects/event-recorder.js';
import { backoffDelay, deadlineOf, failureOf, podTally, type Failure, type PodTally } from './job-progress.js';
import {
  copyOf,
  controllerOf,
  type Condition,
  findCondition,
  keyOf,
  partsOf,
  timestamp,
  type Job,
  type JobStatus,
  type Pod,
} from '../objects/kubernetes-object.js';
import { KeyedQueue } from '../objects/keyed-queue.js';
import { generatedName } from '../objects/names.js';
import type { ObjectRegistry } from '../objects/object-registry.js';
import { jobs, pods } from '../objects/resources.js';

/** Keeps an ended pod until it is counted in the Job's status. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
const COMPONENT = { component: 'job-controller' };

/**
 * The Job controller (with the TTL controller): makes a Job's pods, counts those that ended, ends the Job.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 * A pod that ended is counted exactly once, whenever this process dies: its uid is first noted in `uncountedTerminatedPods`, then the pod loses
 * its tracking finalizer, then it is counted.
 */
export class JobController {
  private readonly queue: KeyedQueue;
  /** Keys of pods whose Job is gone: they must not wait to be counted. */
  private readonly orphans: KeyedQueue;
  private readonly podsOfJob = new Map<string, Map<string, Pod>>();
  private readonly unsubscribe: (() => void)[];

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly recorder: EventRecorder,
    onError: (key: string, error: unknown) => void,
    /** Milliseconds before the first failed pod is replaced; doubled with each failure. */
    private readonly backoffBase = 10_000,
  ) {
    const { store } = registry;
    this.queue = new KeyedQueue((key) => this.sync(key), onError);
    this.orphans = new KeyedQueue(
      (key) => this.letGo(key),
      (key, error) => onError(`pod ${partsOf(key).name}`, error),
    );
    for (const pod of store.list(pods)) this.observe(pod, false);
    for (const job of store.list(jobs)) this.queue.add(keyOf(job.metadata));
    this.unsubscribe = [
      store.subscribe(pods, ({ type, object }) => this.observe(object, type === 'DELETED')),
      store.subscribe(jobs, ({ type, object }) => {
        if (type !== 'DELETED') this.queue.add(keyOf(object.metadata));
        else for (const pod of this.podsOf(object.metadata.uid)) this.orphans.add(keyOf(pod.metadata));
      }),
    ];
  }

  stop(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    this.queue.stop();
    this.orphans.stop();
  }

  private observe(pod: Pod, deleted: boolean): void {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'Job') return;
    let known = this.podsOfJob.get(owner.uid);
    if (!known) this.podsOfJob.set(owner.uid, (known = new Map()));
    if (deleted) known.delete(pod.metadata.uid);
    else known.set(pod.metadata.uid, pod);
    if (known.size === 0) this.podsOfJob.delete(owner.uid);
    const job = this.ownerOf(pod);
    if (job) this.queue.add(keyOf(job.metadata));
    else if (!deleted) this.orphans.add(keyOf(pod.metadata));
  }

  private ownerOf(pod: Pod): Job | undefined {
    const owner = controllerOf(pod);
    const job = this.registry.store.get(jobs, pod.metadata.namespace, owner?.name ?? '');
    return job?.metadata.uid === owner?.uid ? job : undefined;
  }

  private letGo(key: string): undefined {
    const { namespace, name } = partsOf(key);
    const pod = this.registry.store.get(pods, namespace, name);
    if (pod && controllerOf(pod)?.kind === 'Job' && !this.ownerOf(pod)) this.release(pod);
  }

  private podsOf(uid: string): Pod[] {
    return [...(this.podsOfJob.get(uid)?.values() ?? [])];
  }

  private sync(key: string): number | undefined {
    const { namespace, name } = partsOf(key);
    const job = this.registry.store.get(jobs, namespace, name);
    if (!job) return undefined;
    const owned = this.podsOf(job.metadata.uid);
    if (findCondition(job.status.conditions, 'Complete') ?? findCondition(job.status.conditions, 'Failed')) {
      for (const pod of owned) this.release(pod);
      return this.expire(job);
    }
    const now = Date.now();
    const isSuspended = job.spec.suspend === true;
    const startTime = job.status.startTime ?? timestamp(new Date(now));
    const tally = podTally(job.spec, job.status, owned, TRACKING_FINALIZER);
    const status: JobStatus = { ...job.status, startTime };
    const failure =
      job.metadata.deletionTimestamp === undefined && !isSuspended ? failureOf(job, startTime, tally, now) : undefined;
    const needed = Math.max(0, (job.spec.completions ?? 1) - tally.succeeded);
    if (needed === 0 && !failure && !findCondition(status.conditions, 'FailureTarget')) {
      addCondition(status, 'SuccessCriteriaMet', {
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      });
    } else if (failure) addCondition(status, 'FailureTarget', failure);

    const ending =
      findCondition(status.conditions, 'SuccessCriteriaMet') ?? findCondition(status.conditions, 'FailureTarget');
    let again: number | undefined;
    if (ending) this.deletePods(job, tally.active);
    else if (isSuspended) this.suspend(job, status, tally.active);
    else if (job.metadata.deletionTimestamp === undefined) {
      if (setSuspended(status, false)) this.recorder.record(job, 'Normal', 'Resumed', 'Job resumed', COMPONENT);
      again = this.createPods(job, startTime, tally, needed, now);
    }
    this.count(job, status);
    return again;
  }

  /**
   * Takes the pods away without counting them; each runs anew when the Job is resumed.
   * https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job
   */
  private suspend(job: Job, status: JobStatus, active: readonly Pod[]): void {
    delete status.startTime;
    this.takeAway(job, active);
    if (setSuspended(status, true)) this.recorder.record(job, 'Normal', 'Suspended', 'Job suspended', COMPONENT);
  }

  /** Makes the missing pods, and takes away those that are too many. @returns milliseconds until the Job has to be looked at again */
  private createPods(job: Job, startTime: string, tally: PodTally, needed: number, now: number): number | undefined {
    const { activeDeadlineSeconds, parallelism = 1 } = job.spec;
    const deadline =
      activeDeadlineSeconds === undefined ? undefined : deadlineOf(startTime, activeDeadlineSeconds) - now;
    const ending = job.spec.podReplacementPolicy === 'Failed' ? tally.terminating : 0;
    const wanted = Math.min(parallelism, needed);
    if (tally.active.length > wanted) this.takeAway(job, tally.active.slice(wanted));
    const missing = wanted - tally.active.length - ending;
    if (missing <= 0) return deadline;
    const wait = backoffDelay(tally, this.backoffBase, now);
    if (wait > 0) return Math.min(wait, deadline ?? Infinity);
    for (let index = 0; index < missing; index++) this.createPod(job);
    return deadline;
  }

  private createPod(job: Job): void {
    const { name, namespace = '', uid } = job.metadata;
    const { metadata, spec } = job.spec.template;
    const pod = this.registry.create(pods, namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: generatedName(`${name}-`),
        generateName: `${name}-`,
        ...(metadata?.labels && { labels: { ...metadata.labels } }),
        ...(metadata?.annotations && { annotations: { ...metadata.annotations } }),
        finalizers: [...(metadata?.finalizers ?? []), TRACKING_FINALIZER],
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: copyOf(spec ?? { containers: [] }),
    });
    this.recorder.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, COMPONENT);
  }

  /** Without counting them. */
  private takeAway(job: Job, active: readonly Pod[]): void {
    for (const pod of active) this.release(pod);
    this.deletePods(job, active);
  }

  private deletePods(job: Job, active: readonly Pod[]): void {
    for (const pod of active) {
      this.registry.delete(pods, pod.metadata.namespace, pod.metadata.name, {
        preconditions: { uid: pod.metadata.uid },
      });
      this.recorder.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, COMPONENT);
    }
  }

  /** Counts the pods that ended, in the three steps, and ends the Job when all its pods have. */
  private count(job: Job, status: JobStatus): void {
    const { uid } = job.metadata;
    const before = podTally(job.spec, status, this.podsOf(uid), TRACKING_FINALIZER);
    setOrDelete(status, 'active', before.active.length);
    Object.assign(status, { ready: before.ready, terminating: before.terminating });
    status.uncountedTerminatedPods = {
      ...(before.uncounted.succeeded.length > 0 && { succeeded: before.uncounted.succeeded }),
      ...(before.uncounted.failed.length > 0 && { failed: before.uncounted.failed }),
    };
    this.write(job, status);
    for (const pod of this.podsOf(uid)) {
      if (before.uncounted.succeeded.includes(pod.metadata.uid) || before.uncounted.failed.includes(pod.metadata.uid))
        this.release(pod);
    }
    for (const pod of before.ignored) this.release(pod);
    setOrDelete(status, 'succeeded', before.succeeded);
    setOrDelete(status, 'failed', before.failed);
    status.uncountedTerminatedPods = {};
    const ended = before.active.length === 0 && before.terminating === 0;
    const [success, failure] = [
      findCondition(status.conditions, 'SuccessCriteriaMet'),
      findCondition(status.conditions, 'FailureTarget'),
    ];
    const target = success ?? failure;
    const ends = ended && target !== undefined && !(success && failure);
    if (ends) {
      addCondition(status, success ? 'Complete' : 'Failed', target);
      if (success) status.completionTime = timestamp();
    }
    this.write(job, status);
    if (!ends) return;
    if (success) this.recorder.record(job, 'Normal', 'Completed', 'Job completed', COMPONENT);
    else this.recorder.record(job, 'Warning', target.reason ?? '', target.message ?? '', COMPONENT);
  }

  private write(job: Job, status: JobStatus): void {
    const { namespace, name } = job.metadata;
    this.registry.update(jobs, namespace, name, (draft) => {
      draft.status = copyOf(status);
    });
  }

  private release(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    const current = this.registry.store.get(pods, namespace, name);
    if (current?.metadata.uid !== uid || !current.metadata.finalizers?.includes(TRACKING_FINALIZER)) return;
    this.registry.update(pods, namespace, name, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((each) => each !== TRACKING_FINALIZER);
    });
  }

  /** `ttlSecondsAfterFinished`. */
  private expire(job: Job): number | undefined {
    const { ttlSecondsAfterFinished } = job.spec;
    const { namespace, name, deletionTimestamp } = job.metadata;
    if (ttlSecondsAfterFinished === undefined || deletionTimestamp !== undefined) return undefined;
    const finished = (job.status.conditions ?? []).find(
      ({ type }) => type === 'Complete' || type === 'Failed',
    )?.lastTransitionTime;
    const left = Date.parse(finished ?? '') + ttlSecondsAfterFinished * 1000 - Date.now();
    if (left > 0) return left;
    this.registry.delete(jobs, namespace, name, { propagationPolicy: 'Foreground' });
    return undefined;
  }
}

function addCondition(
  status: JobStatus,
  type: string,
  { reason, message }: Pick<Failure, 'reason' | 'message'> | { reason?: string; message?: string },
): void {
  if (findCondition(status.conditions, type)) return;
  const time = timestamp();
  status.conditions = [
    ...(status.conditions ?? []),
    { type, status: 'True', lastProbeTime: time, lastTransitionTime: time, reason, message },
  ];
}

/** @returns whether it was otherwise. A Job that was never suspended has no such condition. */
function setSuspended(status: JobStatus, suspended: boolean): boolean {
  const before = status.conditions?.find(({ type }) => type === 'Suspended');
  const value: Condition['status'] = suspended ? 'True' : 'False';
  if ((before?.status ?? 'False') === value) return false;
  const time = timestamp();
  const [reason, message] = suspended ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
  const condition = {
    type: 'Suspended',
    status: value,
    lastProbeTime: time,
    lastTransitionTime: time,
    reason,
    message,
  };
  status.conditions = [...(status.conditions ?? []).filter((each) => each !== before), condition];
  return true;
}

/** The API leaves counts of zero out. */
function setOrDelete(status: JobStatus, field: 'active' | 'succeeded' | 'failed', count: number): void {
  if (count > 0) status[field] = count;
  else delete status[field];
}
