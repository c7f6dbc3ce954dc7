import { Injectable, Optional, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Configuration } from '../config/configuration.js';
import { ListWatchInformerFactory } from '../k8s/informers/informer.factory.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { ObjectStore, ObjectStoreError } from '../object-store/object-store.js';
import { HealthChecks, type HealthCheck } from './health-checks.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';

export interface Readiness {
  readonly status: HealthCheck['status'];
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

/** How long an answer of the object store counts, milliseconds: probes of many replicas must not become its load. */
const STORE_CHECK_COUNTS = 10_000;
/** After so long without a word of the API server its news is old, milliseconds. */
const CONTACT_COUNTS = 150_000;
/** After so long somebody should have taken the Lease, milliseconds: twice its duration. */
const LEADER_EXPECTED = 30_000;
/** A key waits for its turn this long only where all passes hang, milliseconds. */
const TURN_EXPECTED = 300_000;
/** A pass over the largest log takes less, milliseconds. */
const END_EXPECTED = 1_800_000;

/** What the server depends on, and how it is. A store that is away only degrades: status and execution go on, and what has ended waits for it. */
@Injectable()
export class HealthService implements OnApplicationBootstrap, OnModuleDestroy {
  private storeCheck: { readonly at: number; readonly result: Promise<HealthCheck> } | undefined;
  private started = false;
  private closing = false;
  private readonly shutdownDelay: number;

  constructor(
    private readonly informers: ListWatchInformerFactory,
    private readonly leader: LeaderElection,
    private readonly policy: SecurityContextPolicy,
    private readonly queues: WorkQueues,
    private readonly others: HealthChecks,
    configuration: Configuration,
    /** Absent where no processes are served; then there is no leader of the jobs, either. */
    @Optional() private readonly store?: ObjectStore,
  ) {
    this.shutdownDelay = configuration.environment.shutdownDelay * 1000;
  }

  async readiness(): Promise<Readiness> {
    const checks = {
      informers: this.checkInformers(),
      securityContext: this.checkSecurityContext(),
      ...(this.store ? { objectStore: await this.checkStore(this.store), leader: this.checkLeader() } : {}),
      queues: this.checkQueues(),
      ...this.others.run(),
      ...(this.closing
        ? { server: { status: 'unavailable', detail: 'is shutting down', hint: 'is shutting down' } as const }
        : {}),
    };
    const found = new Set(Object.values(checks).map(({ status }) => status));
    return { status: (['unavailable', 'degraded'] as const).find((status) => found.has(status)) ?? 'ok', checks };
  }

  /** Whether the server is asked to end: it still answers, but wants no new connections. */
  get isClosing(): boolean {
    return this.closing;
  }

  onApplicationBootstrap(): void {
    this.started = true;
  }

  /** First of all that happens at the end: nothing else stops before the delay is over. */
  async onModuleDestroy(): Promise<void> {
    this.closing = true;
    if (this.started && this.shutdownDelay > 0) await delay(this.shutdownDelay);
  }

  private checkInformers(): HealthCheck {
    const waiting = this.informers.statistics().filter(({ synced }) => !synced);
    if (waiting.length === 0) return this.checkContact();
    return {
      status: waiting.every(({ background }) => background) ? 'degraded' : 'unavailable',
      detail: `the first list of ${waiting.map(({ resource }) => resource).join(', ')} is not in`,
      hint: 'the first lists are not in',
    };
  }

  /** Bookmarks come every minute: without any the API server, or the way there, is away, and what is served may be old. */
  private checkContact(): HealthCheck {
    const contacts = this.informers.statistics().map(({ lastContact }) => lastContact?.getTime() ?? 0);
    const age = Date.now() - Math.max(...contacts);
    if (age <= CONTACT_COUNTS) return { status: 'ok' };
    const detail = `the API server was heard of ${inSeconds(age)} seconds ago last`;
    return { status: 'degraded', detail, hint: detail };
  }

  private checkSecurityContext(): HealthCheck {
    const fault = this.policy.check();
    if (fault === undefined) return { status: 'ok' };
    return { status: 'degraded', detail: `nothing can be executed: ${fault}`, hint: 'nothing can be executed' };
  }

  private checkLeader(): HealthCheck {
    const { isLeader, isStarted, observedHolder, heldSince, unknownFor } = this.leader;
    const since = heldSince ? ` since ${heldSince.toISOString()}` : '';
    if (isLeader) return { status: 'ok', detail: `this replica leads${since}` };
    if (!isStarted) return { status: 'ok', detail: 'nothing needs a leader' };
    if (unknownFor > LEADER_EXPECTED)
      return {
        status: 'degraded',
        detail: `nobody has been seen to hold the Lease ${this.leader.lease} for ${inSeconds(unknownFor)} seconds, so nothing is collected`,
        hint: 'no replica leads, so nothing is collected',
      };
    return { status: 'ok', detail: `the leader is ${observedHolder ?? 'not known yet'}${since}` };
  }

  private checkQueues(): HealthCheck {
    const stuck = this.queues
      .states()
      .flatMap(({ name, depth, oldestWaiting, oldestPass }) => [
        ...(oldestWaiting > TURN_EXPECTED
          ? [`${name}: one of ${depth} has waited ${inSeconds(oldestWaiting)} seconds for its turn`]
          : []),
        ...(oldestPass > END_EXPECTED ? [`${name}: one has been worked on for ${inSeconds(oldestPass)} seconds`] : []),
      ]);
    if (stuck.length === 0) return { status: 'ok' };
    return { status: 'degraded', detail: stuck.join('; '), hint: 'work waits for too long' };
  }

  private checkStore(store: ObjectStore): Promise<HealthCheck> {
    const now = performance.now();
    if (!this.storeCheck || now - this.storeCheck.at > STORE_CHECK_COUNTS) {
      const result = store.check().then(
        (): HealthCheck => ({ status: 'ok', detail: store.description }),
        (error: unknown): HealthCheck => ({ status: 'degraded', detail: messageOf(error), hint: hintOf(error) }),
      );
      this.storeCheck = { at: now, result };
    }
    return this.storeCheck.result;
  }
}

function inSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}

function messageOf(error: unknown): string {
  return error instanceof ObjectStoreError ? error.message : 'the object store cannot be checked';
}

/** The kind of failure, without endpoint, bucket or key. */
function hintOf(error: unknown): string {
  return error instanceof ObjectStoreError
    ? `the object store: ${error.failure}`
    : 'the object store cannot be checked';
}
