import { Injectable } from '@nestjs/common';
import { isGoing } from '../model/dismissal.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';

/** So many jobs are named of those that keep most. */
const MOST_NAMED = 3;

interface Owned {
  queued: number;
  bytes: number;
  /** Bytes of each job that keeps any, by its id. */
  readonly bytesOf: Map<string, number>;
}

/** What callers have of jobs beside those in the server's own line: sums that are kept up with each change of a job. */
@Injectable()
export class OwnerSums {
  private readonly owners = new Map<string, Owned>();

  constructor(cache: JobCache) {
    cache.jobs.subscribe(({ record, previous }) => {
      if (previous) this.change(previous, -1);
      if (record) this.change(record, 1);
    });
  }

  /** Jobs that wait in queues of Kueue. */
  queuedOf(owner: string): number {
    return this.owners.get(owner)?.queued ?? 0;
  }

  /** Bytes that the store keeps of the owner's jobs, as far as their Jobs say it. */
  bytesOf(owner: string): number {
    return this.owners.get(owner)?.bytes ?? 0;
  }

  /** Ids of those jobs that keep most, and how much. Costs a look at each job of the owner. */
  largestOf(owner: string): readonly (readonly [jobId: string, bytes: number])[] {
    const all = [...(this.owners.get(owner)?.bytesOf ?? [])];
    return all.sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED);
  }

  private change(job: JobRecord, by: 1 | -1): void {
    if (job.owner === undefined) return;
    const owned = this.owners.get(job.owner) ?? { queued: 0, bytes: 0, bytesOf: new Map<string, number>() };
    this.owners.set(job.owner, owned);
    if (waitsInQueue(job)) owned.queued += by;
    const bytes = storedBytesOf(job);
    owned.bytes += by * bytes;
    if (by < 0) owned.bytesOf.delete(job.jobId);
    else if (bytes > 0) owned.bytesOf.set(job.jobId, bytes);
    if (owned.queued === 0 && owned.bytesOf.size === 0) this.owners.delete(job.owner);
  }
}

function waitsInQueue(job: JobRecord): boolean {
  return job.queue !== undefined && job.suspended && !job.condition && !job.outcome && !isGoing(job);
}

/** Of logs and results in the object store, as far as the Job says their sizes. */
export function storedBytesOf({
  logSize = 0,
  attempts,
  storedResult,
  outputs,
  resultsExpired,
}: Pick<JobRecord, 'logSize' | 'attempts' | 'storedResult' | 'outputs' | 'resultsExpired'>): number {
  const logs = attempts.reduce((sum, attempt) => sum + (attempt.logSize ?? 0), logSize);
  if (resultsExpired) return logs;
  const named = [...(outputs?.values() ?? [])].filter(({ key }) => key !== undefined);
  return named.reduce((sum, { size }) => sum + size, logs + (storedResult?.size ?? 0));
}
