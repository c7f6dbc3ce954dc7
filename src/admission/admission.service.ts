import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { JobCache } from '../jobs/model/job-cache.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { AdmissionReconciler } from './admission.reconciler.js';
import { AdmissionLine } from './line/admission-line.js';

/** There is one line. */
const KEY = 'line';

/** Runs {@link AdmissionReconciler} on the replica that leads, whenever somebody may start. */
@Injectable()
export class AdmissionService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(AdmissionService.name);
  private readonly queue: LeaderWorkQueue;

  constructor(
    private readonly cache: JobCache,
    private readonly line: AdmissionLine,
    private readonly reconciler: AdmissionReconciler,
    private readonly leader: LeaderElection,
    queues: WorkQueues,
  ) {
    this.queue = queues.create(
      {
        name: 'admission',
        concurrency: 1,
        maxDelay: 10_000,
        onError: (_key, error) => {
          const message = error instanceof Error ? error.message : String(error);
          this.logger.warn(`Jobs that wait for their turn cannot be started now: ${message}`);
          return 'retry';
        },
      },
      leader,
      { addAll: () => this.addAll(), reconcile: () => this.reconciler.reconcile() },
    );
  }

  onModuleInit(): void {
    this.queue.feedBy(
      this.cache.jobs.subscribe(() => this.look()),
      this.cache.pods.subscribe(() => this.look()),
    );
    this.queue.follow(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.reconciler.stop();
    await this.queue.shutDown();
  }

  private addAll(): void {
    this.reconciler.forgetTurns();
    this.look();
  }

  private look(): void {
    // Where the finalizer is off nobody else starts it.
    if (this.line.jobs.waiting > 0) this.leader.start();
    if (this.line.jobs.next()) this.queue.add(KEY);
  }
}
