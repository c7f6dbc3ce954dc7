import { hasResults, retentionOf } from '../model/archived/archived-job-of.js';
import type { StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';

export { retentionOf } from '../model/archived/archived-job-of.js';

/** The results of a job that stand in the object store. */
export function storedResultsOf({ storedResult, outputs }: JobRecord): readonly StoredResult[] {
  const named = [...(outputs?.values() ?? [])].filter((output): output is StoredResult => output.key !== undefined);
  return storedResult ? [storedResult, ...named] : named;
}

/**
 * Until when results are kept in the object store; undefined: for ever, or there are none. Of a job in the archive also those that stood on
 * its Job: with that they do not go any more.
 */
export function expiryOf(job: JobRecord): Date | undefined {
  const expires = job.fromArchive ? hasResults(job) : storedResultsOf(job).length > 0;
  return expires ? retentionOf(job) : undefined;
}
