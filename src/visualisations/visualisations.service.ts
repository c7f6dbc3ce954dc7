import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Configuration, type VisualisationSettings } from '../config/configuration.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { VISUALISATIONS_LEADER } from './names.js';
import { VisualisationCache } from './visualisation-cache.js';
import { VisualisationReconciler } from './visualisation.reconciler.js';

/** Instances worked on at the same time. */
const CONCURRENCY = 8;

/** Runs the reconciler on the replica that leads, on every instance that changes. Whoever becomes the leader looks at all of them. */
@Injectable()
export class VisualisationsService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(VisualisationsService.name);
  private readonly queue: LeaderWorkQueue;

  constructor(
    private readonly cache: VisualisationCache,
    private readonly reconciler: VisualisationReconciler,
    @Inject(VISUALISATIONS_LEADER) leader: LeaderElection,
    queues: WorkQueues,
    configuration: Configuration,
  ) {
    this.queue = queues.create(
      {
        name: 'visualisations',
        fieldsOf: (key) => ({ resource: `datavisualisation/${key}` }),
        concurrency: CONCURRENCY,
        delayAfter: retryDelays(configuration.visualisations),
        onError: (key, error, failures) => this.report(key, error, failures),
      },
      leader,
      { addAll: () => this.addAll(), reconcile: (key) => this.reconcile(key) },
    );
  }

  onModuleInit(): void {
    this.queue.feedBy(this.cache.onChange((key) => this.queue.add(key)));
  }

  onApplicationBootstrap(): void {
    this.queue.start(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.handOver();
  }

  private async reconcile(key: string): Promise<void> {
    if (this.cache.knows(key)) await this.reconciler.reconcile(key, new Date());
  }

  private addAll(): void {
    for (const key of this.cache.keys()) this.queue.add(key);
  }

  /** Once when it begins: the status of the instance tells the rest. */
  private report(key: string, error: unknown, failures: number): 'retry' {
    const message = `${key}: ${error instanceof Error ? error.message : String(error)}`;
    if (failures === 1) this.logger.warn(message);
    else this.logger.debug(`${message} (failure ${failures} in a row)`);
    return 'retry';
  }
}

/** Milliseconds: a number of quick tries, then slow ones for good. By time, for changes of the instance's objects make it be looked at in between. */
export function retryDelays(settings: VisualisationSettings | undefined): (failingFor: number) => number {
  const { retries = 0, retrySeconds = 0, slowRetrySeconds = 0 } = settings ?? {};
  return (failingFor) => (failingFor < retries * retrySeconds * 1000 ? retrySeconds : slowRetrySeconds) * 1000;
}
