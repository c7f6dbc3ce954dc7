import { Injectable, Optional, type BeforeApplicationShutdown } from '@nestjs/common';
import { ListWatchInformerFactory } from '../k8s/informer.factory.js';
import { LeaderElection } from '../k8s/leader-election.js';
import { ObjectStore, ObjectStoreError } from '../object-store/object-store.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';

export interface HealthCheck {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly detail?: string;
}

export interface Readiness {
  readonly status: HealthCheck['status'];
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

/** How long an answer of the object store counts, milliseconds: probes of many replicas must not become its load. */
const STORE_CHECK_COUNTS = 10_000;

/** What the server depends on, and how it is. A store that is away only degrades: status and execution go on, and what has ended waits for it. */
@Injectable()
export class HealthService implements BeforeApplicationShutdown {
  private storeCheck: { readonly at: number; readonly result: Promise<HealthCheck> } | undefined;
  private closing = false;

  constructor(
    private readonly informers: ListWatchInformerFactory,
    private readonly leader: LeaderElection,
    private readonly policy: SecurityContextPolicy,
    /** Absent where no processes are served; then there is no leader of the jobs, either. */
    @Optional() private readonly store?: ObjectStore,
  ) {}

  async readiness(): Promise<Readiness> {
    const checks = {
      informers: this.checkInformers(),
      securityContext: this.checkSecurityContext(),
      ...(this.store ? { objectStore: await this.checkStore(this.store), leader: this.checkLeader() } : {}),
      ...(this.closing ? { server: { status: 'unavailable', detail: 'is shutting down' } as const } : {}),
    };
    const found = new Set(Object.values(checks).map(({ status }) => status));
    return { status: (['unavailable', 'degraded'] as const).find((status) => found.has(status)) ?? 'ok', checks };
  }

  beforeApplicationShutdown(): void {
    this.closing = true;
  }

  private checkInformers(): HealthCheck {
    const waiting = this.informers.statistics().filter(({ synced }) => !synced);
    if (waiting.length === 0) return { status: 'ok' };
    return {
      status: waiting.every(({ background }) => background) ? 'degraded' : 'unavailable',
      detail: `the first list of ${waiting.map(({ resource }) => resource).join(', ')} is not in`,
    };
  }

  private checkSecurityContext(): HealthCheck {
    const fault = this.policy.check();
    return fault === undefined ? { status: 'ok' } : { status: 'degraded', detail: `nothing can be executed: ${fault}` };
  }

  private checkLeader(): HealthCheck {
    if (this.leader.isLeader) return { status: 'ok', detail: 'this replica leads' };
    return { status: 'ok', detail: `the leader is ${this.leader.observedHolder ?? 'not known yet'}` };
  }

  private checkStore(store: ObjectStore): Promise<HealthCheck> {
    const now = performance.now();
    if (!this.storeCheck || now - this.storeCheck.at > STORE_CHECK_COUNTS) {
      const result = store.check().then(
        (): HealthCheck => ({ status: 'ok', detail: store.description }),
        (error: unknown): HealthCheck => ({ status: 'degraded', detail: messageOf(error) }),
      );
      this.storeCheck = { at: now, result };
    }
    return this.storeCheck.result;
  }
}

function messageOf(error: unknown): string {
  return error instanceof ObjectStoreError ? error.message : 'the object store cannot be checked';
}
