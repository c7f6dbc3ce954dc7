import { Injectable, Logger } from '@nestjs/common';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { KubernetesClient, type JobPatch } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import { ownAnnotation } from '../k8s/names.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { admittedAt } from './line/admission.js';
import { AdmissionLine } from './line/admission-line.js';
import type { WaitingJob } from './line/waiting-line.js';
import { TurnLostError, Turns } from './turns.js';

/** So many started jobs a turn names: they have to fit an annotation, and each turn writes them. */
export const MOST_NAMED = 500;
/** So many jobs are started at the same time, by one turn. */
const MOST_AT_ONCE = 20;
/** The Job controller writes a Job that was just made, too. */
const MOST_CONFLICTS = 5;
/** Milliseconds after which another turn is tried where one was lost. */
const AFTER_LOSS = 1_000;
/** Milliseconds after which a Job is tried again that the cluster does not let be started. */
const AFTER_REFUSAL = 60_000;

interface Turn {
  readonly name: string;
  readonly caller: string;
  readonly at: Date;
}

/**
 * Starts jobs that wait for their turn, as many as may run, fair among callers. Correct from any state: all that it goes by stands on
 * Jobs and on one Lease.
 */
@Injectable()
export class AdmissionReconciler {
  private readonly logger = new Logger(AdmissionReconciler.name);
  /** Started by turns, in their order, as far as they may have a place. */
  private started: string[] = [];
  /** Of those, the ones whose Jobs have to be looked at: the cache may not show them as they are. */
  private readonly unseen = new Set<string>();
  private readonly refused = new Set<string>();
  private mayTakeTurns = true;
  private stopped = false;

  constructor(
    private readonly cache: JobCache,
    private readonly line: AdmissionLine,
    private readonly client: KubernetesClient,
    private readonly turns: Turns,
    private readonly leader: LeaderElection,
    private readonly clock: ClusterClock,
  ) {}

