import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { collects } from '../jobs/model/collection.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { fieldsOfJob, type JobRecord } from '../jobs/model/job-record.js';
import type { PodRecord } from '../jobs/model/pod-record.js';
import { ClusterClock } from '../k8s/time/cluster-clock.js';
import { ClusterRights } from '../k8s/client/cluster-rights.js';
import { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { LeaderWorkQueue } from '../k8s/queues/leader-work-queue.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { Workloads } from '../queues/workloads.js';
import type { LogFields } from '../logging/log-fields.js';
import { Observer } from '../observation/observer.js';
import { withinTrace } from '../tracing/tracing.js';
import { CollectionProblems } from './collection-problems.js';
import { FailureLog } from './failure-log.js';
import { GoneJobs } from './gone-jobs.js';
import { JobReconciler } from './job.reconciler.js';
import { LogFollower } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import { PodReconciler } from './pod.reconciler.js';
import { ResultRetention } from './result-retention.js';
import { STORE_PLACES } from './store-places.js';

/** Pods and Jobs worked on at the same time; more than may wait for the object store. */
const CONCURRENCY = STORE_PLACES + 8;

/** Causes that readiness names. */
const MOST_CAUSES = 3;

/** How long the end of passes, and then the release of the Lease, is waited for at shutdown, milliseconds. */
const PATIENCE = 5_000;

/**
 * Runs the reconcilers on one work queue, on the replica that leads. Keys are `pod/NAME`, `job/NAME`, and `gone/NAME` of Jobs that are no more. Whoever becomes the leader looks at everything, so that what ended
 * while no server was up is collected.
 */
@Injectable()
export class FinalizerService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FinalizerService.name);
  private readonly enabled: boolean;
  private readonly queue: LeaderWorkQueue;
  private readonly failures = new FailureLog(this.logger);
  private readonly goneJobs = new GoneJobs();

  constructor(
    private readonly cache: JobCache,
    private readonly pods: PodReconciler,
    private readonly jobs: JobReconciler,
    private readonly follower: LogFollower,
    private readonly heads: LogHeads,
    private readonly problems: CollectionProblems,
    private readonly retention: ResultRetention,
    private readonly leader: LeaderElection,
    private readonly observer: Observer,
    queues: WorkQueues,
    healthChecks: HealthChecks,
    configuration: Configuration,
    rights: ClusterRights,
    private readonly clock: ClusterClock,
    private readonly workloads: Workloads,
  ) {
    this.enabled = collects(configuration, rights);
    if (this.enabled) healthChecks.add('finalizer', () => this.health());
    this.queue = queues.create(
      {
        name: 'finalizer',
        fieldsOf: (key) => this.fieldsOf(key),
        concurrency: CONCURRENCY,
        onError: (key, error) => this.report(key, error),
      },
      leader,
      {
        addAll: () => this.addAll(),
        reconcile: (key) => withinTrace(this.jobOf(key)?.trace, () => this.reconcile(key)),
      },
    );
  }

  onModuleInit(): void {
    if (!this.enabled) return;
    this.queue.feedBy(
      this.cache.pods.subscribe(({ record, previous }) => {
        this.onPod(record);
        if (previous?.held && !(record?.held && record.uid === previous.uid)) this.forget(previous.uid);
      }),
      this.cache.jobs.subscribe(({ name, record, previous }) => {
        this.onJob(record);
        if (!record) this.jobs.forget(name);
        // It was left alone as long as it was so.
        if (record && previous?.wronglySigned && !record.wronglySigned)
          for (const pod of this.cache.podsOf(record)) this.onPod(pod);
        if (!record && previous && this.retention.leavesAny(previous)) this.onJobGone(previous);
      }),
    );
  }

  onApplicationBootstrap(): void {
    // Why a run lost its place is noted with it.
    if (this.enabled) this.queue.start(Promise.all([this.cache.whenSynced(), this.workloads.whenKnown()]));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.handOver(PATIENCE);
    await this.follower.forgetAll();
    this.heads.forgetAll();
  }

  private forget(podUid: string): void {
    void this.follower.forget(podUid);
    this.heads.forget(podUid);
  }

  private onPod(pod: PodRecord | undefined): void {
    if (!pod) return;
    if (pod.held && !(this.leader.isLeader && this.pods.seeWaiting(pod))) this.queue.add(`pod/${pod.name}`);
    this.onJob(this.cache.jobs.get(pod.jobName));
  }

  private onJob(job: JobRecord | undefined): void {
    if (!job) return;
    if (this.jobs.concerns(job)) this.queue.add(`job/${job.name}`);
  }

  /** Results that are to expire, and inputs, do not outlive their Job: nobody else knows of them. */
  private onJobGone(job: JobRecord): void {
    const { isLeader } = this.leader;
    this.goneJobs.add(job, isLeader);
    if (isLeader) this.queue.add(`gone/${job.name}`);
  }

  private addAll(): void {
    this.jobs.forget();
    for (const pod of this.cache.pods.values()) this.onPod(pod);
    for (const job of this.cache.jobs.values()) this.onJob(job);
    for (const name of this.goneJobs.takeOver()) this.queue.add(`gone/${name}`);
  }

  private async reconcile(key: string): Promise<ReconcileResult> {
    try {
      const result = await this.look(key);
      this.failures.succeeded(key);
      this.problems.over(key);
      return result;
    } catch (error) {
      await this.problems.met(key, this.jobOf(key), error, performance.now());
      throw error;
    }
  }

  private look(key: string): Promise<ReconcileResult> {
    const name = nameOf(key);
    const lookAtPod = (podName: string) => this.queue.add(`pod/${podName}`);
    if (key.startsWith('gone/')) return this.discard(name);
    return key.startsWith('pod/')
      ? this.pods.reconcile(name, () => lookAtPod(name), this.clock.now())
      : this.jobs.reconcile(name, this.clock.now(), lookAtPod);
  }

  private jobOf(key: string): JobRecord | undefined {
    const name = nameOf(key);
    return this.cache.jobs.get(key.startsWith('pod/') ? (this.cache.pods.get(name)?.jobName ?? '') : name);
  }

  private fieldsOf(key: string): LogFields {
    const job = this.jobOf(key) ?? this.goneJobs.get(nameOf(key));
    return { ...fieldsOfJob(job?.name ?? nameOf(key), job), resource: key };
  }

  /** Only the leader has any, and nothing has but what it has tried itself. */
  private health(): HealthCheck {
    const causes = [...this.failures.current()];
    if (causes.length === 0 || !this.leader.isLeader) return { status: 'ok' };
    const told = causes.slice(0, MOST_CAUSES).map(([cause, keys]) => `${keys} of ${cause}`);
    return { status: 'degraded', detail: `not collected, because ${told.join('; ')}` };
  }

  private async discard(name: string): Promise<undefined> {
    const job = this.goneJobs.get(name);
    // One that was made again has what is there now.
    if (job && !this.cache.jobs.get(name)) await this.retention.forget(job);
    if (job) this.goneJobs.done(job);
  }

  private report(key: string, error: unknown): 'retry' {
    this.failures.failed(key, error);
    this.observer.collectionFailed(error);
    return 'retry';
  }
}

/** Of a key, without its kind. */
function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
