import { missingZone } from '../../ogc/date-times.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';
import { JobOrder, type SortedPosition } from './job-order.js';
import { type JobRecord, type ListPosition, newestFirst } from '../model/job-record.js';
import type { JobStatus, StatusCode } from '../model/job-status.js';

/** What `GET /jobs` asks for, checked. */
export interface JobListQuery {
  readonly limit: number;
  readonly processIds?: ReadonlySet<string>;
  readonly statuses?: ReadonlySet<string>;
  /** Only `process` is a type here: any other matches nothing. */
  readonly types?: ReadonlySet<string>;
  /** Milliseconds since the epoch, both ends inclusive; of `created`. */
  readonly datetime?: { readonly start: number; readonly end: number };
  /** Seconds. */
  readonly minDuration?: number;
  readonly maxDuration?: number;
  /** Undefined: newest first, as the jobs are kept. */
  readonly order?: JobOrder;
  /** The last job of the page before; undefined on the first page. */
  readonly after?: ListPosition | SortedPosition;
  /** How many jobs come before the page, as clients of pygeoapi ask; undefined: pages go by `after`. */
  readonly offset?: number;
  /** Whether {@link matches} needs the job's status. */
  readonly needsStatus: boolean;
}

type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

const STATUSES: readonly StatusCode[] = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
export const JOB_LIST_PARAMETERS: readonly string[] = [
  'type',
  'processID',
  'status',
  'datetime',
  'minDuration',
  'maxDuration',
  'sortby',
  'limit',
  'cursor',
  'offset',
  'f',
  'lang',
];

/**
 * Reads the parameters of the job list (OGC API - Processes 1.0, section 12). An empty value is as if the parameter were not there: forms send such.
 * @throws InvalidRequestError naming every parameter that is unknown or malformed
 */
export function parseJobListQuery(given: RawQuery, limits: { defaultItems: number; maxItems: number }): JobListQuery {
  const raw = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const faults: RequestFault[] = Object.keys(given)
    .filter((name) => !JOB_LIST_PARAMETERS.includes(name))
    .map((name) => ({
      pointer: name,
      message: `is not a parameter of this resource; those are ${JOB_LIST_PARAMETERS.join(', ')}`,
    }));
  const fault = (pointer: string, message: string): undefined => void faults.push({ pointer, message });
  const list = (name: string): readonly string[] | undefined => {
    const value = raw[name];
    return value === undefined
      ? undefined
      : (typeof value === 'string' ? [value] : value).flatMap((item) => item.split(','));
  };
  const one = (name: string): string | undefined => {
    const value = raw[name];
    if (typeof value === 'string' || value === undefined) return value;
    return fault(name, 'must be given once');
  };
  const number = (name: string, minimum: number, maximum = Infinity): number | undefined => {
    const text = one(name);
    if (text === undefined) return undefined;
    const range = maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    if (!/^\d+$/.test(text) || Number(text) < minimum || Number(text) > maximum)
      return fault(name, `must be an integer ${range} (is "${text}")`);
    return Number(text);
  };

  const statuses = list('status');
  const unknown = statuses?.filter((status) => !STATUSES.includes(status as StatusCode)) ?? [];
  if (unknown.length > 0) fault('status', `must be one of ${STATUSES.join(', ')} (is "${unknown.join(', ')}")`);
  const datetime = one('datetime');
  const interval =
    datetime === undefined ? undefined : (parseInterval(datetime) ?? fault('datetime', intervalFault(datetime)));
  const sortby = list('sortby')?.join();
  const order = sortby === undefined ? undefined : JobOrder.parse(sortby);
  if (order && 'faults' in order) order.faults.forEach((message) => fault('sortby', message));
  const sorted = order instanceof JobOrder ? order : undefined;
  const cursor = one('cursor');
  const after =
    cursor === undefined
      ? undefined
      : (decodeCursor(cursor, sorted) ?? fault('cursor', 'is not one that this server gave for this order'));
  const [minDuration, maxDuration] = [number('minDuration', 0), number('maxDuration', 0)];
  const limit = number('limit', 1) ?? limits.defaultItems;
  const offset = number('offset', 0, MAX_OFFSET);
  if (offset !== undefined && cursor !== undefined)
    fault('offset', 'must not be given with cursor: a page begins at the one or after the other');
  if (faults.length > 0) throw new InvalidRequestError('The parameters of the job list are wrong.', faults);

  const [processIds, types] = [list('processID'), list('type')];
  return {
    limit: Math.min(limit, limits.maxItems),
    processIds: processIds && new Set(processIds),
    statuses: statuses && new Set(statuses),
    types: types && new Set(types),
    datetime: interval,
    minDuration,
    maxDuration,
    order: sorted,
    after,
    offset,
    needsStatus:
      sorted !== undefined || statuses !== undefined || minDuration !== undefined || maxDuration !== undefined,
  };
}

