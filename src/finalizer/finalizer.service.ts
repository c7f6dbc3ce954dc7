import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { collects } from '../jobs/collection.js';
import { JobCache } from '../jobs/job-cache.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { PodRecord } from '../jobs/pod-record.js';
import { ClusterRights } from '../k8s/cluster-rights.js';
import { KeyedWorkQueue } from '../k8s/keyed-work-queue.js';
import { LeaderElection } from '../k8s/leader-election.js';
import type { ReconcileResult } from '../k8s/work-queue.js';
import { FailureLog } from './failure-log.js';
import { JobReconciler } from './job.reconciler.js';
import { LogFollower } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import { PodReconciler } from './pod.reconciler.js';
import { ResultRetention } from './result-retention.js';

/** Pods and Jobs worked on at the same time. */
const CONCURRENCY = 16;

/**
 * Runs the reconcilers on one work queue, on the replica that leads. Keys are `pod/NAME`, `job/NAME`, and `gone/NAME` of Jobs that are no more. Whoever becomes the leader looks at everything once, so that what ended
 * while no server was up is collected.
 */
@Injectable()
export class FinalizerService implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(FinalizerService.name);
  private readonly enabled: boolean;
  private readonly queue: KeyedWorkQueue;
  private readonly failures = new FailureLog(this.logger);
  private readonly unsubscribe: (() => void)[] = [];
  private readonly goneJobs = new Map<string, JobRecord>();
  private synced = false;
  /** Whether a key was left alone because this replica did not lead, or did not know everything yet. */
  private passedOver = false;

  constructor(
    private readonly cache: JobCache,
    private readonly pods: PodReconciler,
    private readonly jobs: JobReconciler,
    private readonly follower: LogFollower,
    private readonly heads: LogHeads,
    private readonly retention: ResultRetention,
    private readonly leader: LeaderElection,
    configuration: Configuration,
    rights: ClusterRights,
  ) {
    this.enabled = collects(configuration, rights);
    this.queue = new KeyedWorkQueue(
      {
        name: 'finalizer',
        concurrency: CONCURRENCY,
        onError: (key, error) => this.report(key, error),
      },
      (key) => this.reconcile(key),
    );
  }

  onModuleInit(): void {
    if (!this.enabled) return;
    this.unsubscribe.push(
      this.cache.pods.subscribe(({ record, previous }) => {
        this.onPod(record);
        if (previous?.held && !(record?.held && record.uid === previous.uid)) this.forget(previous.uid);
      }),
      this.cache.jobs.subscribe(({ record, previous }) => {
        this.onJob(record);
        if (!record && previous && this.retention.concerns(previous)) this.onJobGone(previous);
      }),
      this.leader.onChange((isLeader) => {
        if (isLeader) this.addAll();
      }),
    );
  }

  onApplicationBootstrap(): void {
    if (!this.enabled) return;
    this.leader.start();
    this.cache.whenSynced().then(
      () => {
        this.synced = true;
        this.addAll();
      },
      () => undefined, // shut down before
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    await this.queue.shutDown();
    // Before connections are drained, which may take long: another replica takes over meanwhile.
    await this.leader.stop();
    await this.follower.forgetAll();
    this.heads.forgetAll();
  }

  private forget(podUid: string): void {
    void this.follower.forget(podUid);
    this.heads.forget(podUid);
  }

  private onPod(pod: PodRecord | undefined): void {
    if (!pod) return;
    if (pod.held) this.queue.add(`pod/${pod.name}`);
    this.onJob(this.cache.jobs.get(pod.jobName));
  }

  private onJob(job: JobRecord | undefined): void {
    if (!job) return;
    if (job.collection === 'pending' || job.dismissed !== undefined || this.retention.concerns(job))
      this.queue.add(`job/${job.name}`);
  }

  /** Results that are to expire do not outlive their Job: nobody else knows of them. */
  private onJobGone(job: JobRecord): void {
    if (!this.leader.isLeader) return;
    this.goneJobs.set(job.name, job);
    this.queue.add(`gone/${job.name}`);
  }

  private addAll(): void {
    this.passedOver = false;
    for (const pod of this.cache.pods.values()) this.onPod(pod);
    for (const job of this.cache.jobs.values()) this.onJob(job);
  }

  private async reconcile(key: string): Promise<ReconcileResult> {
    if (!this.leader.isLeader || !this.synced) {
      this.passedOver = true;
      return undefined;
    }
    if (this.passedOver) this.addAll();
    const name = key.slice(key.indexOf('/') + 1);
    const lookAtPod = (podName: string) => this.queue.add(`pod/${podName}`);
    if (key.startsWith('gone/')) return this.discard(key, name);
    const result = key.startsWith('pod/')
      ? await this.pods.reconcile(name, () => lookAtPod(name))
      : await this.jobs.reconcile(name, new Date(), lookAtPod);
    this.failures.succeeded(key);
    return result;
  }

  private async discard(key: string, name: string): Promise<undefined> {
    const job = this.goneJobs.get(name);
    if (job) await this.retention.discard(job);
    this.goneJobs.delete(name);
    this.failures.succeeded(key);
  }

  private report(key: string, error: unknown): 'retry' {
    this.failures.failed(key, error);
    return 'retry';
  }
}
