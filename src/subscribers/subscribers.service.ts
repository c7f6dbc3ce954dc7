import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { JobCache } from '../jobs/model/job-cache.js';
import { fieldsOfJob, type JobRecord } from '../jobs/model/job-record.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { withinTrace } from '../tracing/tracing.js';
import { SubscriberReconciler } from './subscriber.reconciler.js';

/** Subscribers called at the same time: a slow one keeps a place for as long as it may take. */
const CONCURRENCY = 64;
/** How long calls under way may take once the server shuts down, milliseconds. */
const GRACE = 3_000;

/** Runs {@link SubscriberReconciler} on the replica that leads. Keys are names of Jobs. */
@Injectable()
@ConformsTo([conformanceClass.callback, conformanceClass.draft.callback])
export class SubscribersService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(SubscribersService.name);
  private readonly queue: LeaderWorkQueue;
  private readonly stopping = new AbortController();

  constructor(
    private readonly cache: JobCache,
    private readonly reconciler: SubscriberReconciler,
    private readonly leader: LeaderElection,
    queues: WorkQueues,
    clock: ClusterClock,
  ) {
    this.queue = queues.create(
      {
        name: 'subscribers',
        fieldsOf: (name) => fieldsOfJob(name, this.cache.jobs.get(name)),
        concurrency: CONCURRENCY,
        onError: (key, error) => {
          if (!this.stopping.signal.aborted)
            this.logger.warn(
              `${key}: a subscriber cannot be told now: ${error instanceof Error ? error.message : String(error)}`,
            );
          return 'retry';
        },
      },
      leader,
      {
        addAll: () => this.addAll(),
        reconcile: (name) =>
          withinTrace(this.cache.jobs.get(name)?.trace, () =>
            this.reconciler.reconcile(name, clock.now(), this.stopping.signal),
          ),
      },
    );
  }

  onModuleInit(): void {
    this.queue.feedBy(
      this.cache.jobs.subscribe(({ record, previous }) => {
        if (record) this.onJob(record);
        else if (previous) this.reconciler.forget(previous.uid);
      }),
      this.cache.pods.subscribe(({ record, previous }) => {
        const job = this.cache.jobs.get((record ?? previous)?.jobName ?? '');
        if (job) this.onJob(job);
      }),
    );
    this.queue.follow(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    const timer = setTimeout(() => this.stopping.abort(new Error('The server shuts down.')), GRACE);
    await this.queue.shutDown();
    clearTimeout(timer);
  }

  private onJob(job: JobRecord): void {
    if (!job.subscription) return;
    // Where the finalizer is off nobody else starts it.
    this.leader.start();
    this.queue.add(job.name);
  }

  private addAll(): void {
    for (const job of this.cache.jobs.values()) this.onJob(job);
  }
}
