import { Injectable } from '@nestjs/common';
import { countBefore } from '../../admission/line/sorted-list.js';
import { JobCache } from '../model/job-cache.js';
import type { CauseType } from '../model/job-outcome.js';
import { type JobRecord, newestFirst } from '../model/job-record.js';
import type { JobStatus, StatusCode } from '../model/job-status.js';
import type { LiveList, Place, Shown } from './archived/merged-list.js';
import { isInState, type JobListQuery, matches, type Reading, type Scope } from './job-list.query.js';
import { encodeCursor } from './list-cursor.js';
import type { JobOrder, SortedPosition } from './job-order.js';
import { ListsOfProcesses } from './lists-of-processes.js';
import { ListsOfStates } from './lists-of-states.js';
import { type Bin, JobTally, type TalliedState } from './job-tally.js';

export interface JobPage {
  readonly jobs: readonly JobStatus[];
  /** How many jobs of the list come before this page; undefined where nobody has counted them. */
  readonly skipped?: number;
  /** The parameter by which the next page is asked for, undefined on the last one. */
  readonly next?: PageParameter;
  /** Likewise the page before. */
  readonly previous?: PageParameter;
  /** Undefined where there are too many to be counted. */
  readonly numberMatched?: number;
  /** Jobs that have left the cluster are missing: the archive does not answer. */
  readonly isIncomplete?: true;
}

export type PageParameter = { readonly cursor: string } | { readonly offset: number };

/** `many`: too many to be counted. */
export type Count = number | 'many';

/** How many jobs are in each state. */
export interface JobCounts {
  readonly all: Count;
  readonly statuses: Readonly<Partial<Record<StatusCode, Count>>>;
  /** Of jobs that failed, as far as the caller may know why. */
  readonly causes: Readonly<Partial<Record<CauseType, number>>>;
  /** All but the causes are of jobs that have left the cluster, too. */
  readonly isOfAll?: true;
}

/** Those of the cluster. */
export interface LiveCounts extends JobCounts {
  readonly all: number;
  readonly statuses: Readonly<Partial<Record<StatusCode, number>>>;
  /** How many of these the archive has; absent: none. */
  readonly archived?: Readonly<Partial<Record<StatusCode, number>>>;
}

/** Lists of the jobs in the cluster, eventually consistent. */
@Injectable()
export class JobLists {
  private readonly ofStates: ListsOfStates;

  constructor(
    private readonly cache: JobCache,
    private readonly tally: JobTally,
    private readonly ofProcesses: ListsOfProcesses,
  ) {
    this.ofStates = new ListsOfStates(cache, tally);
  }

  /**
   * Newest first, or as `sortby` says. A cursor names the job that the page comes after or before, so that jobs which arrive
   * meanwhile shift nothing; an offset is shifted by them.
   */
  page(query: JobListQuery, now: Date, reading: Reading): JobPage {
    const list = this.list(query, now, reading);
    const { length } = list.places;
    const start = startOf(query, list);
    const end = Math.min(start + query.limit, length);
    const jobs = list.places.slice(start, end).map((place) => ({ place, job: list.jobOf(place) }));
    const shown = { jobs, hasPrevious: start > 0, hasNext: end < length };
    const statuses = jobs.map(({ job }) => this.cache.statusOf(job));
    return { jobs: statuses, skipped: Math.min(start, length), numberMatched: length, ...pagesBeside(query, shown) };
  }

  /** All that match. */
  list(query: JobListQuery, now: Date, reading: Reading): LiveList {
    return this.ordered(query.order, this.matching(query, now, reading));
  }

  /** Of jobs that match, those that the archive does not have, or not as they are. */
  unarchived({ order }: JobListQuery, list: LiveList): LiveList {
    const jobs = list.places.map((place) => list.jobOf(place));
    return this.ordered(
      order,
      jobs.filter((job) => !this.tally.stateOf(job).isArchived),
    );
  }

  /** Of jobs that match, how many the archive does not have, or not as they are. */
  countUnarchived(query: JobListQuery, list: LiveList, reading: Reading): number {
    if (isFiltered({ ...query, statuses: undefined, causes: undefined }))
      return list.places.filter((place) => !this.tally.stateOf(list.jobOf(place)).isArchived).length;
    return this.states(reading.scope)
      .filter(({ state }) => !state.isArchived && isInState(query, state, reading))
      .reduce((sum, { size }) => sum + size, 0);
  }

  /** Of the jobs that match in all but status and cause, how many are in which. */
  counts(query: JobListQuery, now: Date, reading: Reading): LiveCounts {
    const others = { ...query, statuses: undefined, causes: undefined };
    const counted = isFiltered(others)
      ? countedStates(this.matching(others, now, reading), this.tally)
      : this.states(reading.scope).map(({ state, size }) => [state, size] as const);
    const [statuses, archived] = [new Map<StatusCode, number>(), new Map<StatusCode, number>()];
    const causes = new Map<CauseType, number>();
    let all = 0;
    for (const [state, count] of counted) {
      const { status, cause, isArchived } = state;
      all += count;
      statuses.set(status, (statuses.get(status) ?? 0) + count);
      if (isArchived) archived.set(status, (archived.get(status) ?? 0) + count);
      if (cause && reading.mayRead(state)) causes.set(cause, (causes.get(cause) ?? 0) + count);
    }
    return {
      all,
      statuses: Object.fromEntries(statuses),
      ...(archived.size > 0 ? { archived: Object.fromEntries(archived) } : {}),
      causes: Object.fromEntries(causes),
    };
  }

