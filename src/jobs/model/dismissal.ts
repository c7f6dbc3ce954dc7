import type { JobPatch } from '../../k8s/client/kubernetes-client.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { beginningOf } from './job-attempts.js';
import type { JobOutcome } from './job-outcome.js';
import type { JobRecord } from './job-record.js';
import type { JobStatus } from './job-status.js';
import type { PodRecord } from './pod-record.js';

/** Whether its Job is being deleted, or is to be. */
export function isGoing({ deleting, removed }: Pick<JobRecord, 'deleting' | 'removed'>): boolean {
  return deleting || removed !== undefined;
}

/** Whether with its Job it goes for good: one that is in the archive stays, whoever deletes its Job, unless a client wants it removed. */
export function isLeaving({
  deleting,
  removed,
  archivedState,
}: Pick<JobRecord, 'deleting' | 'removed' | 'archivedState'>): boolean {
  return removed !== undefined || (deleting && archivedState === undefined);
}

/** Whether it is still there once its Job is not: the archive has it, and no client wants it removed. */
export function outlivesJob({ archivedState, removed }: Pick<JobRecord, 'archivedState' | 'removed'>): boolean {
  return archivedState !== undefined && removed === undefined;
}

/** Whether a job of this status has not ended. */
export function goesOn({ status }: Pick<JobStatus, 'status'>): boolean {
  return status === 'accepted' || status === 'running';
}

/** Whether it was dismissed, and nobody has told Kubernetes yet to end its pods. */
export function isToBeEnded({
  outcome,
  condition,
  stopped,
}: Pick<JobRecord, 'outcome' | 'condition' | 'stopped'>): boolean {
  return outcome?.status === 'dismissed' && !condition && !stopped;
}

/**
 * What has Kubernetes end a Job: the Job controller deletes its pods, and makes none, even if it is suspended and resumed meanwhile (its
 * deadline does not count while it is suspended). A suspended Job is resumed so that Kubernetes ends it, unless a queue holds it.
 */
export function endingSpec({ suspended, queue }: Pick<JobRecord, 'suspended' | 'queue'>): JobPatch['spec'] {
  return { activeDeadlineSeconds: 1, parallelism: 0, ...(suspended && !queue ? { suspend: false } : {}) };
}

/**
 * Dismisses a job, for the version of its Job that was looked at.
 * @param pod the newest
 * @param ends whether its pods end by this, too: else the finalizer has to end them, once it follows their logs
 */
export function dismissalPatch(job: JobRecord, pod: PodRecord | undefined, now: Date, ends: boolean): JobPatch {
  const finished = now.toISOString();
  const outcome: JobOutcome = { status: 'dismissed', ...beginningOf(job, pod), finished };
  return {
    metadata: {
      uid: job.uid,
      resourceVersion: job.resourceVersion,
      annotations: { [ownAnnotation.outcome]: JSON.stringify(outcome), [annotation.updated]: finished },
    },
    ...(ends ? { spec: endingSpec(job) } : {}),
  };
}
