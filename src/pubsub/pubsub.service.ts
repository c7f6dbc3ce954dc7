import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Configuration, type PubSubSettings } from '../config/configuration.js';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { fieldsOfJob } from '../jobs/model/job-record.js';
import type { StatusCode } from '../jobs/model/job-status.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { Observer } from '../observation/observer.js';
import { conformanceClass, ConformsTo } from '../ogc/conformance.js';
import { Broker } from './broker.js';
import { addressOf, channelOf } from './channel.js';
import { toCloudEvent } from './cloud-event.js';
import { Outbox, type OutboxState } from './outbox.js';
import { statusChanges } from './status-changes.js';

/** How long what waits may take once the server shuts down, milliseconds. */
const GRACE = 3_000;
const HINT = 'the broker of pubsub takes no messages';

/**
 * Publishes what becomes of jobs, on the replica that leads: one publisher, so that the events of a job keep their order.
 * What was told is remembered in memory only; whoever comes to lead tells what happened lately once more, under the same ids.
 */
@Injectable()
@ConformsTo([conformanceClass.pubSub.cloudEvents])
export class PubSubService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('PubSub');
  private readonly settings: PubSubSettings;
  private readonly source: string;
  private readonly queue: LeaderWorkQueue;
  private readonly outbox: Outbox;
  /** The last status of each job that was told, by the Job's uid. */
  private readonly told = new Map<string, StatusCode>();

  constructor(
    private readonly cache: JobCache,
    private readonly leader: LeaderElection,
    private readonly clock: ClusterClock,
    health: HealthChecks,
    queues: WorkQueues,
    broker: Broker,
    observer: Observer,
    { pubsub, server }: Configuration,
  ) {
    this.settings = pubsub as PubSubSettings;
    this.source = server.url as string;
    this.outbox = new Outbox({
      broker,
      observer,
      mayPublish: () => leader.isLeader,
      onChange: (problem, state) => this.sayHowItIs(problem, state),
    });
    this.queue = queues.create(
      { name: 'pubsub', fieldsOf: (name) => fieldsOfJob(name, this.cache.jobs.get(name)), concurrency: 1 },
      leader,
      { addAll: () => this.addAll(), reconcile: async (name) => this.tell(name) },
    );
    health.add('pubsub', () => this.check());
  }

  onModuleInit(): void {
    this.queue.feedBy(
      this.cache.jobs.subscribe(({ name, record, previous }) => {
        if (record) this.queue.add(name);
        else if (previous) this.told.delete(previous.uid);
      }),
      this.cache.pods.subscribe(({ record, previous }) => this.queue.add((record ?? previous)?.jobName ?? '')),
      this.leader.onChange((isLeader) => {
        if (isLeader) this.outbox.start();
        // Another tells the next ones.
        else this.told.clear();
        this.outbox.look();
      }),
    );
    this.queue.start(this.cache.whenSynced());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.shutDown();
    await this.outbox.stop(GRACE);
  }

  private addAll(): void {
    for (const { name } of this.cache.jobs.values()) this.queue.add(name);
  }

  private tell(name: string): undefined {
    const job = this.cache.jobs.get(name);
    // What is told cannot be taken back.
    if (!job || job.disputed) return;
    this.outbox.start();
    const status = this.cache.statusOf(job);
    const subject = channelOf(this.settings, job.processId);
    const address = addressOf(this.settings, job.processId);
    for (const change of statusChanges(this.told.get(job.uid), job, status, this.clock.now()))
      this.outbox.add({
        address,
        event: toCloudEvent(job.uid, status, change, { source: this.source, subject }),
      });
    this.told.set(job.uid, status.status);
  }

  private check(): HealthCheck {
    if (!this.leader.isLeader) return { status: 'ok', detail: 'another replica publishes' };
    const { problem, waiting } = this.outbox.state;
    if (problem === undefined) return { status: 'ok', detail: this.settings.url };
    return { status: 'degraded', detail: `${this.settings.url}: ${problem}; ${waiting} messages wait`, hint: HINT };
  }

  private sayHowItIs(problem: string | undefined, { waiting, dropped }: OutboxState): void {
    const { url } = this.settings;
    if (problem !== undefined)
      this.logger.warn(`The broker ${url} takes no messages: ${problem}. Executions go on; it is tried again.`);
    else if (dropped > 0) this.logger.warn(`The broker ${url} takes messages; ${dropped} were dropped before.`);
    else this.logger.log(`The broker ${url} takes messages; ${waiting} wait.`);
  }
}
