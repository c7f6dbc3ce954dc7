import { Logger } from '@nestjs/common';
import { backoffDelay } from './backoff.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { KubernetesError } from './kubernetes-error.js';
import type { ReconcileResult, WorkQueue, WorkQueueOptions } from './work-queue.js';

export interface WorkQueueMetrics {
  /** Keys taken in, those added while they already waited not counted. */
  readonly adds: number;
  /** Passes that failed and are repeated. */
  readonly retries: number;
  /** Duration of the longest pass so far, milliseconds. */
  readonly longest: number;
}

const DEFAULT_BASE_DELAY = 200;
const DEFAULT_MAX_DELAY = 60_000;

/** {@link WorkQueue} in memory, first come first served. */
export class KeyedWorkQueue implements WorkQueue {
  readonly #logger: Logger;
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  /** Added while they are worked on. */
  readonly #again = new Set<string>();
  readonly #timed = new Map<string, { due: number; cancel: () => void }>();
  readonly #failures = new Map<string, { readonly count: number; readonly since: number }>();
  readonly #metrics = { adds: 0, retries: 0, longest: 0 };
  #shuttingDown = false;

  constructor(
    private readonly options: WorkQueueOptions,
    private readonly reconcile: (key: string) => Promise<ReconcileResult>,
    private readonly clock: Clock = systemClock,
  ) {
    this.#logger = new Logger(options.name);
  }

  get depth(): number {
    return this.#waiting.size + this.#working.size + this.#again.size;
  }

  get metrics(): WorkQueueMetrics {
    return { ...this.#metrics };
  }

  add(key: string): void {
    if (this.#shuttingDown || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#metrics.adds += 1;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#startPasses();
  }

  /** Of several times for one key the earliest holds. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#shuttingDown) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const due = this.clock.now() + milliseconds;
    const timed = this.#timed.get(key);
    if (timed !== undefined && timed.due <= due) return;
    timed?.cancel();
    const cancel = this.clock.after(milliseconds, () => {
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
    await Promise.all(this.#working.values());
  }

  #startPasses(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.options.concurrency) return;
      this.#waiting.delete(key);
      this.#working.set(key, this.#pass(key));
    }
  }

  async #pass(key: string): Promise<void> {
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
    this.#metrics.longest = Math.max(this.#metrics.longest, this.clock.now() - started);
    this.#working.delete(key);
    if (this.#again.delete(key)) this.#waiting.add(key);
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
