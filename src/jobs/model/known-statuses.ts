import { isGoing } from './dismissal.js';
import type { JobRecord } from './job-record.js';
import { jobStatus, type JobStatus } from './job-status.js';
import type { PodRecord } from './pod-record.js';

/** Statuses of jobs that have ended which are kept: more than a page has, and few beside all jobs. */
const ENDED_KEPT = 2000;
/** Of those that go on: a status is asked for several times soon after a change, and then hardly again. */
const OPEN_KEPT = 100;

/** What a status follows from, beside the job itself. */
export interface StatusSources {
  readonly pods: readonly PodRecord[];
  readonly newestEvent: Parameters<typeof jobStatus>[2];
  readonly waiting: NonNullable<Parameters<typeof jobStatus>[3]>;
}

interface Made extends StatusSources {
  readonly status: JobStatus;
}

/** Statuses that have been made, as long as what they follow from is the same. */
export class KnownStatuses {
  private readonly ended = new Map<JobRecord, JobStatus>();
  private readonly open = new Map<JobRecord, Made>();

  /** How many are kept. */
  get size(): number {
    return this.ended.size + this.open.size;
  }

  /**
   * @param sources is not asked where nothing but the job itself changes its status
   * @param isHeld whether this record is asked for again: those that the archive gives are made anew each time
   */
  of(job: JobRecord, sources: () => StatusSources, isHeld: () => boolean): JobStatus {
    const ended = this.ended.get(job);
    if (ended) return ended;
    const current = sources();
    const made = this.open.get(job);
    if (made && isSame(made, current)) return made.status;
    const status = jobStatus(job, current.pods, current.newestEvent, current.waiting);
    if (!isHeld()) return status;
    if (job.outcome && !isGoing(job)) keep(this.ended, job, status, ENDED_KEPT);
    else keep(this.open, job, { ...current, status }, OPEN_KEPT);
    return status;
  }

  /** For a record that is no longer the job's, or whose Job is gone. */
  forget(job: JobRecord): void {
    this.ended.delete(job);
    this.open.delete(job);
  }
}

/** By identity: records are never changed. A job's standing is made each time that it is asked for. */
function isSame(one: StatusSources, other: StatusSources): boolean {
  if (one.waiting.standing || other.waiting.standing || one.waiting.workload !== other.waiting.workload) return false;
  if (one.newestEvent !== other.newestEvent || one.pods.length !== other.pods.length) return false;
  return one.pods.every((pod, at) => pod === other.pods[at]);
}

function keep<V>(kept: Map<JobRecord, V>, job: JobRecord, value: V, most: number): void {
  if (kept.size >= most) kept.clear();
  kept.set(job, value);
}
