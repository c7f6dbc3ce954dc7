import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus, StatusCode } from '../jobs/model/job-status.js';

/**
 * What happened longer ago is not told by who has just come to publish, milliseconds: whoever did before has told it.
 * Longer than a restart, or another leader, takes.
 */
export const CATCH_UP = 300_000;

/** That a job came to have a status. */
export interface StatusChange {
  readonly status: StatusCode;
  readonly at: Date;
  /** It is the job's first. */
  readonly isFirst: boolean;
  /** Of the changes of one job, the same whoever finds it. */
  readonly key: string;
}

type Job = Pick<JobRecord, 'created' | 'suspendedSince'>;
type Status = Pick<JobStatus, 'status' | 'started' | 'finished' | 'updated'>;

/**
 * What has to be told of a job, in its order. That it was accepted is told of every job, even where it was running by the time it was seen.
 * @param told its last status that was told; undefined: none by this replica
 */
export function statusChanges(told: StatusCode | undefined, job: Job, status: Status, now: Date): StatusChange[] {
  if (told !== undefined) return told === status.status ? [] : [currentChange(job, status)];
  const isRecent = (at: Date) => now.getTime() - at.getTime() <= CATCH_UP;
  const accepted: StatusChange = { status: 'accepted', at: job.created, isFirst: true, key: 'accepted' };
  return [
    ...(isRecent(job.created) ? [accepted] : []),
    ...(status.status !== 'accepted' && isRecent(knownSince(job, status)) ? [currentChange(job, status)] : []),
  ];
}

function currentChange(job: Job, status: Status): StatusChange {
  const at = timeOf(job, status);
  // A job may wait and run several times, but ends once.
  const mayRepeat = status.status === 'accepted' || status.status === 'running';
  const key = mayRepeat ? `${status.status}-${Math.floor(at.getTime() / 1000)}` : status.status;
  return { status: status.status, at, isFirst: false, key };
}

/** When the status began. */
function timeOf({ created, suspendedSince }: Job, { status, started, finished, updated }: Status): Date {
  if (status === 'accepted') return suspendedSince ?? updated;
  return status === 'running' ? (started ?? created) : (finished ?? updated);
}

/** Success is told once the results can be fetched, which may be long after the program ended. */
function knownSince(job: Job, status: Status): Date {
  return status.status === 'running' ? timeOf(job, status) : status.updated;
}
