/**
 * What can go wrong, without HTTP. The exception filter is the only place that turns these into statuses and problems
 * (RFC 7807, OGC API - Processes 1.0 section 7.5).
 */
export abstract class DomainError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export class ProcessNotFoundError extends DomainError {
  constructor(readonly processId: string) {
    super(`There is no process "${processId}".`);
  }
}

export class JobNotFoundError extends DomainError {
  constructor(readonly jobId: string) {
    super(`There is no job "${jobId}".`);
  }
}

/** A link for others opens nothing (any more): the same is said of each that does not. */
export class ShareOverError extends DomainError {
  constructor() {
    super('This link is over or was never made: ask whoever gave it to you for another.');
  }
}

/** The job was dismissed, or is being removed. */
export class JobGoneError extends DomainError {
  constructor(
    readonly jobId: string,
    what: 'dismissed' | 'removed' = 'dismissed',
  ) {
    super(
      what === 'removed' ? `Job "${jobId}" is being removed.` : `Job "${jobId}" was dismissed, and has no results.`,
    );
  }
}

/** The results were kept for as long as was promised, and not longer. */
export class ResultsExpiredError extends DomainError {
  constructor(
    readonly jobId: string,
    expired: Date,
  ) {
    super(
      `The results of job "${jobId}" were kept until ${expired.toISOString()}, as its process says (results_ttl), and have been removed. Its status and log are still there.`,
    );
  }
}

export class ResultNotReadyError extends DomainError {
  constructor(
    readonly jobId: string,
    status: string,
  ) {
    super(`Job "${jobId}" has no results yet: its status is "${status}".`);
  }
}

/** One fault in a request. */
export interface RequestFault {
  /** JSON Pointer into the request body (`/inputs/name`), or a parameter's name. */
  readonly pointer: string;
  /** What is wrong and what was expected. */
  readonly message: string;
}

/** The most faults that are told of one request. */
export const MOST_FAULTS = 100;
/** Characters of a fault's pointer, and of its message. */
const LONGEST_POINTER = 500;
const LONGEST_SENTENCE = 1_000;

/** The request's content is wrong; lists the faults found, at most {@link MOST_FAULTS}, long ones shortened. */
export class InvalidRequestError extends DomainError {
  readonly faults: readonly RequestFault[];

  constructor(message: string, faults: readonly RequestFault[] = []) {
    const hasMore = faults.length > MOST_FAULTS;
    super(hasMore ? `${message} The first ${MOST_FAULTS} faults are listed; there are more.` : message);
    this.faults = faults.slice(0, MOST_FAULTS).map((fault) => ({
      pointer: shortened(fault.pointer, LONGEST_POINTER),
      message: shortened(fault.message, LONGEST_SENTENCE),
    }));
  }
}

function shortened(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The body of a request is no JSON, or no UTF-8. */
export class MalformedJsonError extends DomainError {
  /** @param place line and column from 1, and what was expected there */
  constructor(
    message: string,
    readonly place: { readonly line: number; readonly column: number; readonly expected: string },
  ) {
    super(message);
  }
}

export class PayloadTooLargeError extends DomainError {}

/** A header that is parsed is longer than the server reads. */
export class HeaderTooLongError extends DomainError {}

/** The request is for a host that this server does not answer to. */
export class MisdirectedError extends DomainError {}

/** The body is in a content coding that is not read. */
export class UnsupportedCodingError extends DomainError {
  constructor(
    coding: string,
    /** Those that are, divided by commas. */
    readonly codings: string,
  ) {
    super(
      `The body is in the coding "${coding.slice(0, 40)}" (Content-Encoding), which is not read; ` +
        `those that are: ${codings}, one of them, or none.`,
    );
  }
}

/** Inputs that are valid, and more than what reaches the container of their process. */
export class InputsTooLargeError extends PayloadTooLargeError {
  /** @param faults the inputs that are, where that is known */
  constructor(
    message: string,
    readonly faults: readonly RequestFault[] = [],
  ) {
    super(message);
  }
}

/** The `Idempotency-Key` stands for another request already. */
export class IdempotencyConflictError extends DomainError {}

/** The id that a request chose for its job is that of another already, whoever's. */
export class JobIdTakenError extends DomainError {
  constructor(readonly jobId: string) {
    super(`The job_id "${jobId}" is taken; nothing was created. Choose another UUID, or none.`);
  }
}

/** A synchronous request waited as long as it may, and its job goes on. */
export class SyncWaitExceededError extends DomainError {}

/** What was asked for was there, and is over for good. */
export class EndedError extends DomainError {}

/** A range of bytes that lies behind the end. */
export class RangeNotSatisfiableError extends DomainError {
  /** @param size how many bytes there are, where that is to be said */
  constructor(
    message: string,
    readonly size?: number,
  ) {
    super(message);
  }
}

/** The length of what is sent must be said before. */
export class LengthRequiredError extends DomainError {}

/** A token is needed and was not given, or does not match. */
export class UnauthorizedError extends DomainError {}

/** A token was given, and is none, is over, or is for something else. */
export class InvalidTokenError extends UnauthorizedError {}

/** Who asks is known, and may know of what is asked for, but may not do this with it. */
export class ForbiddenError extends DomainError {}

/** What is asked is understood but cannot be done with the server as it is configured (an invalid security context, say). */
export class MisconfiguredError extends DomainError {}

/** Something that this server needs does not answer now; trying again later may help. */
export class UnavailableError extends DomainError {
  constructor(
    message: string,
    readonly retryAfterSeconds: number = 5,
  ) {
    super(message);
  }
}

/** As many jobs run or wait as may; with a later try there is room. */
export class TooManyJobsError extends DomainError {
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The results of a job that failed were asked for; says why it failed. */
export class JobFailedError extends DomainError {
  constructor(
    readonly jobId: string,
    /** A word for the kind of cause, as in `non-zero-exit`. */
    readonly causeType: string,
    message: string,
  ) {
    super(message);
  }
}

/** The log of a job stands in the object store, but not whole. */
export class LogIncompleteError extends DomainError {}

/** What was asked for is there, but not in the shape that was asked for. */
export class NotAcceptableError extends DomainError {}

/** What was asked for is not there: a log that was never kept, an output that the job did not give. */
export class NotAvailableError extends DomainError {}

/** There are no such outputs, of a process or of a job: nothing else is wrong with the request. */
export class OutputNotFoundError extends InvalidRequestError {}

/** The execute request asked for no outputs, so that there are none to fetch. */
export class ResultNotAvailableError extends DomainError {
  constructor(jobId: string) {
    super(`Job "${jobId}" has no results to fetch: its execute request asked for none ("outputs": {}).`);
  }
}

/** What is executed by `GET` was asked for by the page of another site, or ahead of anybody's wish. */
export class UnwantedRequestError extends DomainError {
  constructor() {
    super('This address executes; it was not opened by a person or a program, but by another site, or ahead of time.');
  }
}

/** A parameter has a value that it cannot have. */
export class InvalidParameterError extends InvalidRequestError {}

/** A form was sent by the page of another site. */
export class CrossSiteError extends DomainError {
  constructor() {
    super('This form was not sent by a page of this server.');
  }
}
