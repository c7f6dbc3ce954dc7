import type { V1JobSpec } from '@kubernetes/client-node';
import { isTerminal, type Job, type JobStatus, type Pod } from '../objects/kubernetes-object.js';
import { failureVerdict } from '../objects/pod-failure-policy.js';

/** What a Job's pods come to. */
export interface PodTally {
  readonly active: readonly Pod[];
  readonly ready: number;
  /** Being deleted and not yet ended. */
  readonly terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Ended, not counted (`podFailurePolicy`), and not let go yet. */
  readonly ignored: readonly Pod[];
  /** Why the Job is to fail, by its `podFailurePolicy`. */
  readonly fails: string | undefined;
  /** Uids of ended pods that the counts of the status do not contain yet (those above do). */
  readonly uncounted: { readonly succeeded: string[]; readonly failed: string[] };
  readonly restarts: number;
  /** Milliseconds since the epoch at which the last pod failed. */
  readonly lastFailure: number | undefined;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** Counts the pods. A pod that is being deleted counts as failed at once, but where `podReplacementPolicy` is `Failed`. */
export function podTally(
  spec: V1JobSpec,
  status: JobStatus,
  pods: readonly Pod[],
  trackingFinalizer: string,
): PodTally {
  const noted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  };
  const isDeleted = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
  const ignored: Pod[] = [];
  for (const pod of pods) {
    if (!pod.metadata.finalizers?.includes(trackingFinalizer)) continue;
    const { uid } = pod.metadata;
    if (pod.status.phase === 'Succeeded') noted.succeeded.add(uid);
    else if (pod.status.phase === 'Failed' && failureVerdict(spec, pod).action === 'Ignore') ignored.push(pod);
    else if (pod.status.phase === 'Failed' || (isDeleted(pod) && spec.podReplacementPolicy !== 'Failed'))
      noted.failed.add(uid);
  }
  const failed = pods.filter(({ status: { phase } }) => phase === 'Failed');
  const failures = failed.map(finishTime);
  const verdicts = failed.map((pod) => failureVerdict(spec, pod));
  const running = pods.filter((pod) => !isTerminal(pod));
  const active = running.filter((pod) => !isDeleted(pod));
  const statuses = running.flatMap((pod) => [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ]);
  return {
    active,
    ready: active.filter((pod) =>
      pod.status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    ).length,
    terminating: running.length - active.length,
    succeeded: (status.succeeded ?? 0) + noted.succeeded.size,
    failed: (status.failed ?? 0) + noted.failed.size,
    ignored,
    fails: verdicts.find(({ action }) => action === 'FailJob')?.message,
    uncounted: { succeeded: [...noted.succeeded], failed: [...noted.failed] },
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    lastFailure: failures.length > 0 ? Math.max(...failures) : undefined,
  };
}

function finishTime(pod: Pod): number {
  const times = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].map(
    ({ state }) => Date.parse(state.terminated?.finishedAt ?? ''),
  );
  return Math.max(...times.filter((time) => !Number.isNaN(time)), Date.parse(pod.metadata.creationTimestamp));
}

/** Why the Job has failed, if it has. */
export function failureOf(job: Job, startTime: string, tally: PodTally, now: number): Failure | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, template } = job.spec;
  if (tally.fails !== undefined) return { reason: 'PodFailurePolicy', message: tally.fails };
  const restartLimit =
    template.spec?.restartPolicy === 'OnFailure' && tally.restarts > 0 && tally.restarts >= backoffLimit;
  if (tally.failed > backoffLimit || restartLimit) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  if (activeDeadlineSeconds !== undefined && now >= deadlineOf(startTime, activeDeadlineSeconds)) {
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  return undefined;
}

/** Milliseconds since the epoch. The start is kept in whole seconds, rounded down: a second more, so that no Job ends before its time. */
export function deadlineOf(startTime: string, activeDeadlineSeconds: number): number {
  return Date.parse(startTime) + (activeDeadlineSeconds + 1) * 1000;
}

const MAX_BACKOFF = 600_000;

/** Milliseconds until a failed pod is replaced: doubled with each failure, at most ten minutes. */
export function backoffDelay(tally: PodTally, base: number, now: number): number {
  if (tally.failed === 0 || tally.lastFailure === undefined) return 0;
  return tally.lastFailure + Math.min(base * 2 ** (tally.failed - 1), MAX_BACKOFF) - now;
}
