import { JobOrder } from '../../jobs/listing/job-order.js';
import { newestFirst } from '../../jobs/model/job-record.js';
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
    (!filter.tags?.length || (filter.tags.every((tag) => job.tags.includes(tag)) && mayRead)) &&
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

/** @param order absent: newest first */
export function positionOf(job: ArchivedJob, order: readonly ArchiveCriterion[] = []): ArchiveSortedPosition {
  const { created, requestedAt, name } = job;
  return { created, requestedAt, name, keys: order.map(({ property }) => KEYS[property](job)) };
}

/** The part of the records that a range asks for, in its order. */
export function cut(jobs: readonly ArchivedJob[], range: ArchiveRange): readonly ArchivedJob[] {
  const { order, after, before, limit, offset = 0, except = [] } = range;
  const compare = compared(order);
  const left = new Set(except);
  const placed = jobs
    .filter(({ jobId }) => !left.has(jobId))
    .map((job) => ({ job, position: positionOf(job, order) }))
    .sort((a, b) => compare(a.position, b.position))
    .filter(({ position }) => !after || compare(position, after) > 0)
    .filter(({ position }) => !before || compare(position, before) < 0)
    .map(({ job }) => job);
  if (after || !before) return placed.slice(offset, offset + limit);
  const end = Math.max(0, placed.length - offset);
  return placed.slice(Math.max(0, end - limit), end);
}

/** The order of the list of jobs, as it says itself. */
function compared(order: readonly ArchiveCriterion[] = []): (a: ArchivePosition, b: ArchivePosition) => number {
  if (order.length === 0) return newestFirst;
  const sorted = JobOrder.parse(order.map(({ property, descending }) => (descending ? '-' : '') + property).join());
  if ('faults' in sorted) throw new Error(sorted.faults.join());
  return (a, b) => sorted.compare(a as ArchiveSortedPosition, b as ArchiveSortedPosition);
}
