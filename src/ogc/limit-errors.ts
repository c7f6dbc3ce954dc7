import { DomainError, InputsTooLargeError } from './domain-errors.js';

/** A limit of who asks, for programs. */
export interface ExceededLimit {
  /** As the configuration names it, `waiting`. */
  readonly name: string;
  /** Where the configuration says it. */
  readonly key: string;
  /** In bytes, jobs, requests or connections, as the name says. */
  readonly limit: number;
  /** What is used of it, with what was asked for where that decides. */
  readonly used: number;
}

/** Who asks has as much as one may have; others may go on. */
export class LimitExceededError extends DomainError {
  constructor(
    message: string,
    readonly exceeded: ExceededLimit,
    readonly retryAfterSeconds: number,
  ) {
    super(message);
  }
}

/** The inputs are more than who asks may send. */
export class InputLimitError extends InputsTooLargeError {
  constructor(
    message: string,
    readonly exceeded: ExceededLimit,
  ) {
    super(message);
  }
}

/** The limit that was exceeded; undefined for what has nothing to do with one. */
export function exceededBy(error: unknown): ExceededLimit | undefined {
  return error instanceof LimitExceededError || error instanceof InputLimitError ? error.exceeded : undefined;
}
