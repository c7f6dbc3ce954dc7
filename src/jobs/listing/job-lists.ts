import { Injectable } from '@nestjs/common';
import { countBefore } from '../../admission/line/sorted-list.js';
import { JobCache } from '../model/job-cache.js';
import type { CauseType } from '../model/job-outcome.js';
import { type JobRecord, type ListPosition, newestFirst } from '../model/job-record.js';
import type { JobStatus, StatusCode } from '../model/job-status.js';
import { encodeCursor, isInState, type JobListQuery, matches, type Reading, type Scope } from './job-list.query.js';
import type { SortedPosition } from './job-order.js';
import { ListsOfProcesses } from './lists-of-processes.js';
import { ListsOfStates } from './lists-of-states.js';
import { type Bin, JobTally, type TalliedState } from './job-tally.js';

export interface JobPage {
  readonly jobs: readonly JobStatus[];
  /** How many jobs of the list come before this page. */
  readonly skipped: number;
  /** The parameter by which the next page is asked for, undefined on the last one. */
  readonly next?: PageParameter;
  /** Likewise the page before. */
  readonly previous?: PageParameter;
  readonly numberMatched: number;
}

export type PageParameter = { readonly cursor: string } | { readonly offset: number };

/** How many jobs are in each state. */
export interface JobCounts {
  readonly all: number;
  readonly statuses: Readonly<Partial<Record<StatusCode, number>>>;
  /** Of jobs that failed, as far as the caller may know why. */
  readonly causes: Readonly<Partial<Record<CauseType, number>>>;
}

/** Lists of jobs, eventually consistent. */
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
    const { order } = query;
    const matching = this.matching(query, now, reading);
    if (!order) return pageOf(query, matching, newestFirst, (job) => this.cache.statusOf(job));
    const sorted = matching
      .map((job) => ({ job, ...order.positionOf(job, this.cache.statusOf(job)) }))
      .sort(order.compare);
    const compare = (a: ListPosition, b: ListPosition) => order.compare(a as SortedPosition, b as SortedPosition);
    return pageOf(query, sorted, compare, ({ job }) => this.cache.statusOf(job));
  }

  /** Of the jobs that match in all but status and cause, how many are in which. */
  counts(query: JobListQuery, now: Date, reading: Reading): JobCounts {
    const others = { ...query, statuses: undefined, causes: undefined };
    const counted = isFiltered(others)
      ? countedStates(this.matching(others, now, reading), this.tally)
      : this.states(reading.scope).map(({ state, size }) => [state, size] as const);
    const [statuses, causes] = [new Map<StatusCode, number>(), new Map<CauseType, number>()];
    let all = 0;
    for (const [state, count] of counted) {
      all += count;
      statuses.set(state.status, (statuses.get(state.status) ?? 0) + count);
      if (state.cause && reading.mayRead(state)) causes.set(state.cause, (causes.get(state.cause) ?? 0) + count);
    }
    return { all, statuses: Object.fromEntries(statuses), causes: Object.fromEntries(causes) };
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

  private states({ owners, sees }: Scope = {}): readonly Bin[] {
    const states = this.tally.states(owners);
    return sees ? states.filter(({ state }) => sees(state)) : states;
  }

  /** Newest first. The array may be shared: do not change it. */
  private matching(query: JobListQuery, now: Date, reading: Reading): readonly JobRecord[] {
    const { statuses, causes, ...others } = query;
    const jobs = statuses || causes ? this.inState(query, reading) : this.within(reading.scope);
    if (!isFiltered(others)) return jobs;
    const needsStatus = [query.text, query.minDuration, query.maxDuration].some((asked) => asked !== undefined);
    return jobs.filter(
      (job) =>
        matches(others, job, undefined, now) &&
        (!needsStatus || matches(others, job, this.cache.statusOf(job), now, reading)),
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
  statuses,
  causes,
  minDuration,
  maxDuration,
}: JobListQuery): boolean {
  return [types, processIds, datetime, text, statuses, causes, minDuration, maxDuration].some(
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

/** @param matching all jobs of the list, in its order */
function pageOf<T extends ListPosition>(
  query: JobListQuery,
  matching: readonly T[],
  compare: (a: ListPosition, b: ListPosition) => number,
  statusOf: (item: T) => JobStatus,
): JobPage {
  const start = startOf(query, matching, compare);
  const end = start + query.limit;
  const shown = matching.slice(start, end);
  const [first, last] = [shown[0], shown.at(-1)];
  const page = { jobs: shown.map(statusOf), skipped: Math.min(start, matching.length), numberMatched: matching.length };
  const hasMore = end < matching.length;
  if (query.offset !== undefined) {
    return {
      ...page,
      ...(hasMore ? { next: { offset: end } } : {}),
      ...(start > 0 ? { previous: { offset: Math.max(0, start - query.limit) } } : {}),
    };
  }
  return {
    ...page,
    ...(hasMore && last ? { next: { cursor: encodeCursor(query, last) } } : {}),
    ...(start > 0 && first ? { previous: { cursor: encodeCursor(query, first, 'before') } } : {}),
  };
}

function startOf<T extends ListPosition>(
  { offset = 0, after, before, limit }: JobListQuery,
  matching: readonly T[],
  compare: (a: ListPosition, b: ListPosition) => number,
): number {
  const positions: readonly ListPosition[] = matching;
  // A page that is cut short by the beginning of the list is the first one.
  if (before) return Math.max(0, countBefore(positions, before, compare) - limit);
  if (!after) return offset;
  const at = countBefore(positions, after, compare);
  const found = positions[at];
  return found && compare(found, after) === 0 ? at + 1 : at;
}
