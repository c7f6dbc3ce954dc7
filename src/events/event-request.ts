import type { FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { JOB_FILTERS, type JobListQuery, parseJobListQuery } from '../jobs/listing/job-list.query.js';
import { isJobId } from '../k8s/names.js';
import { InvalidRequestError, NotAcceptableError, type RequestFault } from '../ogc/domain-errors.js';
import { SHARE_PARAMETER } from '../ogc/requests/share.js';
import { withoutIgnored } from '../ogc/requests/ignored-parameters.js';

export const EVENTS = 'text/event-stream';
/** Jobs that one stream may be asked about; their addresses have to fit into a line of a request. */
export const MOST_IDS = 100;

const OF_ONE = [SHARE_PARAMETER];

type RawQuery = Readonly<Record<string, string | readonly string[]>>;

export interface EventsQuery {
  /** Undefined: jobs of any id. */
  readonly ids?: readonly string[];
  readonly filters: JobListQuery;
}

/** @throws NotAcceptableError where the client takes no events */
export function demandEvents({ headers }: Pick<FastifyRequest, 'headers'>): void {
  if (new Negotiator({ headers: { accept: headers.accept } }).mediaType([EVENTS]) === EVENTS) return;
  throw new NotAcceptableError(`This resource is there as ${EVENTS}; the request accepts only ${headers.accept}.`);
}

/** The parameters of a stream of one job: none but that of a link for others. @throws InvalidRequestError */
export function parseJobEventsQuery(given: RawQuery, ignored: readonly string[]): void {
  refuseUnknown(withoutIgnored(given, OF_ONE, ignored), OF_ONE);
}

/**
 * The filters of the job list, and `id`. An empty value is as if the parameter were not there.
 * @throws InvalidRequestError naming every parameter that is unknown or malformed
 */
export function parseEventsQuery(given: RawQuery, ignored: readonly string[]): EventsQuery {
  const known = ['id', ...JOB_FILTERS];
  const { id, ...rest } = withoutIgnored(given, known, ignored);
  const filters = refuseUnknown(rest, known) ?? parseJobListQuery(rest, { defaultItems: 1, maxItems: 1 });
  const ids = [...new Set([id ?? []].flat().flatMap((item) => item.split(',')))].filter((item) => item !== '');
  const wrong = ids.filter((item) => !isJobId(item));
  if (wrong.length > 0) throw wrongId(`must be ids of jobs (is "${wrong.join(', ')}")`);
  if (ids.length > MOST_IDS) throw wrongId(`must be at most ${MOST_IDS} ids (are ${ids.length})`);
  return { ...(ids.length > 0 ? { ids } : {}), filters };
}

function refuseUnknown(given: RawQuery, known: readonly string[]): undefined {
  const among = known.length > 0 ? `those are ${known.join(', ')}` : 'it has none';
  const faults = Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((pointer): RequestFault => ({ pointer, message: `is not a parameter of this resource; ${among}` }));
  if (faults.length > 0) throw new InvalidRequestError('The parameters of the events are wrong.', faults);
}

function wrongId(message: string): InvalidRequestError {
  return new InvalidRequestError('The parameters of the events are wrong.', [{ pointer: 'id', message }]);
}
