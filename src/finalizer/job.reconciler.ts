import { Injectable } from '@nestjs/common';
import { causeOfFailedJob, causeOfFailedPod, causeOfMissedQueue, causeOfMissedStart } from '../jobs/model/job-cause.js';
import { attemptDue, beginningOf } from '../jobs/model/job-attempts.js';
import { isToBeEnded } from '../jobs/model/dismissal.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobCause, JobOutcome, StoredLog } from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { JobTransfers } from '../jobs/execution/job-transfers.js';
import { endOf, hasEnded, type PodRecord } from '../jobs/model/pod-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { annotation } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { collectedPatch, endingPatch, heldBackPatch, missedStartPatch, outcomePatch } from './job-patches.js';
import { LogFollower } from './log-follower.js';
import { failed, isDecided, OutcomeRecorder } from './outcome.recorder.js';
import { LONGEST_WAIT, ResultRetention } from './result-retention.js';

/** Pods, and what is called when a followed log of one has ended. */
type PodsToFollow = [pods: readonly PodRecord[], lookAtPod: (podName: string) => void];

/** What concerns a Job as a whole rather than one pod: dismissal, removal, a start that does not come, an end of which no pod can tell. */
@Injectable()
export class JobReconciler {
  /** When Jobs were seen resumed whose status does not say when they were, by name. */
  private readonly seenResumed = new Map<string, Date>();

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly follower: LogFollower,
    private readonly recorder: OutcomeRecorder,
    private readonly transfers: JobTransfers,
    private readonly retention: ResultRetention,
  ) {}

  /** What was seen while it led before does not count: another may have led since. @param name undefined: of all */
  forget(name?: string): void {
    if (name === undefined) this.seenResumed.clear();
    else this.seenResumed.delete(name);
  }

  /** Whether a change of this job, or time, may ask for something that is done here. */
  concerns(job: JobRecord): boolean {
    if (job.collection === 'pending' || job.removed !== undefined || this.retention.concerns(job)) return true;
    return isToBeEnded(job) || staysOpen(job);
  }

  /** @param lookAtPod is called when a followed log of this pod has ended */
  async reconcile(name: string, now: Date, lookAtPod: (podName: string) => void): Promise<ReconcileResult> {
    const job = this.cache.jobs.get(name);
    if (!job || job.deleting || job.resumed !== 'unknown') this.forget(name);
    if (!job || job.deleting) return undefined;
    const pods = this.cache.podsOf(job);
    if (job.removed !== undefined) return this.remove(job, pods, lookAtPod);
    if (job.wronglySigned) return undefined;
    if (isToBeEnded(job)) return this.end(job, pods, lookAtPod);
    if (await this.holdBack(job, pods)) return undefined;
    const remaining = remainingOfOpen(job, now);
    if (remaining <= 0) return this.deleteJob(job);
    if (job.collection !== 'pending') return sooner(await this.retention.expire(job, now), remaining);
    // One that failed while it was suspended stays so where its queue holds it: no condition will come.
    if (job.condition || (job.suspended && job.outcome)) return this.finish(job, pods, now);
    if (job.outcome) return undefined;
    if (job.suspended) return this.watchQueue(job, pods, now);
    return this.watchStart(job, pods, now);
  }

  private async end(job: JobRecord, ...rest: PodsToFollow): Promise<undefined> {
    await this.follow(...rest);
    await this.recorder.patch(job, endingPatch(job));
  }

  /** A log goes with its pod: every follow is open before the pod is deleted. */
  private async follow(...[pods, lookAtPod]: PodsToFollow): Promise<void> {
    const going = pods.filter((pod) => pod.held && !hasEnded(pod));
    await Promise.all(going.map((pod) => this.follower.ensure(pod, () => lookAtPod(pod.name))));
  }

  private async remove(job: JobRecord, ...rest: PodsToFollow): Promise<undefined> {
    await this.follow(...rest);
    await this.transfers.discard(job);
    await this.retention.discard(job);
    return this.deleteJob(job);
  }

  /** The Job has ended and no pod is held (any more): what is recorded is all that will be. */
  private async finish(job: JobRecord, pods: readonly PodRecord[], now: Date): Promise<undefined> {
    if (pods.some((pod) => pod.held)) return;
    // The caches may be behind, each for itself: what they do not show is no proof. A verdict needs the pods and then the Job themselves (a pod is released only
    // after its outcome has been recorded), and holds only for that version of the Job.
    const actual = await this.cache.actualPodsOf(job);
    if (actual.some((pod) => pod.held)) return;
    const kubeJob = await this.client.getJob(job.name);
    const current = kubeJob && this.cache.recordOf(kubeJob);
    if (!kubeJob || !current || current.uid !== job.uid || current.wronglySigned) return;
    if (current.outcome) {
      if (current.collection !== 'pending') return;
      await this.transfers.discard(current);
      await this.recorder.patch(
        job,
        collectedPatch(
          current,
          current.logKey === undefined ? logOfLast(current) : { key: current.logKey },
          this.cache.archives,
        ),
      );
      return;
    }
    const pod = pods[0] ?? actual[0];
    const finished = (pod && endOf(pod)) ?? current.completionTime ?? current.condition?.at ?? now;
    const times = { ...beginningOf(current, pod), finished: finished.toISOString() };
    // After a rollback and back again: the predecessor has collected it, which its annotation shows even where there was no result.
    const collectedElsewhere =
      current.condition?.type === 'Complete' && kubeJob.metadata?.annotations?.[annotation.resultValue] !== undefined;
    const outcome: JobOutcome = collectedElsewhere
      ? { status: 'successful', ...times }
      : failed(causeOfEnd(current, pod), times);
    const patch = outcomePatch(current, outcome);
    await this.recorder.patch(job, {
      ...patch,
      metadata: { ...patch.metadata, resourceVersion: current.resourceVersion },
    });
  }

  /** How long a job may wait that Kubernetes would let wait for ever: from when it was suspended, and its last run was over. */
  private async watchQueue(job: JobRecord, pods: readonly PodRecord[], now: Date): Promise<ReconcileResult> {
    const seconds = job.queueDeadlineSeconds;
    if (seconds === undefined) return undefined;
    // The Job controller says since when next; and ends the pods.
    if (job.suspendedSince === undefined || pods.some((pod) => !hasEnded(pod))) return { requeueAfter: seconds * 1000 };
    const ends = [...pods.map(endOf), ...job.attempts.map(({ finished }) => new Date(finished))];
    const times = [job.suspendedSince, ...ends].map((time) => time?.getTime() ?? 0);
    const remaining = Math.max(...times) + seconds * 1000 - now.getTime();
    if (remaining > 0) return { requeueAfter: remaining };
    const cause = causeOfMissedQueue(job, seconds, this.cache.workloadOf(job));
    const outcome = failed(cause, { ...beginningOf(job, undefined), finished: now.toISOString() });
    await this.recorder.patch(job, missedStartPatch(job, outcome));
    return undefined;
  }

  private async deleteJob(job: JobRecord): Promise<undefined> {
    await this.client.deleteJob(job.name, job.uid);
  }

  /**
   * The run of which the outcome stands may be one that Kubernetes has not counted: its Job was suspended in the moment after it. It is not
   * to run again, then.
   * @returns whether it was so
   */
  private async holdBack(job: JobRecord, pods: readonly PodRecord[]): Promise<boolean> {
    if (!mayRunAgain(job, pods)) return false;
    const kubeJob = await this.client.getJob(job.name);
    const current = kubeJob && this.cache.recordOf(kubeJob);
    if (!current?.outcome || current.uid !== job.uid || !mayRunAgain(current, pods)) return false;
    const { succeeded = 0, uncountedTerminatedPods: uncounted, ...status } = kubeJob?.status ?? {};
    if (succeeded > 0 || (uncounted?.succeeded ?? []).length > 0 || isDecided(status)) return false;
    await this.recorder.patch(job, heldBackPatch(current, current.outcome));
    return true;
  }

  private resumptionOf({ name, resumed }: JobRecord, now: Date): Date | undefined {
    if (resumed !== 'unknown') return resumed;
    const seen = this.seenResumed.get(name) ?? now;
    this.seenResumed.set(name, seen);
    return seen;
  }

  /** The time starts anew with each attempt, and when the Job is resumed. */
  private async watchStart(job: JobRecord, pods: readonly PodRecord[], now: Date): Promise<ReconcileResult> {
    const seconds = job.startDeadlineSeconds;
    if (seconds === undefined) return undefined;
    const resumed = this.resumptionOf(job, now);
    let pod = waitingOf(job, pods);
    let remaining = remainingUntilStart(job, pod, resumed, seconds, now);
    if (remaining !== undefined && remaining <= 0) {
      // The cache of pods may be behind.
      pod = waitingOf(job, await this.cache.actualPodsOf(job));
      remaining = remainingUntilStart(job, pod, resumed, seconds, now);
    }
    if (remaining === undefined) return undefined;
    if (remaining > 0) return { requeueAfter: remaining };
    const cause = causeOfMissedStart(pod, seconds, this.cache.newestEventOf(job));
    const outcome = failed(cause, { ...beginningOf(job, pod), finished: now.toISOString() });
    await this.recorder.patch(job, missedStartPatch(job, outcome));
    return undefined;
  }
}

