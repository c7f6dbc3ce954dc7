import type { JobOutcome, StoredResult } from '../jobs/job-outcome.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { JobPatch } from '../k8s/kubernetes-client.js';
import { annotation, ownAnnotation } from '../k8s/names.js';

/** A result that is small enough to stand in the Job itself, in the predecessor's annotations. */
export interface InlineResult {
  readonly value: string;
  readonly mediaType: string;
}

/** Records how a job ended, with its result: one patch, so that a successful job always has it. */
export function outcomePatch(
  job: Pick<JobRecord, 'uid'>,
  outcome: JobOutcome,
  result?: { readonly inline: InlineResult } | { readonly stored: StoredResult },
): JobPatch {
  return {
    metadata: {
      uid: job.uid,
      annotations: {
        [ownAnnotation.outcome]: JSON.stringify(outcome),
        [annotation.updated]: outcome.finished,
        ...(result && 'inline' in result
          ? { [annotation.resultMimetype]: result.inline.mediaType, [annotation.resultValue]: result.inline.value }
          : {}),
        ...(result && 'stored' in result
          ? {
              [annotation.resultMimetype]: result.stored.mediaType,
              [ownAnnotation.result]: JSON.stringify(result.stored),
            }
          : {}),
      },
    },
  };
}

/** Says that everything of a job is collected; from now its retention counts, unless subscribers have to be told first: `src/subscribers` then puts it in force. */
export function collectedPatch(
  job: Pick<JobRecord, 'uid' | 'ttlAfterCollected' | 'subscription'>,
  logKey?: string,
): JobPatch {
  return {
    metadata: {
      uid: job.uid,
      annotations: {
        [ownAnnotation.collection]: 'done',
        ...(logKey === undefined ? {} : { [ownAnnotation.logKey]: logKey }),
      },
    },
    ...(job.ttlAfterCollected === undefined || job.subscription
      ? {}
      : { spec: { ttlSecondsAfterFinished: job.ttlAfterCollected } }),
  };
}

/**
 * Ends a job that has not started in time: Kubernetes itself never would. The Job controller then deletes its pods. Holds only for the version of the Job that was
 * looked at: a pod may start in the same moment.
 */
export function missedStartPatch(job: Pick<JobRecord, 'uid' | 'resourceVersion'>, outcome: JobOutcome): JobPatch {
  const { metadata } = outcomePatch(job, outcome);
  return { metadata: { ...metadata, resourceVersion: job.resourceVersion }, spec: { activeDeadlineSeconds: 1 } };
}
