import type { StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';

/** The results of a job that stand in the object store. */
export function storedResultsOf({ storedResult, outputs }: JobRecord): readonly StoredResult[] {
  const named = [...(outputs?.values() ?? [])].filter((output): output is StoredResult => output.key !== undefined);
  return storedResult ? [storedResult, ...named] : named;
}

/** Until when results are kept in the object store; undefined: for ever, or there are none. */
export function expiryOf(job: JobRecord): Date | undefined {
  if (job.resultsTtl === undefined || !job.outcome || storedResultsOf(job).length === 0) return undefined;
  return new Date(Date.parse(job.outcome.finished) + job.resultsTtl * 1000);
}
