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
    let [low, high] = [0, this.sorted.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = newestFirst(this.sorted[middle] as JobRecord, record);
      if (order === 0) {
        this.sorted[middle] = record;
        return true;
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }
}
