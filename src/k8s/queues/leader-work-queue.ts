import type { Observer } from '../../observation/observer.js';
import { systemClock } from '../time/clock.js';
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

/**
 * A {@link KeyedWorkQueue} whose keys are only worked on by the replica that leads, once it knows what there is. Whoever comes to lead looks at everything once. So does a leader that
 * passed a key over: one that was held up stops leading by its clock, and may lead again without a change being announced.
 */
export class LeaderWorkQueue {
  readonly #queue: KeyedWorkQueue;
  #synced = false;
  #passedOver = false;
  #unsubscribe?: () => void;

  constructor(
    options: WorkQueueOptions,
    private readonly leader: Pick<LeaderElection, 'isLeader' | 'onChange'>,
    private readonly work: LeaderWork,
    observer?: Observer,
  ) {
    this.#queue = new KeyedWorkQueue(options, (key) => this.#reconcile(key), systemClock, observer);
  }

  get state(): WorkQueueState {
    return this.#queue.state;
  }

  add(key: string): void {
    this.#queue.add(key);
  }

  /** Follows the election. @param synced resolves when it is known what there is; rejects where the server shuts down before */
  start(synced: Promise<unknown>): void {
    this.#unsubscribe = this.leader.onChange((isLeader) => {
      if (isLeader) this.#addAll();
    });
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
    this.#unsubscribe?.();
    await this.#queue.shutDown();
  }

  #addAll(): void {
    this.#passedOver = false;
    this.work.addAll();
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    if (!this.leader.isLeader || !this.#synced) {
      this.#passedOver = true;
      return undefined;
    }
    if (this.#passedOver) this.#addAll();
    return this.work.reconcile(key);
  }
}
