import type { StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';

/** The results of a job that stand in the object store. */
export function storedResultsOf({ storedResult, outputs }: JobRecord): readonly StoredResult[] {
  const named = [...(outputs?.values() ?? [])].filter((output): output is StoredResult => output.key !== undefined);
  return storedResult ? [storedResult, ...named] : named;
}

/** Until when results are kept in the object store; undefined: for ever, or there are none. */
export function expiryOf(job: JobRecord): Date | undefined {
  return storedResultsOf(job).length === 0 ? undefined : retentionOf(job);
}

/** Until when is kept what goes with the results; undefined: as long as the Job. */
export function retentionOf({ resultsTtl, outcome }: JobRecord): Date | undefined {
  if (resultsTtl === undefined || !outcome) return undefined;
  return new Date(Date.parse(outcome.finished) + resultsTtl * 1000);
}
