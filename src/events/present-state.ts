import { compareResourceVersions } from '../k8s/informers/resource-version.js';
import { type JobListQuery, matches, type Reading } from '../jobs/listing/job-list.query.js';
import type { JobCache } from '../jobs/model/job-cache.js';
import type { JobStatus } from '../jobs/model/job-status.js';

/** Jobs that a client is told of when it comes to the stream of all, at the most. */
const MOST_PRESENT = 1_000;

/** The jobs of the list as they are when a client comes. */
export interface PresentState {
  /** Of the Jobs that are told first, newest first. */
  readonly names: readonly string[];
  readonly numberMatched: number;
  /** Whether all that go on, and all that have changed since the client was here, are among them. */
  readonly isComplete: boolean;
}

export function hasEnded({ status }: Pick<JobStatus, 'status'>): boolean {
  return status === 'successful' || status === 'failed' || status === 'dismissed';
}

/**
 * Those that go on, and may have changed while the client was not here; those that have ended since it was; and the newest of the others,
 * as many as a page of the list may have. A look at every job.
 * @param since the version up to which the client has been told everything; undefined: it comes for the first time
 * @param most of those that have ended, and have not changed since
 * @param jobs those that there are, for the client; newest first
 */
export function presentState(
  cache: Pick<JobCache, 'list' | 'statusOf'>,
  query: JobListQuery,
  since: string | undefined,
  most: number,
  now = new Date(),
  reading?: Reading,
  jobs = cache.list(),
): PresentState {
  const names: string[] = [];
  let numberMatched = 0;
  let unchanged = 0;
  let isComplete = true;
  for (const job of jobs) {
    const status = cache.statusOf(job);
    if (!matches(query, job, status, now, reading)) continue;
    numberMatched += 1;
    const mayHaveChanged = !hasEnded(status) || isNewer(job.resourceVersion, since);
    if (!mayHaveChanged && ++unchanged > most) continue;
    if (names.length < MOST_PRESENT) names.push(job.name);
    else if (mayHaveChanged) isComplete = false;
  }
  return { names, numberMatched, isComplete };
}

function isNewer(version: string, since: string | undefined): boolean {
  return since !== undefined && (compareResourceVersions(version, since) ?? 1) > 0;
}