/** Its outcome stands, but its Job has not ended, and may not: it was suspended. */
function staysOpen({ outcome, condition, suspended, resumed }: JobRecord): boolean {
  return outcome !== undefined && !condition && (suspended || resumed !== undefined);
}

/** Whether it may, unless Kubernetes is about to say that it has ended. */
function mayRunAgain(job: JobRecord, pods: readonly PodRecord[]): boolean {
  if (!staysOpen(job) || job.stopped || job.collection === undefined) return false;
  // What has ended is about to be counted, or to be taken away.
  if (pods.some((pod) => pod.tracked && hasEnded(pod))) return false;
  return job.suspended || pods.some((pod) => !hasEnded(pod));
}

/** Milliseconds until a Job is to be removed that stays open: Kubernetes removes none such, however long ago it ended. */
function remainingOfOpen(job: JobRecord, now: Date): number {
  const { suspended, stopped, collection, outcome, ttlInForce } = job;
  if (!outcome || !staysOpen(job) || !(suspended || stopped) || collection !== 'done' || ttlInForce === undefined)
    return Infinity;
  return Date.parse(outcome.finished) + ttlInForce * 1000 - now.getTime();
}

/** @param remaining milliseconds until it has to be looked at in any case */
function sooner(result: ReconcileResult, remaining: number): ReconcileResult {
  const requeueAfter = Math.min(result?.requeueAfter ?? Infinity, remaining);
  return requeueAfter === Infinity ? undefined : { requeueAfter: Math.min(requeueAfter, LONGEST_WAIT) };
}