  /** What this server knows of turns does not count any more: another may have led meanwhile. */
  forgetTurns(): void {
    this.turns.forget();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Starts what may start. @throws KubernetesError where the cluster does not answer */
  async reconcile(): Promise<ReconcileResult> {
    this.bringBack();
    try {
      await this.readTurns();
      await this.startAll(await this.turnsNotCarriedOut());
      for (let turns = this.nextTurns(); turns.length > 0; turns = this.nextTurns()) {
        await this.take(turns);
        await this.startAll(turns);
      }
    } catch (error) {
      if (!(error instanceof TurnLostError)) throw error;
      this.logger.debug(error.message);
      return { requeueAfter: AFTER_LOSS };
    }
    if (this.unseen.size > 0) return { requeueAfter: AFTER_LOSS };
    return this.refused.size > 0 ? { requeueAfter: AFTER_REFUSAL } : undefined;
  }

  private next(): WaitingJob | undefined {
    return this.leader.isLeader && !this.stopped ? this.line.jobs.next() : undefined;
  }

  /** Those who come next, as many as may run. They have their places from then on. */
  private nextTurns(): Turn[] {
    const turns: Turn[] = [];
    for (let job = this.next(); job; job = turns.length < MOST_AT_ONCE ? this.next() : undefined)
      turns.push(this.turnOf(job));
    return turns;
  }

  private turnOf({ name, caller }: Pick<WaitingJob, 'name' | 'caller'>): Turn {
    // Turns of one server and the next are in order, though their clocks should differ.
    const at = new Date(Math.max(this.clock.now().getTime(), this.line.jobs.newestTurn + 1));
    this.line.hold(name, at.getTime());
    return { name, caller, at };
  }

  private async readTurns(): Promise<void> {
    if (this.turns.areKnown || !this.mayTakeTurns || !this.next()) return;
    const names = await this.withTurns(() => this.turns.read());
    for (const name of names ?? []) this.unseen.add(name);
    this.started = [...new Set([...(names ?? []), ...this.started])];
  }

  /**
   * Of the jobs that a turn names, those that wait still: whoever took it was held up, or is gone. They are started before any other is
   * chosen, by whoever leads: so whoever wakes finds them started, and starts nothing more. Jobs of which the watch shows nothing yet count
   * from here on.
   */
  private async turnsNotCarriedOut(): Promise<Turn[]> {
    if (!this.leader.isLeader || this.stopped) return [];
    for (const name of this.unseen) {
      if (this.cache.jobs.get(name) === undefined || this.line.isStillWaiting(name)) await this.lookAt(name);
      if (!this.line.isStillWaiting(name)) this.unseen.delete(name);
    }
    return [...this.unseen].map((name) => this.turnOf({ name, caller: this.line.callerOf(name) }));
  }

  private async take(turns: readonly Turn[]): Promise<void> {
    const names = new Set(turns.map(({ name }) => name));
    const others = this.started.filter((other) => !names.has(other) && this.line.jobs.hasPlace(other));
    this.started = [...others.slice(names.size - MOST_NAMED), ...names];
    try {
      await this.withTurns(() => this.turns.take(this.started));
    } catch (error) {
      for (const name of names) this.letGo(name);
      throw error;
    }
  }

  /** Without the right to Leases a server leads alone, and takes no turns. */
  private async withTurns<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (!this.mayTakeTurns) return undefined;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.failure !== 'forbidden') throw error;
      this.mayTakeTurns = false;
      this.logger.warn(`${error.message}. Jobs are started as by the only replica.`);
      return undefined;
    }
  }

  private async startAll(turns: readonly Turn[]): Promise<void> {
    const done = await Promise.allSettled(turns.map((turn) => this.start(turn)));
    const failed = done.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async start({ name, caller, at }: Turn): Promise<void> {
    this.unseen.add(name);
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
      const job = this.cache.jobs.get(name);
      if (!job || !this.line.isStillWaiting(name)) break;
      try {
        const kubeJob = await this.client.patchJob(name, admissionPatch(job, at));
        if (kubeJob) this.cache.observe(kubeJob);
        else this.line.forget(name);
        break;
      } catch (error) {
        if (!(error instanceof KubernetesError)) throw error;
        if (error.failure === 'conflict') await this.lookAt(name);
        else if (isRefusal(error)) this.setAside({ name, caller, at }, error);
        else throw error;
      }
    }
    if (!this.line.isStillWaiting(name)) this.unseen.delete(name);
  }

  private async lookAt(name: string): Promise<void> {
    const kubeJob = await this.client.getJob(name);
    if (kubeJob) this.cache.observe(kubeJob);
    else this.line.forget(name);
  }

  /** One Job that the cluster does not let be started keeps no other waiting. */
  private setAside({ name, caller, at }: Turn, error: KubernetesError): void {
    this.logger.warn(`${name}: it is its turn, and it cannot be started: ${error.message}`);
    this.refused.add(name);
    this.line.forget(name);
    this.line.jobs.hadTurn(caller, at.getTime());
  }

  /** It waits again, as its Job says. */
  private letGo(name: string): void {
    this.line.forget(name);
    const job = this.cache.jobs.get(name);
    if (job) this.line.update(name, job, job, () => true);
  }

  private bringBack(): void {
    for (const name of this.refused) this.letGo(name);
    this.refused.clear();
  }
}

/** Lets the Job run: of this very version, so that one that was dismissed, failed or started meanwhile is left as it is. */
function admissionPatch({ uid, resourceVersion }: JobRecord, at: Date): JobPatch {
  return {
    metadata: { uid, resourceVersion, annotations: { [ownAnnotation.admission]: admittedAt(at) } },
    spec: { suspend: false },
  };
}

/** The cluster has something against this Job, not against this server. */
function isRefusal({ failure, words }: KubernetesError): boolean {
  return failure === 'invalid' || failure === 'bad-request' || (failure === 'forbidden' && /\bdenied\b/.test(words));
}
