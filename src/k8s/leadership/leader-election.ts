import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { v4 as uuid } from 'uuid';
import { withLogFields } from '../../logging/log-fields.js';
import { systemClock } from '../time/clock.js';
import type { Clock } from '../time/clock.js';
import { KubernetesError } from '../client/kubernetes-error.js';
import type { Lease, LeaseRecord, LeaseStore } from './leases.js';

/** Milliseconds; client-go's defaults. */
export interface LeaderElectionTimings {
  /** For so long after its last renewal nobody else takes the Lease. */
  readonly leaseDuration: number;
  /** A leader that could not renew for so long has lost. Shorter than `leaseDuration`. */
  readonly renewDeadline: number;
  /** Between two tries. */
  readonly retryPeriod: number;
}

export const leaderElectionTimings: LeaderElectionTimings = {
  leaseDuration: 15_000,
  renewDeadline: 10_000,
  retryPeriod: 2_000,
};

/** Name of the Lease: two deployments in one namespace, told apart by their job prefixes, both lead. */
export function leaseName(jobNamePrefix: string): string {
  const trimmed = jobNamePrefix.replace(/-+$/, '');
  return trimmed === '' ? 'manager' : `${trimmed}-manager`;
}

/**
 * Elects one of several replicas by a Lease, as client-go's leaderelection does. Other replicas' renewals are timed by this one's own clock
 * from when they are noticed, so clocks need not agree. A leader counts its time from before it sent its last renewal, and so has lost before
 * any other may take the Lease. It saves work only: a process that was paused may believe for a moment that it leads.
 *
 * Started by whoever has work for a leader; stopped, and the Lease released, with the application.
 */
export class LeaderElection implements OnApplicationShutdown {
  readonly identity: string;
  readonly #logger = new Logger(LeaderElection.name);
  readonly #listeners = new Set<(isLeader: boolean) => void>();
  #lease?: Lease;
  /** The version last seen and when it was first seen: any write is a sign of life. */
  #observed?: { readonly version: string; readonly at: number };
  /** When the renewal that succeeded last was sent. */
  #renewed?: number;
  #announced = false;
  /** Leases are forbidden: leads for good. */
  #alone = false;
  /** The Lease has worked before, for this or another replica: forbidden is then a failure like others. */
  #works = false;
  #started = false;
  #startedAt = 0;
  /** When this replica or another was last seen to hold the Lease. */
  #lastKnown?: number;
  #stopped = false;
  #attempt?: Promise<void>;
  #cancelAttempt?: () => void;
  #cancelDeadline?: () => void;

  constructor(
    private readonly store: LeaseStore,
    private readonly timings: LeaderElectionTimings = leaderElectionTimings,
    private readonly clock: Clock = systemClock,
    identity = `${hostname()}_${uuid()}`,
  ) {
    this.identity = identity;
  }

