import type { V1Job, V1JobStatus } from '@kubernetes/client-node';
import { Injectable, Logger } from '@nestjs/common';
import { parseOutcome } from '../jobs/model/annotations/job-annotations.js';
import { isGoing } from '../jobs/model/dismissal.js';
import {
  attemptOf,
  type Beginning,
  beginningOf,
  countedAttempts,
  isRepeated,
  withAttempt,
} from '../jobs/model/job-attempts.js';
import { ExplainedCauses } from '../jobs/model/explained-causes.js';
import { causeOfFailedPod } from '../jobs/model/job-cause.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { ResultFault, type JobCause, type JobOutcome, type StoredLog } from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { resumptionOf, wasEverSuspended } from '../jobs/model/job-suspension.js';
import { endOf, type PodRecord } from '../jobs/model/pod-record.js';
import { KubernetesClient, type JobPatch } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { RunningUse } from '../measured-use/running-use.js';
import { attemptsPatch, collectedPatch, outcomePatch } from './job-patches.js';
import type { CollectedPod } from './log-collector.js';
import { LogStore } from './log-store.js';
import { ResultKeeper } from './result-keeper.js';

const FAILING: ReadonlySet<string> = new Set(['Failed', 'FailureTarget']);
const DECIDED: ReadonlySet<string> = new Set([...FAILING, 'Complete', 'SuccessCriteriaMet']);

/** Writes to the Kubernetes Job how it ended. */
@Injectable()
export class OutcomeRecorder {
  private readonly logger = new Logger(OutcomeRecorder.name);

  constructor(
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly results: ResultKeeper,
    private readonly causes: ExplainedCauses,
    private readonly use: RunningUse,
    private readonly logs: LogStore,
  ) {}

  /**
   * Whether the Job controller takes this pod away because it has made another for the job: where the API server breaks off while a pod is made, there are two. What
   * becomes of the spare one says nothing of the job, and it is no attempt. It loses the controller's finalizer before it is deleted; one that counts loses it
   * only after its Job says that it fails.
   * @throws KubernetesError
   */
  async isSpare(job: JobRecord, pod: PodRecord): Promise<boolean> {
    if (!pod.deleting || pod.tracked || job.condition?.type === 'Failed') return false;
    const pods = this.cache.podsOf(job);
    if (isRepeated(job, pod, pods)) return false;
    const isOther = ({ uid, phase, deleting }: PodRecord) =>
      uid !== pod.uid && (phase === 'Succeeded' || (!deleting && phase !== 'Failed'));
    if (!pods.some(isOther)) return false;
    const conditions = (await this.client.getJob(job.name))?.status?.conditions ?? [];
    return !conditions.some(({ type, status }) => FAILING.has(type) && status === 'True');
  }

  /**
   * Whether the Job controller took this pod away without counting it, because the Job was suspended while it ran: however it ended, it decides nothing, and the
   * job runs anew when it is resumed. Such a pod loses the controller's finalizer before it is deleted, and the Job's status does not know of it. Jobs that were
   * never suspended cost no request.
   * https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job
   * @throws KubernetesError
   */
  async wasSuspended(job: JobRecord, pod: PodRecord): Promise<boolean> {
    if (pod.tracked || !(pod.deleting || wasEverSuspended(job))) return false;
    if (job.outcome && job.outcome.status !== 'dismissed') return pod.deleting && endedBefore(job.outcome, pod);
    // What a dismissal ends was not suspended, though its queue should take it away.
    if (job.outcome && !(pod.deleting && endedBeforeDismissal(job.outcome, pod))) return false;
    const others = this.cache.podsOf(job).filter(({ uid }) => uid !== pod.uid);
    const kubeJob = (await this.client.getJob(job.name)) ?? {};
    const { spec, status } = kubeJob;
    const { succeeded = [], failed: failing = [] } = status?.uncountedTerminatedPods ?? {};
    const wasEver = spec?.suspend || resumptionOf(kubeJob) !== undefined;
    if (!status || !wasEver || succeeded.includes(pod.uid) || failing.includes(pod.uid)) return false;
    // A run that is followed by another did not end the Job. What is said of the Job as a whole is said of the last one.
    const isLast = others.every(({ created, deleting }) => {
      const later = created.getTime() - pod.created.getTime();
      return later < 0 || (later === 0 && deleting);
    });
    if (isLast && isDecided(status)) return false;
    if (pod.phase === 'Succeeded') return !isLast || (status.succeeded ?? 0) === 0;
    const noted = countedAttempts(job, pod);
    const failures = others.filter(
      ({ uid, phase, deleting, tracked }) =>
        phase === 'Failed' && !deleting && !tracked && !noted.some((attempt) => attempt.uid === uid),
    );
    return (status.failed ?? 0) <= noted.length + failures.length;
  }