  /** Those that there are, for a caller; newest first. The array may be shared: do not change it. */
  within({ owners, sees }: Scope = {}): readonly JobRecord[] {
    const [first, ...others] = owners ?? [];
    const jobs =
      owners && others.length > 0
        ? owners.flatMap((owner) => this.cache.list(owner)).sort(newestFirst)
        : owners && first === undefined
          ? []
          : this.cache.list(first);
    if (!sees) return jobs;
    const states = this.tally.states(owners);
    const seen = states.filter(({ state }) => sees(state));
    // Where all are of processes that the caller may know of, which is usual, none is looked at.
    if (seen.length === states.length) return jobs;
    if (others.length > 0) return jobs.filter((job) => sees(job));
    return this.ofProcesses.of(
      seen.map(({ state }) => state),
      first,
    );
  }

  /** Of all jobs that there are for a caller: in which states there are how many. */
  states({ owners, sees }: Scope = {}): readonly Bin[] {
    const states = this.tally.states(owners);
    return sees ? states.filter(({ state }) => sees(state)) : states;
  }

  private ordered(order: JobOrder | undefined, jobs: readonly JobRecord[]): LiveList {
    if (!order) return { places: jobs, compare: newestFirst, jobOf: (place) => place as JobRecord };
    const sorted = jobs.map((job) => ({ job, ...order.positionOf(job, this.cache.statusOf(job)) })).sort(order.compare);
    const compare = (a: Place, b: Place) => order.compare(a as SortedPosition, b as SortedPosition);
    return { places: sorted, compare, jobOf: (place) => (place as (typeof sorted)[number]).job };
  }

  /** Newest first. The array may be shared: do not change it. */
  private matching(query: JobListQuery, now: Date, reading: Reading): readonly JobRecord[] {
    const { statuses, causes, ...others } = query;
    const jobs = statuses || causes ? this.inState(query, reading) : this.within(reading.scope);
    if (!isFiltered(others)) return jobs;
    const needsStatus = [query.text, query.minDuration, query.maxDuration].some((asked) => asked !== undefined);
    const { mayRead, isTitled } = reading;
    return jobs.filter(
      (job) =>
        matches(others, job, undefined, now, { mayRead, isTitled }) &&
        (!needsStatus || matches(others, job, this.cache.statusOf(job), now, { mayRead, isTitled })),
    );
  }

  /** Of the status and cause that are asked for, newest first. */
  private inState(query: JobListQuery, reading: Reading): readonly JobRecord[] {
    const wanted = this.states(reading.scope)
      .map(({ state }) => state)
      .filter((state) => isInState(query, state, reading));
    const { owners } = reading.scope ?? {};
    if (!owners || owners.length === 1) return this.ofStates.of(wanted, owners?.[0]);
    const states = new Set<TalliedState>(wanted);
    return this.within(reading.scope).filter((job) => states.has(this.tally.stateOf(job)));
  }
}

function isFiltered({
  types,
  processIds,
  datetime,
  text,
  tags,
  statuses,
  causes,
  minDuration,
  maxDuration,
}: JobListQuery): boolean {
  return [types, processIds, datetime, text, tags, statuses, causes, minDuration, maxDuration].some(
    (asked) => asked !== undefined,
  );
}

function countedStates(jobs: readonly JobRecord[], tally: JobTally): ReadonlyMap<TalliedState, number> {
  const counts = new Map<TalliedState, number>();
  for (const job of jobs) {
    const state = tally.stateOf(job);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** The pages before and after one. */
export function pagesBeside(
  query: JobListQuery,
  { jobs, hasNext, hasPrevious }: Shown,
): Pick<JobPage, 'next' | 'previous'> {
  const { offset, limit } = query;
  const [first, last] = [jobs[0], jobs.at(-1)];
  if (offset !== undefined) {
    return {
      ...(hasNext ? { next: { offset: offset + limit } } : {}),
      ...(hasPrevious ? { previous: { offset: Math.max(0, offset - limit) } } : {}),
    };
  }
  return {
    ...(hasNext && last ? { next: { cursor: encodeCursor(query, last.place) } } : {}),
    ...(hasPrevious && first ? { previous: { cursor: encodeCursor(query, first.place, 'before') } } : {}),
  };
}

function startOf({ offset = 0, after, before, limit }: JobListQuery, { places, compare }: LiveList): number {
  // A page that is cut short by the beginning of the list is the first one.
  if (before) return Math.max(0, countBefore(places, before, compare) - limit);
  if (!after) return offset;
  const at = countBefore(places, after, compare);
  const found = places[at];
  return found && compare(found, after) === 0 ? at + 1 : at;
}
