import type { Observer } from '../observation/observer.js';
import { backoffDelay } from '../k8s/time/backoff.js';
import { type Clock, delay, systemClock } from '../k8s/time/clock.js';
import { type Broker, BrokerError, type Message, wordFor } from './broker.js';

/** So many messages wait for the broker; the oldest goes where there are more. Each has less than 4 KiB. */
export const ROOM = 10_000;
/** The first wait before another attempt, doubled each time, up to the longest; milliseconds. */
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 60_000;
/** How long a connection, and a message, may take, milliseconds. */
const TIMEOUT = 15_000;

export interface OutboxOptions {
  readonly broker: Broker;
  /** Whether this replica is the one that publishes; asked before each message. */
  readonly mayPublish: () => boolean;
  readonly observer: Observer;
  /** Told when the broker stops to take messages (`problem`), and when it takes them again; not in between. */
  readonly onChange: (problem: string | undefined, state: OutboxState) => void;
  readonly room?: number;
  readonly clock?: Clock;
}

export interface OutboxState {
  readonly waiting: number;
  /** Since the broker took a message last. */
  readonly dropped: number;
  /** Why the broker takes nothing, in a few words; undefined: it does, or has not been tried. */
  readonly problem?: string;
}

/**
 * Messages on their way to the broker: one after another, in the order in which they were added. Adding never waits and
 * never fails; what the broker does not take waits in memory, and is tried again for as long as there is room for it.
 */
export class Outbox {
  private readonly waiting: Message[] = [];
  private readonly stopping = new AbortController();
  private readonly room: number;
  private readonly clock: Clock;
  private wake = Promise.withResolvers<void>();
  private problem: string | undefined;
  private dropped = 0;
  private failures = 0;
  private draining = false;
  /** Connections in a row over which nothing was published. */
  private unused = 0;
  /** The first message is with the broker. */
  private isUnderWay = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: OutboxOptions) {
    this.room = options.room ?? ROOM;
    this.clock = options.clock ?? systemClock;
    options.broker.onLost(() => this.look());
  }

  get state(): OutboxState {
    const { problem, dropped } = this;
    return { waiting: this.waiting.length, dropped, ...(problem === undefined ? {} : { problem }) };
  }

  add(message: Message): void {
    if (this.waiting.length >= this.room) {
      this.waiting.splice(this.isUnderWay ? 1 : 0, 1);
      this.drop();
    }
    this.waiting.push(message);
    this.look();
  }

  /** Connects, and publishes what is added, from now on. */
  start(): void {
    this.running ??= this.run();
    this.look();
  }

  /** Has a look at what there is to do, now that something has changed. */
  look(): void {
    this.wake.resolve();
  }

  /** @param patience how long what waits may take to be published, milliseconds */
  async stop(patience: number): Promise<void> {
    this.draining = true;
    this.look();
    const end = (): void => this.stopping.abort(new Error('The server shuts down.'));
    if (this.problem !== undefined) end();
    const cancel = this.clock.after(patience, end);
    await this.running;
    cancel();
    await this.options.broker.close();
  }

  private async run(): Promise<void> {
    const { broker, mayPublish } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // Before anything is looked at, so that no change is missed.
      this.wake = Promise.withResolvers();
      const isLeft = !mayPublish();
      if (isLeft) {
        // Whoever publishes now tells it, too.
        this.waiting.length = 0;
        await broker.close();
      }
      const message = this.waiting[0];
      if (!message && this.draining) return;
      if (!message && (isLeft || broker.isConnected)) {
        await untilAborted(this.wake.promise, signal);
        continue;
      }
      // A broker that ends each connection at once is not asked for the next as often as it does.
      if (!message && this.unused > 1) await delay(this.clock, FIRST_RETRY, signal);
      if (await this.attempt(message)) {
        this.failures = 0;
        this.unused = message ? 0 : this.unused + 1;
      } else {
        if (this.draining) return;
        this.failures += 1;
        await delay(this.clock, backoffDelay(this.failures, FIRST_RETRY, LONGEST_RETRY, this.clock.random()), signal);
      }
    }
  }

  /** @param message undefined: only connects. @returns whether the broker is there */
  private async attempt(message: Message | undefined): Promise<boolean> {
    const { broker, observer } = this.options;
    try {
      await broker.connect(this.limit());
      if (message) {
        this.isUnderWay = true;
        await broker.publish(message, this.limit());
        this.waiting.shift();
        observer.messagePublished('published');
      }
      this.say(undefined);
      return true;
    } catch (error) {
      if (this.stopping.signal.aborted) return false;
      const isRefused = error instanceof BrokerError && error.isFinal;
      if (isRefused) {
        this.waiting.shift();
        this.drop();
      }
      this.say(wordFor(error));
      // The next message is no worse for this one.
      return isRefused;
    } finally {
      this.isUnderWay = false;
    }
  }

  private limit(): AbortSignal {
    return AbortSignal.any([this.stopping.signal, AbortSignal.timeout(TIMEOUT)]);
  }

  private drop(): void {
    this.dropped += 1;
    this.options.observer.messagePublished('dropped');
  }

  private say(problem: string | undefined): void {
    const isNew = (problem === undefined) !== (this.problem === undefined);
    this.problem = problem;
    if (isNew) this.options.onChange(problem, this.state);
    if (problem === undefined) this.dropped = 0;
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', abort);
}
