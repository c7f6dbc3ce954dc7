import { countBefore } from '../../admission/line/sorted-list.js';
import { type JobRecord, newestFirst } from './job-record.js';

/** Jobs as {@link newestFirst} orders them, sorted when somebody looks. */
export class SortedJobs {
  private sorted: JobRecord[] | undefined;

  /** The array is shared: do not change it. */
  of(jobs: Iterable<JobRecord>): readonly JobRecord[] {
    this.sorted ??= [...jobs].sort(newestFirst);
    return this.sorted;
  }

  /** A change that keeps a job's place in the order costs a binary search, not a sort: most changes are such. */
  change(record: JobRecord | undefined, previous: JobRecord | undefined): void {
    if (!this.replaceInPlace(record, previous)) this.sorted = undefined;
  }

  private replaceInPlace(record: JobRecord | undefined, previous: JobRecord | undefined): boolean {
    if (!this.sorted || !record || !previous || newestFirst(record, previous) !== 0) return false;
    const at = countBefore(this.sorted, record, newestFirst);
    const found = this.sorted[at];
    if (!found || newestFirst(found, record) !== 0) return false;
    this.sorted[at] = record;
    return true;
  }
}
