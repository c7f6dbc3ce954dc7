import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { RunningUse } from './running-use.js';

/** Milliseconds until it is asked again what could not be: the API may be served by then. */
export const ASK_AGAIN = 300_000;
const SAMPLE = 'sample';

/**
 * Asks the cluster's metrics (`metrics.k8s.io`) what the pods of jobs use, on the replica that leads: one request for each interval, none
 * while no pod runs. Where they are not served it goes without.
 */
@Injectable()
export class UseSampler implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(UseSampler.name);
  /** Milliseconds. */
  private readonly interval: number = ASK_AGAIN;
  /** Undefined: nothing is measured. */
  private readonly queue: LeaderWorkQueue | undefined;
  /** Requests that failed, one after another; undefined: there was none yet. */
  private failures: number | undefined;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly use: RunningUse,
    configuration: Configuration,
    leader: LeaderElection,
    queues: WorkQueues,
  ) {
    if (configuration.usage.measured === undefined) return;
    this.interval = configuration.usage.measured * 1000;
    this.queue = queues.create(
      { name: 'measured-use', fieldsOf: () => ({}), concurrency: 1, maxDelay: ASK_AGAIN, onError: () => 'retry' },
      leader,
      { addAll: () => this.queue?.add(SAMPLE), reconcile: () => this.sample() },
    );
  }

  onModuleInit(): void {
    this.queue?.follow(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue?.shutDown();
  }

  /** Takes one sample of each pod that runs. */
  async sample(): Promise<ReconcileResult> {
    this.use.forget((name) => this.cache.pods.get(name) !== undefined);
    if (this.failures !== undefined && !this.isAnyRunning()) return { requeueAfter: this.interval };
    try {
      for (const metrics of await this.client.listPodMetrics()) {
        const pod = this.cache.pods.get(metrics.metadata.name);
        if (pod) this.use.add(pod, metrics);
      }
    } catch (error) {
      return { requeueAfter: this.wait(error) };
    }
    if (this.failures !== 0) this.logger.log('What jobs use is sampled from the metrics of the cluster');
    this.failures = 0;
    return { requeueAfter: this.interval };
  }

  private isAnyRunning(): boolean {
    for (const { phase } of this.cache.pods.values()) if (phase === 'Running') return true;
    return false;
  }

  /** Milliseconds until the next request, after one that failed. */
  private wait(error: unknown): number {
    if (!(error instanceof KubernetesError)) throw error;
    const failures = (this.failures ?? 0) + 1;
    this.failures = failures;
    if (failures === 1) this.logger.log(`What jobs use is not measured: ${error.message}`);
    // It is not served, or may not be read: that does not change by itself.
    if (error.failure === 'not-found' || error.failure === 'forbidden') return ASK_AGAIN;
    return Math.min(ASK_AGAIN, this.interval * 2 ** (failures - 1));
  }
}