function causeOfEnd(job: JobRecord, pod: PodRecord | undefined): JobCause {
  if (job.condition?.type === 'Failed') return pod && hasEnded(pod) ? causeOfFailedPod(pod) : causeOfFailedJob(job);
  return {
    type: 'result-lost',
    message: 'The job ended well, but its pod was removed before its log and result could be read.',
  };
}

/** The pod of the attempt that has not ended yet. */
function waitingOf(job: JobRecord, pods: readonly PodRecord[]): PodRecord | undefined {
  return pods.find((each) => !hasBeenTried(job, each));
}

/** Milliseconds; undefined where it has started. */
function remainingUntilStart(
  job: JobRecord,
  pod: PodRecord | undefined,
  resumed: Date | undefined,
  seconds: number,
  now: Date,
): number | undefined {
  if (pod && !isWaitingToStart(pod)) return undefined;
  const since = (pod && endOf(pod)) ?? attemptDue(job, pod, resumed);
  return since.getTime() + seconds * 1000 - now.getTime();
}

/** Its attempt has ended and is noted: the next is waited for. */
function hasBeenTried(job: JobRecord, { uid }: PodRecord): boolean {
  return job.attempts.some((attempt) => attempt.uid === uid);
}

/** The Job controller has given up where another attempt was expected, or the job was dismissed: the log of the last one is the job's. */
function logOfLast({ outcome, attempts }: JobRecord): (Pick<StoredLog, 'key'> & Partial<StoredLog>) | undefined {
  const last = outcome?.status === 'successful' ? undefined : attempts.at(-1);
  return last && { key: last.logKey, size: last.logSize, digest: last.logDigest };
}

/** No container runs, and the main ones have not: between init containers, too. */
function isWaitingToStart(pod: PodRecord): boolean {
  return (
    pod.phase === 'Pending' &&
    pod.containers.every((container) => container.state !== 'running') &&
    pod.containers.filter((container) => !container.init).every((container) => container.state === 'waiting')
  );
}
