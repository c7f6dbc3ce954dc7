import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { HealthChecks } from '../health/health-checks.js';
import { InformerFactory, type Change, type Informer } from '../k8s/informers/informer.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { within } from '../k8s/time/within.js';
import { toWorkloadRecord, type Workload, type WorkloadRecord } from './workload-record.js';

/** Milliseconds that a start waits for them. */
const PATIENCE = 5_000;
const RESOURCE = 'workloads.kueue.x-k8s.io';

/**
 * What Kueue says of the jobs that wait in its queues, where a process names one. Without the right to watch Workloads, or without Kueue, nothing is known, and jobs wait all the same.
 */
@Injectable()
export class Workloads implements OnModuleInit {
  private readonly logger = new Logger(Workloads.name);
  private workloads?: Informer<WorkloadRecord>;
  /** Names of Workloads by names of their Jobs. */
  private readonly byJob = new Map<string, Set<string>>();
  private readonly listeners = new Set<(jobName: string) => void>();

  constructor(
    private readonly informers: InformerFactory,
    private readonly client: KubernetesClient,
    private readonly configuration: Configuration,
    private readonly healthChecks: HealthChecks,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!usesQueues(this.configuration)) return;
    if (await this.mayWatch()) this.watch();
    else {
      const detail = `It may not list and watch ${RESOURCE}: why jobs wait in their queues is not shown.`;
      this.logger.warn(`${detail} See docs/queues.md.`);
      this.healthChecks.add('kueue', () => ({ status: 'degraded', detail, hint: detail }));
    }
  }

  /** Undefined where nothing is known (yet). */
  of(job: { readonly name: string; readonly uid: string }): WorkloadRecord | undefined {
    for (const name of this.byJob.get(job.name) ?? []) {
      const record = this.workloads?.get(name);
      if (record?.jobUid === job.uid) return record;
    }
    return undefined;
  }

  /** Whether Workloads are watched, so that one which is not known is not there. */
  get areKnown(): boolean {
    return this.workloads?.synced ?? false;
  }

  /** Resolves once they are known, or are not watched; after a while in any case: without Kueue they never are. */
  async whenKnown(): Promise<void> {
    if (this.workloads) await within(this.workloads.whenSynced(), PATIENCE);
  }

  /** Calls back with the name of the Job whose Workload has changed. */
  onChange(listener: (jobName: string) => void): void {
    this.listeners.add(listener);
  }

  private async mayWatch(): Promise<boolean> {
    // A question that is not answered counts as a yes: the call itself will tell.
    const ask = (verb: string) => this.client.canI(verb, RESOURCE).catch(() => true);
    const granted = await Promise.all([ask('list'), ask('watch')]);
    return granted.every(Boolean);
  }

  private watch(): void {
    this.workloads = this.informers.create<Workload, WorkloadRecord>({
      resource: 'workloads',
      background: true,
      transform: toWorkloadRecord,
    });
    this.workloads.subscribe((change) => this.onWorkload(change));
  }

  private onWorkload({ name, record, previous }: Change<WorkloadRecord>): void {
    const jobName = (record ?? previous)?.jobName ?? '';
    const names = this.byJob.get(jobName) ?? new Set();
    if (record) this.byJob.set(jobName, names.add(name));
    else if (names.delete(name) && names.size === 0) this.byJob.delete(jobName);
    for (const listener of this.listeners) listener(jobName);
  }
}

/** Whether jobs of any process may wait in a queue of Kueue. */
export function usesQueues({ server, processes, access }: Configuration): boolean {
  if (server.manager.jobs.queueName || access.rules?.roles.some(({ queueName }) => queueName)) return true;
  return processes.some(({ processor: { queue_name: name, allowed_queues: names } }) =>
    Boolean(name || (Array.isArray(names) && names.length > 0)),
  );
}
