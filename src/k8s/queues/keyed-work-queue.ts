import { Logger } from '@nestjs/common';
import { type LogFields, withLogFields } from '../../logging/log-fields.js';
import { Observer } from '../../observation/observer.js';
import { backoffDelay } from '../time/backoff.js';
import { systemClock } from '../time/clock.js';
import type { Clock } from '../time/clock.js';
import { KubernetesError } from '../client/kubernetes-error.js';
import type { ReconcileResult, WorkQueue, WorkQueueOptions } from './work-queue.js';

export interface WorkQueueMetrics {
  /** Keys taken in, those added while they already waited not counted. */
  readonly adds: number;
  /** Passes that failed and are repeated. */
  readonly retries: number;
  /** Duration of the longest pass so far, milliseconds. */
  readonly longest: number;
}

/** How a work queue is doing now; times in milliseconds, 0 where there is no such key. */
export interface WorkQueueState extends WorkQueueMetrics {
  readonly name: string;
  /** Keys waiting or being worked on. */
  readonly depth: number;
  /** Keys whose last pass failed. */
  readonly failing: number;
  /** For how long the key that waits longest has waited for its turn. */
  readonly oldestWaiting: number;
  /** For how long the pass that began first has been going on. */
  readonly oldestPass: number;
  /** For how long the key that fails longest has been failing. */
  readonly oldestFailing: number;
}

const DEFAULT_BASE_DELAY = 200;
const DEFAULT_MAX_DELAY = 60_000;
/** Milliseconds; what is due later is looked at once more meanwhile. Node's timers take no more than 24 days. */
const LONGEST_DELAY = 24 * 3600 * 1000;

/** {@link WorkQueue} in memory, first come first served. */
export class KeyedWorkQueue implements WorkQueue {
  readonly #logger: Logger;
  /** With the time at which each was added; the first waits longest. */
  readonly #waiting = new Map<string, number>();
  /** The first has been worked on longest. */
  readonly #working = new Map<string, { readonly since: number; readonly done: Promise<void> }>();
  /** Added while they are worked on, and when. */
  readonly #again = new Map<string, number>();
  readonly #timed = new Map<string, { due: number; cancel: () => void }>();
  readonly #failures = new Map<string, { readonly count: number; readonly since: number }>();
  readonly #metrics = { adds: 0, retries: 0, longest: 0 };
  #shuttingDown = false;

  constructor(
    private readonly options: WorkQueueOptions,
    private readonly reconcile: (key: string) => Promise<ReconcileResult>,
    private readonly clock: Clock = systemClock,
    private readonly observer: Observer = new Observer(),
  ) {
    this.#logger = new Logger(options.name);
  }

  get depth(): number {
    return this.#waiting.size + this.#working.size + this.#again.size;
  }

  get metrics(): WorkQueueMetrics {
    return { ...this.#metrics };
  }

  get state(): WorkQueueState {
    const now = this.clock.now();
    const age = (since = now): number => now - since;
    const [waiting] = this.#waiting.values();
    const [working] = this.#working.values();
    const failing = [...this.#failures.values()].map(({ since }) => since);
    return {
      ...this.#metrics,
      name: this.options.name,
      depth: this.depth,
      failing: failing.length,
      oldestWaiting: age(waiting),
      oldestPass: age(working?.since),
      oldestFailing: age(failing.length > 0 ? Math.min(...failing) : now),
    };
  }

  add(key: string): void {
    if (this.#shuttingDown || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#metrics.adds += 1;
    if (this.#working.has(key)) {
      this.#again.set(key, this.clock.now());
      return;
    }
    this.#waiting.set(key, this.clock.now());
    this.#startPasses();
  }

  /** Of several times for one key the earliest holds. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#shuttingDown) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const delay = milliseconds < LONGEST_DELAY ? milliseconds : LONGEST_DELAY;
    const due = this.clock.now() + delay;
    const timed = this.#timed.get(key);
    if (timed !== undefined && timed.due <= due) return;
    timed?.cancel();
    const cancel = this.clock.after(delay, () => {
      this.#timed.delete(key);
      this.add(key);
    });
    this.#timed.set(key, { due, cancel });
  }

  async shutDown(): Promise<void> {
    this.#shuttingDown = true;
    for (const { cancel } of this.#timed.values()) cancel();
    this.#timed.clear();
    this.#waiting.clear();
    this.#again.clear();
    await Promise.all([...this.#working.values()].map(({ done }) => done));
  }

  #startPasses(): void {
    for (const [key, added] of this.#waiting) {
      if (this.#working.size >= this.options.concurrency) return;
      this.#waiting.delete(key);
      const done = withLogFields(this.#fieldsOf(key), () => this.#pass(key, added));
      this.#working.set(key, { since: this.clock.now(), done });
    }
  }

  /** Nothing that is logged in a pass is about whoever added the key. */
  #fieldsOf(key: string): LogFields {
    return this.options.fieldsOf?.(key) ?? { resource: key };
  }

  async #pass(key: string, added: number): Promise<void> {
    // Never within the caller of `add`: informers' listeners add keys.
    await Promise.resolve();
    const started = this.clock.now();
    try {
      const result = await this.reconcile(key);
      this.#failures.delete(key);
      if (result !== undefined) this.addAfter(key, result.requeueAfter);
    } catch (error) {
      this.#fail(key, error);
    }
    const worked = this.clock.now() - started;
    this.#metrics.longest = Math.max(this.#metrics.longest, worked);
    this.observer.queuePass({
      queue: this.options.name,
      waited: (started - added) / 1000,
      worked: worked / 1000,
    });
    this.#working.delete(key);
    const addedAgain = this.#again.get(key);
    if (addedAgain !== undefined) this.#waiting.set(key, addedAgain);
    this.#again.delete(key);
    this.#startPasses();
  }

  #fail(key: string, error: unknown): void {
    const { count, since } = this.#failures.get(key) ?? { count: 0, since: this.clock.now() };
    const failures = count + 1;
    if (this.#verdict(key, error, failures) === 'drop') {
      this.#failures.delete(key);
      return;
    }
    this.#failures.set(key, { count: failures, since });
    this.#metrics.retries += 1;
    const { baseDelay = DEFAULT_BASE_DELAY, maxDelay = DEFAULT_MAX_DELAY, delayAfter } = this.options;
    const asked = error instanceof KubernetesError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delay =
      delayAfter?.(this.clock.now() - since) ?? backoffDelay(failures, baseDelay, maxDelay, this.clock.random());
    this.addAfter(key, Math.max(asked, delay));
  }

  #verdict(key: string, error: unknown, failures: number): 'retry' | 'drop' {
    const { onError } = this.options;
    if (onError === undefined) {
      this.#logger.warn(`${key}: failed ${failures} times in a row: ${String(error)}`);
      return 'retry';
    }
    try {
      return onError(key, error, failures);
    } catch (failure) {
      this.#logger.error(`${key}: the error handler failed: ${String(failure)}; the key is retried`);
      return 'retry';
    }
  }
}
