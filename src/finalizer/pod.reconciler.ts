import { Injectable, Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { isGoing } from '../jobs/model/dismissal.js';
import { isFlicker, isRepeated } from '../jobs/model/job-attempts.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { causeOfSuspension } from '../jobs/model/job-cause.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { wasEverSuspended } from '../jobs/model/job-suspension.js';
import { JobTransfers } from '../jobs/execution/job-transfers.js';
import { endOf, hasEnded, mainContainerOf, type ContainerRecord, type PodRecord } from '../jobs/model/pod-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { POD_FINALIZER } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import type { StoredLog } from '../jobs/model/job-outcome.js';
import { lacksStore } from '../object-store/object-store.js';
import { inSpan } from '../tracing/tracing.js';
import { logStartPatch } from './job-patches.js';
import { LogCollector, type CollectedPod } from './log-collector.js';
import { type FollowSession, LogFollower } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import { LogPatience } from './log-patience.js';
import { LogStore } from './log-store.js';
import { OutcomeRecorder } from './outcome.recorder.js';

/** How long a follow may go on after its pod has ended, milliseconds. */
const FOLLOW_PATIENCE = 30_000;

/** Milliseconds until a suspended Job's pod is looked at again; it changes before. */
const UNCERTAIN = 5_000;

/** Milliseconds that a container has to run before it costs a write to note when its log began; rotating a log takes longer, too. */
const NOTE_AFTER = 10_000;

/**
 * Brings what an ended pod leaves behind into safety and then lets the pod go. Correct from any state: each step sees whether it has been done, and the pod is
 * released only when all are.
 */
@Injectable()
export class PodReconciler {
  private readonly logger = new Logger(PodReconciler.name);

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly collector: LogCollector,
    private readonly follower: LogFollower,
    private readonly heads: LogHeads,
    private readonly logs: LogStore,
    private readonly recorder: OutcomeRecorder,
    private readonly transfers: JobTransfers,
    private readonly patience: LogPatience,
  ) {}

  /**
   * Notes what there is to note of a pod whose main container has not begun to run, for the replica that leads.
   * @returns whether that is all, so that there need be no pass
   */
  seeWaiting(pod: PodRecord): boolean {
    if (pod.deleting || hasEnded(pod) || mainOf(pod, this.cache.knownJobOf(pod))?.state !== 'waiting') return false;
    this.heads.seenWaiting(pod.uid);
    return true;
  }

  /** @param lookAgain is called when a followed log has ended, and when the first line of a log is there */
  async reconcile(podName: string, lookAgain: () => void, now: Date): Promise<ReconcileResult> {
    const pod = this.cache.pods.get(podName);
    if (!pod?.held) return undefined;
    const job = hasEnded(pod) ? await this.cache.jobOf(pod) : this.cache.knownJobOf(pod);
    if (!hasEnded(pod) || isUndecided(pod, job)) {
      if (pod.deleting) await this.follower.ensure(pod, lookAgain);
      return this.noteStart(pod, job, lookAgain);
    }
    // Nothing is made anew of what somebody else has written over: it waits, held, until that is taken off.
    if (job?.wronglySigned && !isGoing(job)) return undefined;
    // Kubernetes is about to count this pod, or to take it away: see OutcomeRecorder.wasSuspended.
    if (job && isUncertain(pod, job)) return { requeueAfter: UNCERTAIN };
    const session = this.follower.session(pod.uid);
    if (session?.active) {
      session.breakOffAfter(FOLLOW_PATIENCE, performance.now());
      return { requeueAfter: FOLLOW_PATIENCE };
    }
    const about = { 'k8s.pod.name': pod.name, 'ogc.job.id': job?.jobId, 'ogc.process.id': job?.processId };
    return inSpan('collect', about, () => this.collect(pod, job, session, now));
  }

  private async collect(
    pod: PodRecord,
    job: JobRecord | undefined,
    session: FollowSession | undefined,
    now: Date,
  ): Promise<ReconcileResult> {
    const collected = await this.collector.collect(pod, mainContainerOf(pod, job), this.startOf(pod, job), session);
    try {
      if (job && (await this.recorder.wasSuspended(job, pod))) return await this.setAside(pod, job, collected, now);
      const deciding = job && (await this.recorder.isSpare(job, pod)) ? undefined : job;
      const wait = this.patience.waitFor(pod, [...collected.doubts.main, ...collected.doubts.others]);
      if (wait !== undefined) {
        if (collected.doubts.main.includes('unread'))
          this.logger.warn(
            `The log of pod ${pod.name} is read again in ${wait / 1_000} s: ${collected.mainLogMissing ?? 'it is not known when it began'}`,
          );
        // Nobody has to wait for a result because the log of another container may lack something.
        if (deciding && collected.doubts.main.length === 0) await this.recorder.record(deciding, pod, collected, now);
        return { requeueAfter: wait };
      }
      await this.keep(pod, deciding, collected, now);
      const current = deciding && this.cache.knownJobOf(pod);
      if (current && isUndecidedYet(current, pod, this.cache.podsOf(current))) return { requeueAfter: UNCERTAIN };
      for (const what of collected.leftOut) this.logger.warn(what);
    } finally {
      await collected.dispose();
    }
    return this.release(pod);
  }

  private async release(pod: PodRecord): Promise<undefined> {
    await this.client.removePodFinalizer(pod.name, pod.uid, POD_FINALIZER);
    await this.follower.forget(pod.uid);
    this.heads.forget(pod.uid);
    this.patience.forget(pod.uid);
  }

  /**
   * Keeps the log of a run that does not count, for its Job was suspended; of one in which nothing ran, or hardly anything, there is
   * none.
   */
  private async setAside(pod: PodRecord, job: JobRecord, collected: CollectedPod, now: Date): Promise<ReconcileResult> {
    if (pod.containers.some(({ hasRun }) => hasRun) && !isFlicker(job, pod)) {
      const wait = this.patience.waitFor(pod, [...collected.doubts.main, ...collected.doubts.others]);
      if (wait !== undefined) return { requeueAfter: wait };
      const log = await this.storeLog(pod, collected);
      const stop = this.cache.stopOf(job, pod);
      const cause = causeOfSuspension(pod, this.cache.podsOf(job), this.cache.workloadOf(job), stop);
      if (log) await this.recorder.noteAttempt(job, pod, log, now, cause);
      for (const what of collected.leftOut) this.logger.warn(what);
    }
    return this.release(pod);
  }

  /**
   * Where no store is configured a pod is held with its log until one is. Whoever deletes it meanwhile wants it gone more than its log
   * kept: it goes, as it did with the predecessor.
   * @returns undefined: the log is lost
   * @throws ObjectStoreError
   */
  private async storeLog(pod: PodRecord, { document }: CollectedPod): Promise<StoredLog | undefined> {
    try {
      return await this.logs.storeLog(pod.jobName, pod.uid, endOf(pod) ?? pod.created, document);
    } catch (error) {
      if (!pod.deleting || !lacksStore(error)) throw error;
      this.logger.warn(`The log of pod ${pod.name} is lost: the pod is deleted, and ${error.message}`);
      return undefined;
    }
  }

  /**
   * A small result is there at once even while the store is down: the two steps do not wait for each other.
   * @param job the one whose end this pod's is; nothing but the log is kept of a pod that decides none
   */
  private async keep(pod: PodRecord, job: JobRecord | undefined, collected: CollectedPod, now: Date): Promise<void> {
    // Somebody may wait for the outcome, nobody for the log: what it takes of this thread comes after the patch is sent.
    const [recorded, stored] = await Promise.allSettled([
      job ? this.recorder.record(job, pod, collected, now) : undefined,
      setImmediate().then(() => this.storeLog(pod, collected)),
    ]);
    if (recorded.status === 'rejected') throw recorded.reason;
    if (stored.status === 'rejected') throw stored.reason;
    if (!stored.value) return;
    let current = job && this.cache.knownJobOf(pod);
    // What followed it decides about the job, and has the log that stands for it.
    if (current && isRepeated(current, pod, this.cache.podsOf(current)))
      return this.recorder.noteAttempt(current, pod, stored.value, now);
    if (current && !current.outcome) {
      // The Job controller may have given up since.
      await this.recorder.record(current, pod, collected, now);
      current = this.cache.knownJobOf(pod);
    }
    if (!current?.outcome) return;
    // Another run decided: its Job was suspended and resumed after that.
    if (current.collection === 'done' && current.logKey !== undefined && current.logKey !== stored.value.key) return;
    if (
      !hasDecided(current, pod) &&
      this.cache.podsOf(current).some((other) => other.held && hasDecided(current, other))
    )
      return;
    await this.transfers.discard(current);
    await this.recorder.noteCollected(current, pod, stored.value);
  }

  /** Keeps in mind when the main container's log began, and writes it to the Job of one that goes on: another server may collect it. */
  private async noteStart(pod: PodRecord, job: JobRecord | undefined, lookAgain: () => void): Promise<ReconcileResult> {
    const main = mainOf(pod, job);
    if (main?.state === 'waiting') this.heads.seenWaiting(pod.uid);
    if (!job || main?.state !== 'running') return undefined;
    const now = performance.now();
    this.heads.note(pod, main.name, now, lookAgain);
    if (job.collection !== 'pending' || job.logStart?.pod === pod.uid) return undefined;
    const first = this.heads.firstOf(pod.uid, main);
    if (!first) return undefined;
    const remaining = NOTE_AFTER - (this.heads.ageOf(pod.uid, now) ?? 0);
    if (remaining > 0) return { requeueAfter: remaining };
    await this.recorder.patch(job, logStartPatch(job, { pod: pod.uid, first }));
    return undefined;
  }

  private startOf(pod: PodRecord, job: JobRecord | undefined): string | undefined {
    return job?.logStart?.pod === pod.uid ? job.logStart.first : this.heads.firstOf(pod.uid, mainOf(pod, job));
  }
}

