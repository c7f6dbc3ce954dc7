import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { V1Job } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';
import { Configuration } from '../config/configuration.js';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { InformerFactory, type Informer } from '../k8s/informers/informer.js';
import { LeaderElection, leaseName } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import type { ProcessEntry } from '../processes/registry/process-entry.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import type { Finding } from '../processes/processor.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { type InspectionRecord, toInspectionRecord } from './inspection-record.js';
import { InspectionReconciler, type ScheduledInspection, triesOf } from './inspection.reconciler.js';
import { digestOf, inspectionSelector } from './make-inspection-job.js';

/** Inspections that go on at the same time: each is a pod. */
const CONCURRENCY = 4;
/** Entries that readiness names. */
const MOST_NAMED = 5;

interface Inspected {
  readonly entry: ProcessEntry;
  /** Undefined: it cannot be run. */
  readonly wanted?: ScheduledInspection;
  finding: Finding;
  /** What the registry was told of: a finding, or why there is none of which Job. */
  told?: unknown;
  problems: readonly string[];
}

/**
 * Runs what processors want inspected. The replica that leads makes the Kubernetes Jobs and records on them what they found; every replica watches them, and has the registry build the processes anew. A finding
 * outlives restarts with its Job.
 */
@Injectable()
export class InspectionsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Inspections');
  private readonly inspected = new Map<string, Inspected>();
  private jobs?: Informer<InspectionRecord>;
  private queue?: LeaderWorkQueue;

  constructor(
    private readonly processes: ProcessRegistry,
    private readonly policy: SecurityContextPolicy,
    private readonly reconciler: InspectionReconciler,
    private readonly informers: InformerFactory,
    private readonly leader: LeaderElection,
    private readonly queues: WorkQueues,
    private readonly healthChecks: HealthChecks,
    private readonly configuration: Configuration,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const manager = leaseName(this.configuration.environment.jobNamePrefix);
    for (const entry of this.processes.inspectedEntries()) {
      const inspected = await this.read(entry, manager);
      if (!inspected) continue;
      this.inspected.set(entry.id, inspected);
      if (!inspected.wanted) this.tell(inspected, inspected.finding);
    }
    if (this.inspected.size === 0) return;
    this.healthChecks.add('inspections', () => this.health());
    this.jobs = this.informers.create<V1Job, InspectionRecord>({
      resource: 'jobs',
      labelSelector: inspectionSelector(manager),
      transform: toInspectionRecord,
    });
    this.jobs.subscribe(({ record, previous }) => this.onJob((record ?? previous)?.digest));
    this.queue = this.queues.create(
      { name: 'inspections', concurrency: CONCURRENCY, onError: (key, error) => this.report(key, error) },
      this.leader,
      { addAll: () => this.addAll(), reconcile: (key) => this.reconcile(key) },
    );
    this.queue.start(this.jobs.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue?.shutDown();
  }

  /** Undefined: there is nothing to inspect. */
  private async read(entry: ProcessEntry, manager: string): Promise<Inspected | undefined> {
    try {
      const inspection = await entry.inspection();
      if (!inspection) return undefined;
      const { podSecurityContext: pod, containerSecurityContext: container, ...asked } = inspection;
      const podSpec = this.policy.harden(asked.podSpec, { pod, container });
      const wanted = { ...asked, podSpec, entryId: entry.id, manager };
      return { entry, wanted, finding: { state: 'pending' }, problems: [] };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { entry, finding: { state: 'failed', reason }, problems: [] };
    }
  }

  private onJob(digest: string | undefined): void {
    for (const inspected of this.inspected.values()) {
      if (!inspected.wanted || digestOf(inspected.wanted) !== digest) continue;
      this.look(inspected, inspected.wanted);
      this.queue?.add(inspected.entry.id);
    }
  }

  /** Has the registry know what is found. A newer try that failed, or goes on, does not take away what an older one found. */
  private look(inspected: Inspected, wanted: ScheduledInspection): void {
    const tries = triesOf(wanted, this.jobs?.values() ?? []);
    const [newest] = tries;
    const found = tries.find(({ finding }) => finding?.state === 'found');
    const deciding = found ?? tries.find(({ finding }) => finding) ?? newest;
    // Its Jobs were removed: what was found is still so.
    if (!newest || !deciding) return;
    const held = newest.problem === undefined ? {} : { reason: newest.problem };
    const finding: Finding = deciding.finding ?? { state: 'pending', ...held };
    inspected.finding = newest.finding ?? finding;
    const told = finding.state === 'found' ? finding : { uid: deciding.uid, finding };
    if (isDeepStrictEqual(told, inspected.told)) return;
    inspected.told = told;
    this.tell(inspected, finding);
  }

  private tell(inspected: Inspected, finding: Finding): void {
    const { entry } = inspected;
    inspected.problems = this.processes.take(entry, finding);
    if (finding.state === 'found') this.logger.log(`${entry.id}: what it stands for is known`);
    else if (finding.reason !== undefined) this.logger.warn(`${entry.id}: ${finding.reason}`);
    for (const problem of inspected.problems) this.logger.warn(`${entry.id}: ${problem}`);
  }

  private addAll(): void {
    for (const id of this.inspected.keys()) this.queue?.add(id);
  }

  private reconcile(id: string) {
    const wanted = this.inspected.get(id)?.wanted;
    if (!wanted || !this.jobs) return Promise.resolve(undefined);
    const all = [...this.inspected.values()].flatMap((inspected) => inspected.wanted ?? []);
    return this.reconciler.reconcile(wanted, this.jobs, new Set(all.map(digestOf)), Date.now());
  }

  private report(key: string, error: unknown): 'retry' {
    this.logger.warn(`${key}: the inspection cannot be brought further: ${String(error)}`);
    return 'retry';
  }

  private health(): HealthCheck {
    const told = [...this.inspected.values()].flatMap(({ entry, finding, problems }) => [
      ...(finding.state === 'found' ? [] : [`${entry.id}: ${finding.reason ?? 'goes on'}`]),
      ...problems.map((problem) => `${entry.id}: ${problem}`),
    ]);
    if (told.length === 0) return { status: 'ok' };
    const more = told.length > MOST_NAMED ? [`and ${told.length - MOST_NAMED} more`] : [];
    return { status: 'degraded', detail: [...told.slice(0, MOST_NAMED), ...more].join('; ') };
  }
}
