import type {
  ArchiveCriterion,
  ArchiveFilter,
  ArchiveProperty,
  ArchiveRange,
  ArchiveSortedPosition,
  SeenProcess,
} from '../records/archive.js';
import type { ArchivedJob, ArchivePosition } from '../records/archived-job.js';

type Of = Pick<ArchivedJob, 'processId' | 'processUnsigned'>;

/** Whether a record is one of those that a filter asks for. */
export function matchesFilter(filter: ArchiveFilter, job: ArchivedJob): boolean {
  const mayRead = !filter.readableProcesses || isAmong(filter.readableProcesses, job);
  return (
    isIn(filter.processIds, job.processId) &&
    (!filter.seenProcesses || isAmong(filter.seenProcesses, job)) &&
    isIn(filter.statuses, job.status) &&
    (!filter.causes || (job.status === 'failed' && isIn(filter.causes, job.cause) && mayRead)) &&
    isIn(filter.owners, job.owner) &&
    (filter.text === undefined || says(filter.text, filter, job, mayRead)) &&
    (!filter.tags || (filter.tags.every((tag) => job.tags.includes(tag)) && mayRead)) &&
    (!filter.created || isWithin(job.created.getTime(), filter.created.start, filter.created.end)) &&
    lasts(filter, job)
  );
}

function isIn<T>(list: readonly T[] | undefined, value: T | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}

function isAmong(processes: readonly SeenProcess[], { processId, processUnsigned }: Of): boolean {
  const isUnsigned = processUnsigned ?? false;
  return processes.some((other) => other.processId === processId && other.processUnsigned === isUnsigned);
}

function says(text: string, { titledProcesses = [] }: ArchiveFilter, job: ArchivedJob, mayRead: boolean): boolean {
  const has = (said: string) => said.toLowerCase().includes(text);
  return (
    [job.jobId, job.processId].some(has) ||
    titledProcesses.includes(job.processId) ||
    (mayRead && [job.message, ...job.tags].some(has))
  );
}

function lasts({ minDuration, maxDuration }: ArchiveFilter, { started, finished }: ArchivedJob): boolean {
  if (minDuration === undefined && maxDuration === undefined) return true;
  if (!started) return false;
  return isWithin((finished.getTime() - started.getTime()) / 1000, minDuration ?? -Infinity, maxDuration ?? Infinity);
}

function isWithin(value: number, start: number, end: number): boolean {
  return value >= start && value <= end;
}

type Key = number | string | null;

const KEYS: Readonly<Record<ArchiveProperty, (job: ArchivedJob) => Key>> = {
  created: (job) => job.created.getTime(),
  started: (job) => job.started?.getTime() ?? null,
  finished: (job) => job.finished.getTime(),
  duration: (job) => (job.started ? job.finished.getTime() - job.started.getTime() : null),
  processID: (job) => job.processId,
};

/** The part of the records that a range asks for, in its order. */
export function cut(jobs: readonly ArchivedJob[], range: ArchiveRange): readonly ArchivedJob[] {
  const { order = [], after, before, limit, offset = 0, except = [] } = range;
  const left = new Set(except);
  const placed = jobs
    .filter(({ jobId }) => !left.has(jobId))
    .map((job) => ({ job, position: { ...job, keys: order.map(({ property }) => KEYS[property](job)) } }))
    .sort((a, b) => compare(order, a.position, b.position))
    .filter(({ position }) => !after || compare(order, position, after) > 0)
    .filter(({ position }) => !before || compare(order, position, before) < 0)
    .map(({ job }) => job);
  if (after || !before) return placed.slice(offset, offset + limit);
  const end = Math.max(0, placed.length - offset);
  return placed.slice(Math.max(0, end - limit), end);
}

type Position = ArchivePosition | ArchiveSortedPosition;

/** Those without a property last, those that are equal newest first. */
function compare(order: readonly ArchiveCriterion[], a: Position, b: Position): number {
  for (const [index, { descending }] of order.entries()) {
    const [left, right] = [keyAt(a, index), keyAt(b, index)];
    if (left === right) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right === descending ? 1 : -1;
  }
  return (
    b.created.getTime() - a.created.getTime() ||
    (b.requestedAt ?? 0) - (a.requestedAt ?? 0) ||
    (a.name < b.name ? 1 : a.name > b.name ? -1 : 0)
  );
}

function keyAt(position: Position, index: number): Key {
  return ('keys' in position ? position.keys[index] : undefined) ?? null;
}
