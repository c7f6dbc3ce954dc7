import { Observer } from '../../observation/observer.js';
import type { WorkQueueState } from './keyed-work-queue.js';
import { type Leader, type LeaderWork, LeaderWorkQueue } from './leader-work-queue.js';
import type { WorkQueueOptions } from './work-queue.js';

/** Makes the server's work queues, and knows how they are. */
export class WorkQueues {
  readonly #queues: LeaderWorkQueue[] = [];

  constructor(private readonly observer: Observer = new Observer()) {}

  create(options: WorkQueueOptions, leader: Leader, work: LeaderWork): LeaderWorkQueue {
    const queue = new LeaderWorkQueue(options, leader, work, this.observer);
    this.#queues.push(queue);
    return queue;
  }

  /** One for each queue, as they are now. */
  states(): WorkQueueState[] {
    return this.#queues.map(({ state }) => state);
  }
}
