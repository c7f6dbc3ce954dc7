import { JobOrder } from '../../jobs/listing/job-order.js';
import { newestFirst } from '../../jobs/model/job-record.js';
import type {
  ArchiveCriterion,
  ArchiveFilter,
  ArchiveRange,
  ArchiveSortedPosition,
  SeenProcess,
} from '../records/archive.js';
import type { ArchivedJob, ArchivePosition } from '../records/archived-job.js';

/** What lists say of filters, in the plainest way: what a database answers is compared with it. */
export function isMatching(job: ArchivedJob, filter: ArchiveFilter): boolean {
  const { processIds, seenProcesses, statuses, causes, readableProcesses, owners, text, titledProcesses, tags } =
    filter;
  const isOf = (processes: readonly SeenProcess[]) =>
    processes.some(
      ({ processId, processUnsigned }) =>
        processId === job.processId && processUnsigned === (job.processUnsigned ?? false),
    );
  const mayRead = !readableProcesses || isOf(readableProcesses);
  const seconds = job.started && (job.finished.getTime() - job.started.getTime()) / 1000;
  const asksDuration = filter.minDuration !== undefined || filter.maxDuration !== undefined;
  const isSaid = (words: string) =>
    job.jobId.includes(words) ||
    job.processId.toLowerCase().includes(words) ||
    (titledProcesses?.includes(job.processId) ?? false) ||
    (mayRead && [job.message, ...job.tags].some((text) => text.toLowerCase().includes(words)));
  return (
    (processIds?.includes(job.processId) ?? true) &&
    (!seenProcesses || isOf(seenProcesses)) &&
    (statuses?.includes(job.status) ?? true) &&
    (!causes || (job.status === 'failed' && causes.includes(job.cause ?? '') && mayRead)) &&
    (owners?.includes(job.owner ?? '') ?? true) &&
    (!tags || tags.length === 0 || (tags.every((tag) => job.tags.includes(tag)) && mayRead)) &&
    (!filter.created ||
      (job.created.getTime() >= filter.created.start && job.created.getTime() <= filter.created.end)) &&
    (!asksDuration ||
      (seconds !== undefined &&
        seconds >= (filter.minDuration ?? -Infinity) &&
        seconds <= (filter.maxDuration ?? Infinity))) &&
    (text === undefined || isSaid(text))
  );
}

const KEYS = {
  created: (job: ArchivedJob) => job.created.getTime(),
  started: (job: ArchivedJob) => job.started?.getTime() ?? null,
  finished: (job: ArchivedJob) => job.finished.getTime(),
  duration: (job: ArchivedJob) => (job.started ? job.finished.getTime() - job.started.getTime() : null),
  processID: (job: ArchivedJob) => job.processId,
};

export function positionOf(job: ArchivedJob, order: readonly ArchiveCriterion[] = []) {
  const { created, requestedAt, name } = job;
  return { created, requestedAt, name, keys: order.map(({ property }) => KEYS[property](job)) };
}

/** The order of the list of jobs, as it says itself. */
function compared(order: readonly ArchiveCriterion[] = []): (a: ArchivePosition, b: ArchivePosition) => number {
  if (order.length === 0) return newestFirst;
  const sorted = JobOrder.parse(order.map(({ property, descending }) => (descending ? '-' : '') + property).join());
  if ('faults' in sorted) throw new Error(sorted.faults.join());
  return (a, b) => sorted.compare(a as ArchiveSortedPosition, b as ArchiveSortedPosition);
}

/** What a list of these jobs has. */
export function listed(jobs: readonly ArchivedJob[], filter: ArchiveFilter, range: ArchiveRange): ArchivedJob[] {
  const { order, after, before, offset = 0, limit } = range;
  const compare = compared(order);
  const places = jobs
    .filter((job) => isMatching(job, filter))
    .map((job) => ({ job, ...positionOf(job, order) }))
    .sort(compare);
  if (!before) {
    const rest = places.filter((place) => !after || compare(place, after) > 0);
    return rest.slice(offset, offset + limit).map(({ job }) => job);
  }
  const nearest = places.filter((place) => compare(place, before) < 0).reverse();
  return nearest
    .slice(offset, offset + limit)
    .reverse()
    .map(({ job }) => job);
}
