import { countBefore } from '../../../admission/line/sorted-list.js';
import { type JobRecord, newestFirst } from '../job-record.js';

/** Jobs as {@link newestFirst} orders them, sorted when somebody looks first, and kept in order from then on. */
export class SortedJobs {
  private sorted: JobRecord[] | undefined;

  /** The array is shared: do not change it. */
  of(jobs: Iterable<JobRecord>): readonly JobRecord[] {
    this.sorted ??= [...jobs].sort(newestFirst);
    return this.sorted;
  }

  /** A change costs a binary search, not a sort, and where a job comes or goes the moving of those behind it. */
  change(record: JobRecord | undefined, previous: JobRecord | undefined): void {
    if (!this.sorted) return;
    const stays = record && previous && newestFirst(record, previous) === 0;
    if (previous && !stays) this.replace(previous, []);
    if (record) this.replace(record, [record]);
  }

  /** Puts others in the place of the job that stands where this one does, if any. */
  private replace(job: JobRecord, by: readonly JobRecord[]): void {
    const sorted = this.sorted ?? [];
    const at = countBefore(sorted, job, newestFirst);
    const found = sorted[at];
    const isThere = found !== undefined && newestFirst(found, job) === 0;
    if (isThere && by[0]) sorted[at] = by[0];
    else sorted.splice(at, isThere ? 1 : 0, ...by);
  }
}
