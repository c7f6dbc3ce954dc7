import { InvalidRequestError, type RequestFault } from '../ogc/domain-errors.js';
import { type JobRecord, type ListPosition, newestFirst } from './job-record.js';
import type { JobStatus, StatusCode } from './job-status.js';

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
  /** Whether a job comes after the page before; undefined on the first page. */
  readonly after?: (job: JobRecord) => boolean;
  readonly cursorOf: (job: JobRecord) => string;
  /** Whether {@link matches} needs the job's status. */
  readonly needsStatus: boolean;
}

type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

const STATUSES: readonly StatusCode[] = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
const PARAMETERS = [
  'type',
  'processID',
  'status',
  'datetime',
  'minDuration',
  'maxDuration',
  'limit',
  'cursor',
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
    .filter((name) => !PARAMETERS.includes(name))
    .map((name) => ({
      pointer: name,
      message: `is not a parameter of this resource; those are ${PARAMETERS.join(', ')}`,
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
  const number = (name: string, minimum: number): number | undefined => {
    const text = one(name);
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text) || Number(text) < minimum)
      return fault(name, `must be an integer of at least ${minimum} (is "${text}")`);
    return Number(text);
  };

  const statuses = list('status');
  const unknown = statuses?.filter((status) => !STATUSES.includes(status as StatusCode)) ?? [];
  if (unknown.length > 0) fault('status', `must be one of ${STATUSES.join(', ')} (is "${unknown.join(', ')}")`);
  const datetime = one('datetime');
  const interval =
    datetime === undefined
      ? undefined
      : (parseInterval(datetime) ??
        fault('datetime', 'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end'));
  const cursor = one('cursor');
  const position =
    cursor === undefined ? undefined : (decodeCursor(cursor) ?? fault('cursor', 'is not one that this server gave'));
  const [minDuration, maxDuration] = [number('minDuration', 0), number('maxDuration', 0)];
  const limit = number('limit', 1) ?? limits.defaultItems;
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
    after: position && ((job) => newestFirst(position, job) < 0),
    cursorOf: encodeCursor,
    needsStatus: statuses !== undefined || minDuration !== undefined || maxDuration !== undefined,
  };
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

function encodeCursor({ created, requestedAt = 0, name }: ListPosition): string {
  return Buffer.from(`${created.getTime()} ${requestedAt} ${name}`).toString('base64url');
}

function decodeCursor(cursor: string): ListPosition | undefined {
  const match = /^(\d{1,15}) (\d{1,15}) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  return match
    ? { created: new Date(Number(match[1])), requestedAt: Number(match[2]), name: match[3] ?? '' }
    : undefined;
}
