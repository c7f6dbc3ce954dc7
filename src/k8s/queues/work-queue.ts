import type { LogFields } from '../../logging/log-fields.js';

/** What a pass over a key says: done (undefined), or look again after so many milliseconds even if nothing changes. */
export type ReconcileResult = { readonly requeueAfter: number } | undefined | void;

export interface WorkQueueOptions {
  readonly name: string;
  /** What is said of a key in each line that a pass over it logs; default: the key as `resource`. */
  readonly fieldsOf?: (key: string) => LogFields;
  /** Passes at the same time, of different keys; one key is never worked on twice at once. */
  readonly concurrency: number;
  /** Backoff of a failing key, milliseconds; doubled on each failure in a row. */
  readonly baseDelay?: number;
  readonly maxDelay?: number;
  /** The delay before the next retry, milliseconds, of how long the key has been failing, milliseconds; in the place of the exponential backoff. */
  readonly delayAfter?: (failingFor: number) => number;
  /** Called with each failure; the key is retried afterwards unless this returns `drop`. */
  readonly onError?: (key: string, error: unknown, failures: number) => 'retry' | 'drop';
}

/**
 * A keyed work queue with the promises of Kubernetes' client-go workqueue: a key added while it waits is worked on once, a key added while it is
 * worked on is worked on again afterwards, failures back off exponentially (with jitter) and success resets the backoff.
 */
export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, milliseconds: number): void;
  /** Keys waiting or being worked on (not those waiting for a time). */
  readonly depth: number;
  /** No further passes start; resolves when those under way have ended. */
  shutDown(): Promise<void>;
}
