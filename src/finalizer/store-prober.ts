import {
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { delay, systemClock, type Clock } from '../k8s/time/clock.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import { KnownStore, type StoreCapabilities } from '../object-store/store-capabilities.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { inWords, StoreFindings } from '../object-store/store-findings.js';

/** Between two looks at what is recorded, milliseconds; a replica that begins to lead looks at once. */
const LOOK_AGAIN = 60_000;
/** The same, once it is known. */
const LOOK_LATER = 600_000;

/**
 * Finds out in the background what the object store does. The replica that leads tries it, once per store and version, and records what it
 * found in the store, where the other replicas read it. Until then nothing is known, which takes nothing away.
 */
@Injectable()
export class StoreProber implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(StoreProber.name);
  private readonly ending = new AbortController();
  private readonly clock: Clock = systemClock;
  private wake = new AbortController();
  private found: StoreCapabilities | undefined;
  private told = '';
  private trouble: string | undefined;
  private running = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly known: KnownStore,
    private readonly leader: LeaderElection,
    healthChecks: HealthChecks,
    /** Absent where the store is no bucket. */
    @Optional() private readonly findings?: StoreFindings,
  ) {
    if (findings) healthChecks.add('objectStoreProbe', () => this.health());
  }

  onApplicationBootstrap(): void {
    if (!this.findings) return;
    this.unsubscribe = this.leader.onChange(() => this.wake.abort());
    this.running = this.run(this.findings);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    this.ending.abort();
    await this.running;
  }

  private async run(findings: StoreFindings): Promise<void> {
    while (!this.ending.signal.aborted) {
      this.wake = new AbortController();
      await this.look(findings);
      const either = AbortSignal.any([this.wake.signal, this.ending.signal]);
      await delay(this.clock, this.found ? LOOK_LATER : LOOK_AGAIN, either);
    }
  }

  /** Whatever goes wrong is tried again: nothing waits for it. */
  private async look(findings: StoreFindings): Promise<void> {
    try {
      const found =
        (await findings.recorded()) ?? (this.leader.isLeader ? await findings.find(this.ending.signal) : undefined);
      this.trouble = undefined;
      if (!found) return;
      this.found = found;
      this.known.learn(found);
      const told = inWords(found);
      if (told !== this.told) this.logger.log(`Found out about ${findings.description}: ${told}`);
      this.told = told;
    } catch (error) {
      if (this.ending.signal.aborted) return;
      const trouble = error instanceof ObjectStoreError ? error.message : 'it failed in a way that nobody foresaw';
      if (trouble !== this.trouble) this.logger.warn(`What the object store does is not found out yet: ${trouble}`);
      this.trouble = trouble;
    }
  }

  /** What a store does not do is no failure: whatever is switched off because of it says so itself. */
  private health(): HealthCheck {
    if (this.found) return { status: 'ok', detail: inWords(this.found) };
    return { status: 'ok', detail: this.trouble ?? 'what the store does is not found out yet' };
  }
}
