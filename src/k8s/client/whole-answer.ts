import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { withoutManagedFields } from './without-managed-fields.js';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** JSON; of Jobs and pods without their `managedFields`. */
  readonly text: string;
}

export interface Waiting {
  /** Milliseconds until all of it must be there. */
  readonly timeout: number;
  /** What it rejects with where it is not. */
  readonly late: () => Error;
  readonly signal?: AbortSignal;
  /** Told as soon as the headers are there. */
  readonly onHeaders: (status: number, headers: IncomingHttpHeaders) => void;
}

/**
 * Sends a request, and reads the answer to its end. It is not undici's `request`, whose answers are streams, which takes a signal for each
 * deadline: for small answers these cost more than the answer (docs/performance.md).
 * @throws undici's errors, the signal's reason, what `late` makes
 */
export function wholeAnswer(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { timeout, late, signal, onHeaders }: Waiting,
): Promise<WholeAnswer> {
  // Both may have come to pass while the request was made ready.
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  if (timeout <= 0) return Promise.reject(late());
  const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
  let controller: Dispatcher.DispatchController | undefined;
  let broken: Error | undefined;
  let status = 0;
  let headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  const breakOff = (reason: Error): void => {
    broken = reason;
    end();
    reject(reason);
    controller?.abort(reason);
  };
  const onAbort = (): void => breakOff(signal?.reason as Error);
  const timer = setTimeout(() => breakOff(late()), timeout);
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  const fail = (error: Error): void => {
    end();
    reject(error);
  };
  signal?.addEventListener('abort', onAbort);
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (started) => {
      controller = started;
      if (broken) started.abort(broken);
    },
    onResponseStart: (_controller, statusCode, answered) => {
      if (statusCode < 200) return;
      [status, headers] = [statusCode, answered];
      onHeaders(status, headers);
    },
    onResponseData: (_controller, chunk) => void chunks.push(chunk),
    onResponseEnd: () => {
      end();
      const [first] = chunks;
      const body = chunks.length === 1 && first ? first : Buffer.concat(chunks);
      resolve({ status, headers, text: withoutManagedFields(body) });
    },
    onResponseError: (_controller, error) => fail(error),
  };
  try {
    dispatcher.dispatch(options, handler);
  } catch (error) {
    // That of a proxy looks at the headers first.
    fail(error as Error);
  }
  return promise;
}
