import { HttpException, HttpStatus } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import {
  CrossSiteError,
  DomainError,
  EndedError,
  ForbiddenError,
  HeaderTooLongError,
  IdempotencyConflictError,
  InputsTooLargeError,
  InvalidParameterError,
  InvalidRequestError,
  InvalidTokenError,
  JobFailedError,
  LogIncompleteError,
  JobGoneError,
  JobIdTakenError,
  JobNotFoundError,
  LengthRequiredError,
  MalformedJsonError,
  MisconfiguredError,
  MisdirectedError,
  NotAcceptableError,
  NotAvailableError,
  OutputNotFoundError,
  PayloadTooLargeError,
  ProcessNotFoundError,
  ResultNotAvailableError,
  ResultNotReadyError,
  RangeNotSatisfiableError,
  ResultsExpiredError,
  ShareOverError,
  SyncWaitExceededError,
  UnauthorizedError,
  TooManyJobsError,
  UnavailableError,
  UnwantedRequestError,
  UnsupportedCodingError,
} from './domain-errors.js';
import { exceededBy, LimitExceededError } from './limit-errors.js';
import { OGC_EXCEPTIONS, type Problem } from './problem.js';
import { type GeneralProblemType, problemTypeReference } from './problem-types.js';

export interface MappedProblem {
  readonly status: number;
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

interface Mapping {
  readonly error: abstract new (...args: never[]) => DomainError;
  readonly status: number;
  readonly type?: string;
  readonly title: string;
}

const ours = (name: GeneralProblemType): string => problemTypeReference(name);

const mappings: readonly Mapping[] = [
  { error: ProcessNotFoundError, status: 404, type: `${OGC_EXCEPTIONS}no-such-process`, title: 'No such process' },
  { error: JobNotFoundError, status: 404, type: `${OGC_EXCEPTIONS}no-such-job`, title: 'No such job' },
  { error: ShareOverError, status: 404, type: ours('link-over'), title: 'Link over' },
  { error: OutputNotFoundError, status: 400, type: `${OGC_EXCEPTIONS}no-such-output`, title: 'No such output' },
  {
    error: ResultNotAvailableError,
    status: 404,
    type: `${OGC_EXCEPTIONS}result-not-available`,
    title: 'Result not available',
  },
  { error: ResultNotReadyError, status: 404, type: `${OGC_EXCEPTIONS}result-not-ready`, title: 'Result not ready' },
  { error: JobGoneError, status: 410, type: ours('job-dismissed'), title: 'Job dismissed' },
  { error: ResultsExpiredError, status: 410, type: ours('results-expired'), title: 'Results expired' },
  { error: EndedError, status: 410, type: ours('ended'), title: 'Gone' },
  { error: LengthRequiredError, status: 411, type: ours('length-required'), title: 'Length required' },
  {
    error: RangeNotSatisfiableError,
    status: 416,
    type: ours('range-not-satisfiable'),
    title: 'Range not satisfiable',
  },
  { error: LogIncompleteError, status: 500, type: ours('log-incomplete'), title: 'Log incomplete' },
  { error: JobFailedError, status: 500, type: problemTypeReference('failed'), title: 'Job failed' },
  { error: NotAcceptableError, status: 406, type: ours('not-acceptable'), title: 'Not acceptable' },
  { error: NotAvailableError, status: 404, type: ours('not-available'), title: 'Not available' },
  {
    error: InvalidParameterError,
    status: 400,
    type: `${OGC_EXCEPTIONS}invalid-query-parameter-value`,
    title: 'Invalid parameter',
  },
  { error: InvalidRequestError, status: 400, type: ours('invalid-request'), title: 'Invalid request' },
  { error: MalformedJsonError, status: 400, type: ours('malformed-json'), title: 'No JSON' },
  {
    error: IdempotencyConflictError,
    status: 422,
    type: ours('idempotency-key-reused'),
    title: 'Idempotency-Key is used for another request',
  },
  { error: JobIdTakenError, status: 409, type: ours('job-id-taken'), title: 'The job_id is taken' },
  { error: SyncWaitExceededError, status: 504, type: ours('sync-wait-exceeded'), title: 'The job takes longer' },
  { error: InputsTooLargeError, status: 413, type: ours('inputs-too-large'), title: 'Inputs too large' },
  { error: PayloadTooLargeError, status: 413, type: ours('content-too-large'), title: 'Content too large' },
  {
    error: UnsupportedCodingError,
    status: 415,
    type: ours('unsupported-content-coding'),
    title: 'Unsupported content coding',
  },
  { error: HeaderTooLongError, status: 431, type: ours('header-too-long'), title: 'Header too long' },
  { error: MisdirectedError, status: 421, type: ours('misdirected'), title: 'Misdirected request' },
  { error: CrossSiteError, status: 403, type: ours('cross-site-form'), title: 'Form of another site' },
  { error: UnwantedRequestError, status: 403, type: ours('cross-site-request'), title: 'Request of another site' },
  { error: ForbiddenError, status: 403, type: ours('forbidden'), title: 'Forbidden' },
  { error: UnauthorizedError, status: 401, type: ours('unauthorized'), title: 'Unauthorized' },
  { error: MisconfiguredError, status: 500, type: ours('misconfigured'), title: 'Server misconfigured' },
  { error: TooManyJobsError, status: 429, type: ours('too-many-jobs'), title: 'Too many jobs' },
  { error: LimitExceededError, status: 429, type: ours('limit-exceeded'), title: 'Your limit is reached' },
  { error: UnavailableError, status: 503, type: ours('unavailable'), title: 'Service unavailable' },
];

/**
 * The status and problem (RFC 7807) of an error, or undefined for one that nobody foresaw: of such nothing may be shown.
 * Errors of the HTTP layer (Nest's, Fastify's) keep their status below 500. Types of this server's own are relative to the API's address.
 */
export function toProblem(error: unknown): MappedProblem | undefined {
  const mapping = mappings.find((candidate) => error instanceof candidate.error);
  if (mapping && error instanceof DomainError) {
    const exceeded = exceededBy(error);
    return {
      status: mapping.status,
      headers: headersOf(error),
      problem: {
        type: error instanceof JobFailedError ? problemTypeReference(error.causeType) : (mapping.type ?? 'about:blank'),
        title: mapping.title,
        status: mapping.status,
        detail: error.message,
        ...(listsFaults(error) && error.faults.length > 0 ? { errors: [...error.faults] } : {}),
        ...(error instanceof MalformedJsonError ? error.place : {}),
        ...(exceeded ? { limit: exceeded } : {}),
      },
    };
  }
  const status = httpStatusOf(error);
  if (status === undefined || status >= HttpStatus.INTERNAL_SERVER_ERROR) return undefined;
  return {
    status,
    headers: {},
    problem: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: error instanceof Error ? error.message : undefined,
    },
  };
}

function listsFaults(error: DomainError): error is InvalidRequestError | InputsTooLargeError {
  return error instanceof InvalidRequestError || error instanceof InputsTooLargeError;
}

function headersOf(error: DomainError): Record<string, string> {
  // RFC 6750, section 3
  if (error instanceof InvalidTokenError)
    return {
      'www-authenticate': `Bearer error="invalid_token", error_description="${error.message.replaceAll(/["\\]/g, '')}"`,
    };
  if (error instanceof UnauthorizedError) return { 'www-authenticate': 'Bearer' };
  if (error instanceof ForbiddenError) return { 'www-authenticate': 'Bearer error="insufficient_scope"' };
  if (error instanceof UnavailableError || error instanceof TooManyJobsError || error instanceof LimitExceededError)
    return { 'retry-after': String(error.retryAfterSeconds) };
  if (error instanceof RangeNotSatisfiableError && error.size !== undefined)
    return { 'content-range': `bytes */${error.size}` };
  if (error instanceof UnsupportedCodingError) return { 'accept-encoding': error.codings };
  return {};
}

function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  return undefined;
}