  /** True by the clock, not by timers: right even after the process was held up. */
  get isLeader(): boolean {
    if (this.#stopped) return false;
    if (this.#alone) return true;
    return this.#renewed !== undefined && this.clock.now() - this.#renewed < this.timings.renewDeadline;
  }

  /** Name of the Lease. */
  get lease(): string {
    return this.store.name;
  }

  /** Whether anybody has work for a leader. */
  get isStarted(): boolean {
    return this.#started;
  }

  /** Who holds the Lease as far as this replica has seen; undefined: nobody, or not known. */
  get observedHolder(): string | undefined {
    return this.#lease?.record.holderIdentity || undefined;
  }

  /** When that holder took the Lease, by its own clock; undefined: not known. */
  get heldSince(): Date | undefined {
    const time = this.#lease?.record.acquireTime;
    return this.observedHolder === undefined || time === undefined ? undefined : new Date(time);
  }

  /** For how long nobody has been seen to hold the Lease, milliseconds; 0 where the election has not been started. */
  get unknownFor(): number {
    if (!this.#started || this.#stopped || this.#alone) return 0;
    return this.clock.now() - (this.#lastKnown ?? this.#startedAt);
  }

  /** Called with each change, not with the state at hand. @returns a function that ends the subscription */
  onChange(listener: (isLeader: boolean) => void): () => void {
    const subscription = (isLeader: boolean): void => listener(isLeader);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  /** Starts once; further calls do nothing. */
  start(): void {
    if (this.#started || this.#stopped) return;
    this.#started = true;
    this.#startedAt = this.clock.now();
    // Work for a leader may come with a request, of which its lines do not tell.
    withLogFields({}, () => this.#try());
  }

  /** Stops leading at once; resolves when the Lease is released, so that another replica need not wait for its end. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelAttempt?.();
    this.#cancelDeadline?.();
    this.#announce();
    await this.#attempt;
    if (this.#renewed !== undefined) await this.#release();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  #try(): void {
    this.#attempt = this.#acquireOrRenew().then(() => {
      if (this.#stopped || this.#alone) return;
      const jitter = this.#announced ? 1 : 1 + 0.2 * this.clock.random();
      this.#cancelAttempt = this.clock.after(this.timings.retryPeriod * jitter, () => this.#try());
    });
  }

  async #acquireOrRenew(): Promise<void> {
    const timeout = this.timings.renewDeadline / 2;
    try {
      // A leader writes without reading first; a conflict makes it read again.
      if (!this.isLeader || this.#lease === undefined) this.#lease = await this.store.get(timeout);
      const sent = this.clock.now();
      if (this.#lease === undefined) {
        this.#held(await this.store.create(this.#record(undefined), timeout), sent);
        return;
      }
      this.#observe(this.#lease);
      if (this.#isHeldByAnother(this.#lease.record)) {
        this.#works = true;
        this.#lastKnown = this.clock.now();
        this.#lost();
        return;
      }
      this.#held(await this.store.update(this.#lease, this.#record(this.#lease.record), timeout), sent);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#lease = undefined;
    if (error instanceof KubernetesError && error.failure === 'forbidden' && !this.#works && !this.#stopped) {
      this.#alone = true;
      this.#logger.warn(`${error.message}. This replica acts as the only one; more than one needs a role for leases.`);
      this.#announce();
      return;
    }
    const taken =
      error instanceof KubernetesError && (error.failure === 'conflict' || error.failure === 'already-exists');
    const message = `lease ${this.store.name}: ${error instanceof Error ? error.message : String(error)}`;
    if (taken) this.#logger.debug(message);
    else this.#logger.warn(message);
  }

  #observe({ resourceVersion }: Lease): void {
    if (this.#observed?.version !== resourceVersion)
      this.#observed = { version: resourceVersion, at: this.clock.now() };
  }

  #isHeldByAnother({ holderIdentity, leaseDurationSeconds }: Partial<LeaseRecord>): boolean {
    if (!holderIdentity || holderIdentity === this.identity || this.#observed === undefined) return false;
    const duration =
      leaseDurationSeconds === undefined ? this.timings.leaseDuration : Math.max(0, leaseDurationSeconds) * 1000;
    return this.clock.now() - this.#observed.at < duration;
  }

  #record(previous: Partial<LeaseRecord> | undefined): LeaseRecord {
    const now = microTime();
    const mine = previous?.holderIdentity === this.identity;
    return {
      holderIdentity: this.identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.timings.leaseDuration / 1000)),
      acquireTime: mine ? (previous.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: previous === undefined ? 0 : (previous.leaseTransitions ?? 0) + (mine ? 0 : 1),
    };
  }

  #held(lease: Lease, sent: number): void {
    this.#works = true;
    this.#lease = lease;
    this.#lastKnown = this.clock.now();
    this.#observe(lease);
    this.#renewed = sent;
    this.#cancelDeadline?.();
    if (this.#stopped) return;
    // Timers may be early by a fraction of a millisecond.
    const left = sent + this.timings.renewDeadline - this.clock.now();
    this.#cancelDeadline = this.clock.after(Math.max(0, Math.ceil(left)) + 1, () => this.#announce());
    this.#announce();
  }

  #lost(): void {
    this.#renewed = undefined;
    this.#cancelDeadline?.();
    this.#announce();
  }

  /** Reads the Lease first where the last renewal failed: its answer may have been lost, or another may have it by now. */
  async #release(): Promise<void> {
    const timeout = this.timings.renewDeadline / 2;
    const now = microTime();
    try {
      const lease = this.#lease ?? (await this.store.get(timeout));
      if (lease?.record.holderIdentity !== this.identity) return;
      const record = {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: lease.record.leaseTransitions ?? 0,
      };
      await this.store.update(lease, record, timeout);
    } catch (error) {
      this.#logger.debug(`lease ${this.store.name}: not released: ${String(error)}`);
    }
  }

  #announce(): void {
    const isLeader = this.isLeader;
    if (isLeader === this.#announced) return;
    this.#announced = isLeader;
    this.#logger.log(isLeader ? `leads (${this.identity})` : 'does not lead any more');
    for (const listener of this.#listeners) {
      try {
        listener(isLeader);
      } catch (error) {
        this.#logger.error(`a listener failed: ${String(error)}`);
      }
    }
  }
}

/** Now, as `metav1.MicroTime` wants it; of the holder's own clock and for people only. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
