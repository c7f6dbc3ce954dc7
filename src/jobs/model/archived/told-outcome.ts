import { isDeepStrictEqual } from 'node:util';
import { parseOutcome } from '../annotations/job-annotations.js';
import { beginningOf } from '../job-attempts.js';
import { causeOfFailedJob } from '../job-cause.js';
import type { JobOutcome } from '../job-outcome.js';
import type { JobRecord } from '../job-record.js';
import type { JobStatus } from '../job-status.js';
import type { PodRecord } from '../pod-record.js';
import { parseRan } from '../run/ran.js';

/** How a job ended that nobody recorded, as its Job tells, and its newest pod, where that is still there. */
export function toldOutcome(
  job: JobRecord,
  pod: PodRecord | undefined,
  { status, started, cause }: JobStatus,
  finished: Date,
): JobOutcome {
  // Of a Job that is complete, one that failed is an earlier attempt.
  const isOfEnd = status !== 'successful' || pod?.phase === 'Succeeded';
  return {
    status: status as JobOutcome['status'],
    ...beginningOf(job, isOfEnd ? pod : undefined),
    ...(started ? { started: started.toISOString() } : {}),
    finished: finished.toISOString(),
    ...(cause ? { cause } : {}),
  };
}

/** What the annotation of an outcome says, with what no record of a job holds. */
export function wholeOutcome(text: string | undefined): JobOutcome | undefined {
  const [outcome, ran] = [parseOutcome(text), parseRan(text)];
  return outcome && { ...outcome, ...(ran ? { ran } : {}) };
}

/**
 * What is known of an end after it was looked at twice: pods go, and with them node, images, cause and the exact times. Who saw the pod that
 * ended last has the say, and what it does not know the other adds. Merging the same again changes nothing.
 */
export function mergedOutcome(job: JobRecord, earlier: JobOutcome | undefined, later: JobOutcome): JobOutcome {
  if (!earlier || earlier.status !== later.status) return later;
  const isOfPod = ({ ran, cause }: JobOutcome) =>
    ran !== undefined || (cause !== undefined && !isDeepStrictEqual(cause, causeOfFailedJob(job)));
  const isNewer = Date.parse(later.finished) >= Date.parse(earlier.finished);
  const hasLatest = isOfPod(earlier) ? isOfPod(later) && isNewer : true;
  return hasLatest ? { ...earlier, ...later } : { ...later, ...earlier };
}