/** With retries the phase decides what follows: a pod that was asked to end may still succeed. Of one that is being deleted it comes after the states of its containers. */
function isUndecided({ phase }: PodRecord, job: JobRecord | undefined): boolean {
  if (!job || job.backoffLimit === 0 || isGoing(job)) return false;
  return phase !== 'Succeeded' && phase !== 'Failed';
}

/** Its Job was suspended, or its queue may suspend it in this moment, and the Job controller has not done with it yet. */
function isUncertain(pod: PodRecord, job: JobRecord): boolean {
  return (job.suspended || job.queue !== undefined) && pod.tracked && isOpen(job);
}

/** Whether the outcome is that of this run: it ended then. */
function hasDecided({ outcome }: JobRecord, pod: PodRecord): boolean {
  return outcome !== undefined && endOf(pod)?.toISOString() === outcome.finished;
}

/** Its Job was suspended before its outcome could be recorded: what Kubernetes counts is waited for. */
function isUndecidedYet(job: JobRecord, pod: PodRecord, pods: readonly PodRecord[]): boolean {
  if (job.outcome || isGoing(job) || !wasEverSuspended(job)) return false;
  return !job.attempts.some(({ uid }) => uid === pod.uid) && !isRepeated(job, pod, pods);
}

function isOpen(job: JobRecord): boolean {
  return !job.outcome && !job.condition && !isGoing(job);
}

function mainOf(pod: PodRecord, job: JobRecord | undefined): ContainerRecord | undefined {
  const name = mainContainerOf(pod, job);
  return pod.containers.find((container) => container.name === name);
}
