import type { Observer } from '../../observation/observer.js';
import { delay, systemClock } from '../time/clock.js';
import { KeyedWorkQueue, type WorkQueueState } from './keyed-work-queue.js';
import type { LeaderElection } from '../leadership/leader-election.js';
import type { ReconcileResult, WorkQueueOptions } from './work-queue.js';

/** What is done with the keys of a {@link LeaderWorkQueue}. */
export interface LeaderWork {
  /** Adds the keys of everything that there is. */
  addAll(): void;
  /** One pass over a key. */
  reconcile(key: string): Promise<ReconcileResult>;
}

/** The election that a {@link LeaderWorkQueue} goes by. */
export type Leader = Pick<LeaderElection, 'isLeader' | 'onChange' | 'start' | 'stop'>;

/**
 * A {@link KeyedWorkQueue} whose keys are only worked on by the replica that leads, once it knows what there is. Whoever
 * comes to lead looks at
 * everything once. So does a leader that passed a key over: one that was held up stops leading by its clock, and may lead
 * again without a change
 * being announced.
 */
export class LeaderWorkQueue {
  readonly #queue: KeyedWorkQueue;
  #synced = false;
  #passedOver = false;
  /** Keys whose last pass here failed, or asked for another: nobody else may know of them when this replica leads again. */
  readonly #open = new Set<string>();
  /** What is added while everything is. */
  #added: Set<string> | undefined;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(
    options: WorkQueueOptions,
    private readonly leader: Leader,
    private readonly work: LeaderWork,
    observer?: Observer,
  ) {
    this.#queue = new KeyedWorkQueue(options, (key) => this.#reconcile(key), systemClock, observer);
  }

  get state(): WorkQueueState {
    return this.#queue.state;
  }

  add(key: string): void {
    this.#added?.add(key);
    this.#queue.add(key);
  }

  /** Takes over subscriptions whose listeners add keys. @param unsubscribe what ends each, called first when the queue shuts down */
  feedBy(...unsubscribe: readonly (() => void)[]): void {
    this.#unsubscribe.push(...unsubscribe);
  }

  /** Follows the election, and starts it. @param synced as of {@link follow} */
  start(synced: Promise<unknown>): void {
    this.follow(synced);
    this.leader.start();
  }

  /**
   * Follows the election, which whoever has work for a leader starts.
   * @param synced resolves when it is known what there is; rejects where the server shuts down before
   */
  follow(synced: Promise<unknown>): void {
    this.feedBy(
      this.leader.onChange((isLeader) => {
        if (isLeader) this.#addAll();
      }),
    );
    synced.then(
      () => {
        this.#synced = true;
        this.#addAll();
      },
      () => undefined,
    );
  }

  /** No further passes start; resolves when those under way have ended. */
  async shutDown(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    await this.#queue.shutDown();
  }

  /**
   * Shuts down and gives the Lease back, before connections are drained, which may take long: another replica takes over meanwhile.
   * @param patience how long the end of passes, and then the release, is waited for, milliseconds; what is broken off is done
   * again by the next
   * leader. Default: without end
   */
  async handOver(patience?: number): Promise<void> {
    await atMost(patience, this.shutDown());
    await atMost(patience, this.leader.stop());
  }

  #addAll(): void {
    this.#passedOver = false;
    const added = (this.#added = new Set());
    this.work.addAll();
    this.#added = undefined;
    for (const key of this.#open) if (!added.has(key)) this.add(key);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    if (!this.leader.isLeader || !this.#synced) {
      this.#passedOver = true;
      return undefined;
    }
    if (this.#passedOver) this.#addAll();
    this.#open.add(key);
    const result = await this.work.reconcile(key);
    if (result === undefined) this.#open.delete(key);
    return result;
  }
}

async function atMost(milliseconds: number | undefined, work: Promise<void>): Promise<void> {
  if (milliseconds === undefined) return work;
  const done = new AbortController();
  await Promise.race([work.finally(() => done.abort()), delay(systemClock, milliseconds, done.signal)]);
}