  /**
   * Records the outcome that this pod's end means for its job; nothing where one is recorded already, where the job is being removed, or where another pod
   * follows or has followed.
   * @throws ObjectStoreError, KubernetesError: nothing was recorded
   */
  async record(job: JobRecord, pod: PodRecord, collected: CollectedPod, now: Date): Promise<void> {
    if (job.outcome || job.wronglySigned || isGoing(job)) return;
    // The Job controller has not looked at the run since.
    if (job.suspended && !job.condition && pod.tracked) return;
    const times = {
      ...beginningOf(job, pod),
      finished: (endOf(pod) ?? now).toISOString(),
    };
    if (pod.phase === 'Succeeded') {
      await this.recordSuccess(job, pod, collected, times);
    } else if (!isRepeated(job, pod, this.cache.podsOf(job))) {
      const cause = causeOfFailedPod(pod);
      const container = pod.containers.find(({ name }) => name === cause.container);
      const tail = collected.tails.get(cause.container ?? '') || (container?.hasRun ? container.message : undefined);
      await this.recordOnce(job, pod, outcomePatch(job, failed(this.causes.of(job, cause, tail), times, tail)));
    }
  }

  /**
   * Records an outcome where none is recorded yet: a leader that was paused, and woke when another had taken over, changes nothing that the other has written.
   * A Job that has changed otherwise since it was looked at is looked at again, not waited for. Nothing is recorded, either, where it was suspended before:
   * Kubernetes then says whether the run counts. Who suspends it after that finds the outcome, which holds.
   * @returns `left` where nothing was recorded, for another than a dismissal's reason
   */
  private async recordOnce(
    job: JobRecord,
    pod: PodRecord,
    patch: JobPatch,
  ): Promise<'recorded' | 'dismissed' | 'left'> {
    for (let current = this.newest(job); ;) {
      const { resourceVersion } = current;
      if (wasResumedSince(current, pod) && !(await this.isStillTracked(job, pod))) return 'left';
      try {
        await this.patch(job, { ...patch, metadata: { ...patch.metadata, resourceVersion } });
        return 'recorded';
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
        const kubeJob = await this.foundAfter(error, job);
        const found = kubeJob && this.cache.recordOf(kubeJob);
        if (kubeJob) this.cache.observe(kubeJob);
        if (!found || found.uid !== job.uid || found.deleting) return 'left';
        const annotations = kubeJob.metadata?.annotations ?? {};
        const isDismissed = parseOutcome(annotations[ownAnnotation.outcome])?.status === 'dismissed';
        if (isDismissed || annotations[ownAnnotation.removed] !== undefined) return 'dismissed';
        if (annotations[ownAnnotation.outcome] !== undefined || found.suspended) return 'left';
        current = found;
      }
    }
  }

  /** While the log was read the Job's status may have changed, which is no reason to be refused; whatever else has is looked at after that. */
  private newest(job: JobRecord): JobRecord {
    const known = this.cache.jobs.get(job.name);
    if (known?.uid !== job.uid || known.outcome || known.wronglySigned || known.suspended || isGoing(known)) return job;
    return known;
  }

  /** The Job, of which a patch met another version. */
  private async foundAfter({ existing }: KubernetesError, { name }: JobRecord): Promise<V1Job | undefined> {
    return (existing as V1Job | undefined) ?? (await this.client.getJob(name));
  }

  /** The watch of pods may be behind that of Jobs. */
  private async isStillTracked(job: JobRecord, { uid }: PodRecord): Promise<boolean> {
    return (await this.cache.actualPodsOf(job)).some((pod) => pod.uid === uid && pod.tracked);
  }

