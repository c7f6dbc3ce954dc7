import type { ArchiveCriterion, ArchiveProperty as Property } from '../../archive/records/archive.js';
import { type JobRecord, type ListPosition, newestFirst } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';

/** Milliseconds since the epoch, or text; null where the job has no such property. */
type Key = number | string | null;

type Sorted = ListPosition & Pick<JobRecord, 'processId'>;
type Times = Pick<JobStatus, 'started' | 'finished'>;

/** What jobs can be sorted by: what does not change once it is known, so that paging shows each job once. */
const PROPERTIES: Readonly<Record<Property, (job: Sorted, times: Times) => Key>> = {
  created: (job) => job.created.getTime(),
  started: (_, { started }) => started?.getTime() ?? null,
  finished: (_, { finished }) => finished?.getTime() ?? null,
  // Of one that has not ended it changes.
  duration: (_, { started, finished }) => (started && finished ? finished.getTime() - started.getTime() : null),
  processID: (job) => job.processId,
};
export const SORTABLE = Object.keys(PROPERTIES) as readonly Property[];

/** Where a job stands in a sorted list. */
export interface SortedPosition extends ListPosition {
  readonly keys: readonly Key[];
}

/**
 * The order that `sortby` asks for (OGC API - Features - Part 8: Sorting, draft): names separated by commas, `-` before those that descend. Jobs without a property come last, whichever
 * way it is sorted by; jobs that are equal in all are newest first. A total order.
 */
export class JobOrder {
  private constructor(
    /** As it is written in a cursor. */
    readonly name: string,
    readonly criteria: readonly ArchiveCriterion[],
  ) {}

  /** @returns the faults where it names what cannot be sorted by, or something twice */
  static parse(sortby: string): JobOrder | { readonly faults: readonly string[] } {
    const criteria: ArchiveCriterion[] = [];
    const faults: string[] = [];
    // A + that was not escaped arrives as a space.
    for (const item of sortby.split(',').map((item) => item.trim())) {
      const [, sign, property] = /^([+-]?)(.*)$/s.exec(item) ?? [];
      if (!SORTABLE.includes(property as Property))
        faults.push(
          `must name, separated by commas, what to sort by: ${SORTABLE.join(', ')}; with "-" before it: descending (is "${item}")`,
        );
      else if (criteria.some((other) => other.property === property)) faults.push(`names ${property} twice`);
      else criteria.push({ property: property as Property, descending: sign === '-' });
    }
    if (faults.length > 0) return { faults };
    return new JobOrder(
      criteria.map(({ property, descending }) => (descending ? '-' : '') + property).join(),
      criteria,
    );
  }

  positionOf(job: Sorted, times: Times): SortedPosition {
    const { created, requestedAt, name } = job;
    return { created, requestedAt, name, keys: this.criteria.map(({ property }) => PROPERTIES[property](job, times)) };
  }

  /** Whether a position that was sent back by a client can be one of this order. */
  fits(keys: unknown): keys is readonly Key[] {
    return (
      Array.isArray(keys) &&
      keys.length === this.criteria.length &&
      this.criteria.every(({ property }, index) => {
        const key: unknown = keys[index];
        if (key === null) return true;
        return property === 'processID' ? typeof key === 'string' && !key.includes('\0') : isMilliseconds(key);
      })
    );
  }

  readonly compare = (a: SortedPosition, b: SortedPosition): number => {
    for (const [index, { descending }] of this.criteria.entries()) {
      const [left = null, right = null] = [a.keys[index], b.keys[index]];
      if (left === right) continue;
      if (left === null || right === null) return left === null ? 1 : -1;
      return left < right === descending ? 1 : -1;
    }
    return newestFirst(a, b);
  };
}

/** A time, or how long something took, that any database can hold. */
function isMilliseconds(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 1e14;
}