/** Whether a job comes after the page before. */
export function isAfter(query: JobListQuery, position: ListPosition | SortedPosition): boolean {
  if (!query.after) return true;
  if (!query.order) return newestFirst(query.after, position) < 0;
  return 'keys' in query.after && 'keys' in position && query.order.compare(query.after, position) < 0;
}

/** @param status undefined unless the query needs it */
export function matches(query: JobListQuery, job: JobRecord, status: JobStatus | undefined, now: Date): boolean {
  if (query.types && !query.types.has('process')) return false;
  if (query.processIds && !query.processIds.has(job.processId)) return false;
  const created = job.created.getTime();
  if (query.datetime && (created < query.datetime.start || created > query.datetime.end)) return false;
  if (!status) return true;
  if (query.statuses && !query.statuses.has(status.status)) return false;
  if (query.minDuration === undefined && query.maxDuration === undefined) return true;
  if (!status.started) return false;
  const seconds = ((status.finished ?? now).getTime() - status.started.getTime()) / 1000;
  return seconds >= (query.minDuration ?? 0) && seconds <= (query.maxDuration ?? Infinity);
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/i;

function parseInterval(text: string): { start: number; end: number } | undefined {
  const [first = '', second, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const open = (end: string) => end === '' || end === '..';
  const start = open(first) && second !== undefined ? -Infinity : instant(first, false);
  const end = second === undefined ? instant(first, true) : open(second) ? Infinity : instant(second, true);
  return start === undefined || end === undefined || start > end ? undefined : { start, end };
}

function intervalFault(text: string): string {
  const ends = text.split('/');
  const withoutZone = ends.find((end) => missingZone(end) !== undefined);
  if (withoutZone !== undefined) return `${missingZone(withoutZone)} (is "${withoutZone}")`;
  const unescaped = ends.find((end) => / \d{2}:\d{2}$/.test(end));
  if (unescaped !== undefined) return `must have the + of its offset written as %2B in an address (is "${unescaped}")`;
  return 'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end';
}

/** A date is its first millisecond, or as the end of an interval its last; a date-time to the second is that second. */
function instant(text: string, last: boolean): number | undefined {
  if (!DATE_TIME.test(text)) return undefined;
  const time = Date.parse(text);
  // JavaScript takes 30 February for 2 March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate();
  if (Number.isNaN(time) || day !== Number(text.slice(8, 10))) return undefined;
  if (!last || text.includes('.')) return time;
  return time + (text.includes('T') || text.includes('t') ? 999 : 24 * 3600 * 1000 - 1);
}

/** @param position of the last job on the page */
export function encodeCursor(query: JobListQuery, position: ListPosition | SortedPosition): string {
  const { created, requestedAt = 0, name } = position;
  const sorted = query.order && 'keys' in position ? ` ${JSON.stringify([query.order.name, position.keys])}` : '';
  return Buffer.from(`${created.getTime()} ${requestedAt} ${name}${sorted}`).toString('base64url');
}

/** @returns undefined, too, for one of another order */
function decodeCursor(cursor: string, order: JobOrder | undefined): ListPosition | SortedPosition | undefined {
  const match = /^(\d{1,15}) (\d{1,15}) (\S+)(?: (.+))?$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!match || (match[4] === undefined) !== (order === undefined)) return undefined;
  const position = { created: new Date(Number(match[1])), requestedAt: Number(match[2]), name: match[3] ?? '' };
  if (!order) return position;
  const sorted = parseJson(match[4] ?? '');
  if (!Array.isArray(sorted) || sorted[0] !== order.name || !order.fits(sorted[1])) return undefined;
  return { ...position, keys: sorted[1] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
