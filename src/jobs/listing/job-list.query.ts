import type { Patience } from '../../archive/records/patience.js';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';
import { type Interval, intervalFault, parseInterval } from './list-interval.js';
import { decodeCursor, type PagePlace } from './list-cursor.js';
import { JobOrder } from './job-order.js';
import { LONGEST_TAG, MOST_TAGS } from '../model/annotations/archival.js';
import { CAUSE_TYPES } from '../model/cause-types.js';
import type { JobRecord } from '../model/job-record.js';
import type { JobStatus, StatusCode } from '../model/job-status.js';

/** What `GET /jobs` asks for, checked. */
export interface JobListQuery extends PagePlace {
  readonly limit: number;
  readonly processIds?: ReadonlySet<string>;
  readonly statuses?: ReadonlySet<string>;
  /** Of jobs that failed. */
  readonly causes?: ReadonlySet<string>;
  /** Whose jobs: a name, a label, or {@link ME}. */
  readonly owner?: string;
  /** Text that stands in a job's id, process, message or tags, in lower case. */
  readonly text?: string;
  /** What the job is to be called, each of them. */
  readonly tags?: readonly string[];
  /** Only `process` is a type here: any other matches nothing. */
  readonly types?: ReadonlySet<string>;
  /** Milliseconds since the epoch, both ends inclusive; of `created`. */
  readonly datetime?: Interval;
  /** Seconds. */
  readonly minDuration?: number;
  readonly maxDuration?: number;
  /** Undefined: newest first, as the jobs are kept. */
  readonly order?: JobOrder;
  /** How many jobs come before the page, as clients of pygeoapi ask; undefined: pages go by `after`. */
  readonly offset?: number;
  /** Whether {@link matches} needs the job's status. */
  readonly needsStatus: boolean;
}

/** As `owner`: the caller's own jobs. */
export const ME = 'me';

/** Which jobs there are, for a caller. */
export interface Scope {
  /** Whose, by their labels; undefined: everybody's, and nobody's. */
  readonly owners?: readonly string[];
  /** Whether the caller may know of jobs of this process; undefined: of every process. */
  sees?(job: Pick<JobRecord, 'processId' | 'processUnsigned'>): boolean;
}

/** What of jobs a caller may be told beside what everybody may. */
export interface Reading {
  /** Undefined: there are all. */
  readonly scope?: Scope;
  /** Whether the caller may read all of the status. */
  mayRead(job: Pick<JobRecord, 'processId' | 'processUnsigned'>): boolean;
  /** Whether the title of a process has the text that the query looks for. */
  isTitled(processId: string): boolean;
  /** How long the archive is waited for yet; undefined: nobody has waited for it. */
  readonly patience?: Patience;
  /** The archive did not answer whose jobs are meant: those in it are not known. */
  readonly isIncomplete?: true;
}

/** Of a caller of whom nothing is known. */
const NOTHING: Reading = { mayRead: () => false, isTitled: () => false };

type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

const STATUSES: readonly StatusCode[] = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
/** What narrows the list. */
export const JOB_FILTERS: readonly string[] = [
  'type',
  'processID',
  'status',
  'cause',
  'owner',
  'q',
  'tag',
  'datetime',
  'minDuration',
  'maxDuration',
];
export const JOB_LIST_PARAMETERS: readonly string[] = [
  ...JOB_FILTERS,
  'sortby',
  'limit',
  'cursor',
  'offset',
  'f',
  'lang',
];

/** Characters of `q`: what is looked for in every job. */
export const LONGEST_TEXT = 200;

/**
 * Reads the parameters of the job list (OGC API - Processes 1.0, section 12). An empty value is as if the parameter were not there: forms
 * send such.
 * @throws InvalidRequestError naming every parameter that is unknown or malformed
 * @param now when intervals that are as long as said begin or end
 */