  /**
   * Notes that this pod's end was not the job's, and where its log is. The logs of attempts that are then noted no more are removed before
   * that, while it is known of them.
   * @param suspension why the Job controller took the pod away without counting it; absent: it counts
   * @throws ObjectStoreError, KubernetesError: nothing was noted
   */
  async noteAttempt(job: JobRecord, pod: PodRecord, log: StoredLog, now: Date, suspension?: JobCause): Promise<void> {
    for (let current: JobRecord | undefined = job; current?.uid === job.uid;) {
      const { attempts, dropped } = withAttempt(
        current.attempts,
        attemptOf(pod, log, now, suspension, this.use.of(pod)),
      );
      for (const { logKey } of dropped) await this.logs.removeLog(job.name, logKey);
      try {
        return await this.patch(job, attemptsPatch(current, attempts, dropped.length));
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
        const kubeJob = await this.foundAfter(error, job);
        if (!kubeJob) return;
        this.cache.observe(kubeJob);
        current = this.cache.recordOf(kubeJob);
      }
    }
  }

  /** Notes where the log of the pod is that decided, and what it used: nothing more is collected. */
  noteCollected(job: JobRecord, pod: PodRecord, log: StoredLog): Promise<void> {
    return this.patch(job, collectedPatch(job, log, this.cache.archives, this.use.of(pod)));
  }

  /** Applies a patch and takes over the answer at once; nothing where the Job is gone. */
  async patch(job: Pick<JobRecord, 'name'>, patch: JobPatch): Promise<void> {
    const patched = await this.client.patchJob(job.name, patch);
    if (!patched) return;
    this.cache.observe(patched);
    const outcome = parseOutcome(patch.metadata?.annotations?.[ownAnnotation.outcome] ?? undefined);
    if (outcome)
      this.logger.log(`Job ${job.name} is ${outcome.status}${outcome.cause ? `: ${outcome.cause.type}` : ''}`);
  }

  private async recordSuccess(job: JobRecord, pod: PodRecord, collected: CollectedPod, times: JobTimes): Promise<void> {
    try {
      const kept = await this.results.keep(job, pod.uid, new Date(times.finished), collected);
      const resultProblems = kept.problems.length > 0 ? { resultProblems: kept.problems } : {};
      const outcome: JobOutcome = { status: 'successful', ...times, ...logFlag(collected), ...resultProblems };
      // Whoever was told that the job is dismissed fetches nothing.
      if ((await this.recordOnce(job, pod, outcomePatch(job, outcome, kept))) === 'dismissed')
        await this.results.discard(job, kept);
    } catch (error) {
      if (!(error instanceof ResultFault)) throw error;
      const cause = { type: error.type, message: error.message };
      await this.recordOnce(job, pod, outcomePatch(job, { ...failed(cause, times), ...logFlag(collected) }));
    }
  }
}

/** Whether this pod's run was over when the one began that decided. Kubernetes' times are in whole seconds: the next may begin in the same. */
function endedBefore({ started, finished }: JobOutcome, pod: PodRecord): boolean {
  const end = endOf(pod)?.toISOString();
  return end !== undefined && end !== finished && started !== undefined && end <= started;
}

/** Likewise where it was dismissed: while it ran, or after that. */
function endedBeforeDismissal({ finished }: JobOutcome, pod: PodRecord): boolean {
  const end = endOf(pod)?.getTime() ?? Infinity;
  return end + 1000 <= Date.parse(finished);
}

/** Its Job was suspended after this run had begun, and resumed: the run may have been taken away, which is not known of it yet. */
function wasResumedSince({ resumed }: JobRecord, { tracked, created }: PodRecord): boolean {
  if (!tracked || resumed === undefined) return false;
  return resumed === 'unknown' || resumed.getTime() > created.getTime();
}

/** Whether Kubernetes has decided how the Job ends. */
export function isDecided({ conditions = [] }: V1JobStatus): boolean {
  return conditions.some(({ type, status }) => DECIDED.has(type) && status === 'True');
}

function logFlag({ wholeness }: CollectedPod): Pick<JobOutcome, 'log'> {
  return wholeness === 'whole' ? {} : { log: wholeness };
}

type JobTimes = Beginning & Pick<JobOutcome, 'finished'>;

export function failed(cause: JobCause, times: JobTimes, logTail?: string): JobOutcome {
  return { status: 'failed', ...times, cause, ...(logTail ? { logTail } : {}) };
}
