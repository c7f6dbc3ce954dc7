import { Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import {
  InvalidRequestError,
  MisconfiguredError,
  UnauthorizedError,
  UnavailableError,
  type DomainError,
} from '../../ogc/domain-errors.js';

export const DEFAULT_PROCESSOR_TIMEOUT_SECONDS = 30;

/** Calls back once after so many milliseconds. @returns a function that cancels it */
export type After = (milliseconds: number, callback: () => void) => () => void;

export const afterSystemTime: After = (milliseconds, callback) => {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
};

/** What a processor says of itself is wrong; the message follows "the processor". */
export class ProcessorFault extends Error {}

/** Failures that a processor may tell clients of. */
const forClients: readonly (abstract new (...args: never[]) => DomainError)[] = [
  InvalidRequestError,
  UnauthorizedError,
  UnavailableError,
];

/** Calls the code of a processor for one process so that nothing it does, but to block the thread, harms the server. */
export class ProcessorCalls {
  private readonly logger = new Logger('Processor');

  /** @param processor its name in the configuration */
  constructor(
    private readonly processor: string,
    private readonly process: string,
    private readonly timeoutSeconds: number = DEFAULT_PROCESSOR_TIMEOUT_SECONDS,
    private readonly after: After = afterSystemTime,
  ) {}

  /**
   * @param purpose what the call is for: `make a pod`
   * @param work everything that touches what the processor gave, its promises and getters included
   * @throws MisconfiguredError that names processor and process, without what went wrong: that is in the log
   */
  async call<T>(purpose: string, work: () => Promise<T>): Promise<T> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<never>((_, reject) => {
      cancel = this.after(this.timeoutSeconds * 1000, () =>
        reject(new ProcessorFault(`did not answer within ${this.timeoutSeconds} s`)),
      );
    });
    try {
      return await Promise.race([work(), limit]);
    } catch (error) {
      if (forClients.some((kind) => error instanceof kind)) throw error;
      this.tell(purpose, error);
      throw new MisconfiguredError(`${this.subject} failed to ${purpose}; the server's log says why.`);
    } finally {
      cancel();
    }
  }

  /** Says in the log what went wrong. */
  tell(purpose: string, error: unknown): void {
    this.logger.error(`${this.subject} failed to ${purpose}: ${describe(error)}`, ...causeOf(error));
  }

  private get subject(): string {
    return `Processor "${this.processor}" of process "${this.process}"`;
  }
}

/** The message holds the stack already. */
function causeOf(error: unknown): unknown[] {
  return error instanceof Error && error.cause !== undefined ? [error.cause] : [];
}

function describe(error: unknown): string {
  if (error instanceof ProcessorFault) return `it ${error.message}`;
  return error instanceof Error ? (error.stack ?? String(error)) : `it threw ${inspect(error, { depth: 1 })}`;
}