export function parseJobListQuery(
  given: RawQuery,
  limits: { defaultItems: number; maxItems: number },
  now = new Date(),
): JobListQuery {
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
  const causes = list('cause');
  const unknownCauses = causes?.filter((cause) => !CAUSE_TYPES.some((known) => known === cause)) ?? [];
  if (unknownCauses.length > 0)
    fault('cause', `must be one of ${CAUSE_TYPES.join(', ')} (is "${unknownCauses.join(', ')}")`);
  const text = one('q')?.trim().toLowerCase();
  if (text !== undefined && text.length > LONGEST_TEXT) fault('q', `must have at most ${LONGEST_TEXT} characters`);
  const tags = raw['tag'] === undefined ? undefined : [raw['tag']].flat().filter((tag) => tag !== '');
  if (tags && tags.length > MOST_TAGS)
    fault('tag', `must be given at most ${MOST_TAGS} times (is ${tags.length} times)`);
  if (tags?.some((tag) => [...tag].length > LONGEST_TAG)) fault('tag', `must have at most ${LONGEST_TAG} characters`);
  const owner = one('owner');
  const datetime = one('datetime');
  const interval =
    datetime === undefined ? undefined : (parseInterval(datetime, now) ?? fault('datetime', intervalFault(datetime)));
  const sortby = list('sortby')?.join();
  const order = sortby === undefined ? undefined : JobOrder.parse(sortby);
  if (order && 'faults' in order) order.faults.forEach((message) => fault('sortby', message));
  const sorted = order instanceof JobOrder ? order : undefined;
  const cursor = one('cursor');
  const place =
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
    causes: causes && new Set(causes),
    ...(owner === undefined ? {} : { owner }),
    ...(text ? { text } : {}),
    ...(tags && tags.length > 0 ? { tags } : {}),
    types: types && new Set(types),
    datetime: interval,
    minDuration,
    maxDuration,
    order: sorted,
    ...place,
    offset,
    needsStatus: [sorted, statuses, causes, text, minDuration, maxDuration].some((asked) => asked !== undefined),
  };
}

/**
 * @param status undefined unless the query needs it
 * @param reading what the caller may be told; by default causes, messages and tags are nobody's, so that they are not found
 */
export function matches(
  query: JobListQuery,
  job: JobRecord,
  status: JobStatus | undefined,
  now: Date,
  reading = NOTHING,
): boolean {
  if (reading.scope && !isWithin(reading.scope, job)) return false;
  if (query.types && !query.types.has('process')) return false;
  if (query.processIds && !query.processIds.has(job.processId)) return false;
  const created = job.created.getTime();
  if (query.datetime && (created < query.datetime.start || created > query.datetime.end)) return false;
  if (query.tags && !(query.tags.every((tag) => job.tags?.includes(tag)) && reading.mayRead(job))) return false;
  if (!status) return true;
  return (
    isInState(query, { ...job, status: status.status, cause: status.cause?.type }, reading) &&
    lasts(query, status, now) &&
    (query.text === undefined || says(query.text, job, status, reading))
  );
}

/** Whether there is the job, for whose scope it is. */
export function isWithin(
  { owners, sees }: Scope,
  job: Pick<JobRecord, 'processId' | 'processUnsigned' | 'owner'>,
): boolean {
  return (owners?.includes(job.owner ?? '') ?? true) && (sees?.(job) ?? true);
}

type State = Pick<JobRecord, 'processId' | 'processUnsigned'> & Pick<JobStatus, 'status'> & { cause?: string };

/** As {@link matches}, of nothing but status and cause. */
export function isInState(query: JobListQuery, state: State, reading: Reading): boolean {
  if (query.statuses && !query.statuses.has(state.status)) return false;
  if (!query.causes) return true;
  return state.status === 'failed' && query.causes.has(state.cause ?? '') && reading.mayRead(state);
}

function lasts({ minDuration, maxDuration }: JobListQuery, { started, finished }: JobStatus, now: Date): boolean {
  if (minDuration === undefined && maxDuration === undefined) return true;
  if (!started) return false;
  const seconds = ((finished ?? now).getTime() - started.getTime()) / 1000;
  return seconds >= (minDuration ?? 0) && seconds <= (maxDuration ?? Infinity);
}

function says(text: string, job: JobRecord, { message }: JobStatus, reading: Reading): boolean {
  return (
    job.jobId.includes(text) ||
    job.processId.toLowerCase().includes(text) ||
    reading.isTitled(job.processId) ||
    ([message, ...(job.tags ?? [])].some((said) => said.toLowerCase().includes(text)) && reading.mayRead(job))
  );
}
