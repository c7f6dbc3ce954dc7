import { Injectable, Logger, Optional } from '@nestjs/common';
import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import { Configuration } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { InformerFactory, type Change, type Informer } from '../../k8s/informers/informer.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { isJobId, jobIdOf, jobName } from '../../k8s/names.js';
import type { WorkloadRecord } from '../../queues/workload-record.js';
import { Workloads } from '../../queues/workloads.js';
import { JobNotFoundError } from '../../ogc/domain-errors.js';
import { type JobRecord, newestFirst, toDate, toJobRecord } from './job-record.js';
import { jobStatus, type JobStatus } from './job-status.js';
import { type PodRecord, toPodRecord } from './pod-record.js';
import { signingKeysOf } from '../../signing/signatures.js';
import { believe, type Trust } from './trust.js';

interface EventRecord {
  readonly jobName: string;
  readonly message: string;
  readonly at: number;
}

/** How long it is remembered that the API server knows no such job, milliseconds. */
const MISS_REMEMBERED = 1000;
/** A job is brought up to date at most so often, milliseconds. */
const REFRESH_COUNTS = 1000;

/**
 * The manager's jobs as the cluster has them, in memory: listing, status and waiting ask nothing of the API server but for an id that is not
 * known here, so that a job which another replica made a moment ago is found.
 */
@Injectable()
export class JobCache {
  readonly jobs: Informer<JobRecord>;
  readonly pods: Informer<PodRecord>;
  private readonly podsByJob = new Map<string, Set<string>>();
  private readonly newestEvents = new Map<string, EventRecord>();
  private readonly misses = new Map<string, number>();
  private readonly refreshes = new Map<string, number>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private readonly endedStatuses = new WeakMap<JobRecord, JobStatus>();
  private sorted: JobRecord[] | undefined;
  private readonly prefix: string;
  private readonly trust: Trust;
  private readonly disputedJobs = new Set<string>();
  private readonly jobsSignedElsewhere = new Set<string>();
  private readonly logger = new Logger(JobCache.name);

  constructor(
    informers: InformerFactory,
    private readonly client: KubernetesClient,
    configuration: Configuration,
    rights: ClusterRights,
    @Optional() private readonly workloads?: Workloads,
  ) {
    const prefix = configuration.environment.jobNamePrefix;
    this.prefix = prefix;
    const { environment } = configuration;
    this.trust = { keys: signingKeysOf(environment), pathPrefix: environment.bucket.pathPrefix };
    this.jobs = informers.create<V1Job, JobRecord>({
      resource: 'jobs',
      transform: (kubeJob) => this.recordOf(kubeJob),
    });
    this.pods = informers.create<V1Pod, PodRecord>({
      resource: 'pods',
      transform: (pod) => {
        const record = toPodRecord(pod);
        return record && jobIdOf(prefix, record.jobName) !== undefined ? record : undefined;
      },
    });
    this.jobs.subscribe((change) => this.onJob(change));
    this.pods.subscribe((change) => this.onPod(change));
    workloads?.onChange((name) => this.notify(name));
    if (!rights.watchEvents) return;
    informers
      .create<CoreV1Event, EventRecord>({
        resource: 'events',
        fieldSelector: 'involvedObject.kind=Job',
        transform: (event) => toEventRecord(prefix, event),
      })
      .subscribe((change) => this.onEvent(change));
  }

  /** What is kept of a Job: nothing that it says is believed against its signatures. Undefined where it is none of this manager. */
  recordOf(kubeJob: V1Job): JobRecord | undefined {
    return toJobRecord(this.prefix, kubeJob, this.trust);
  }

  /** The annotations of a Job, of any manager, that may be believed: for values that are not kept in memory. */
  annotationsOf({ metadata }: V1Job): Readonly<Record<string, string>> {
    return believe(this.trust, metadata?.name ?? '', metadata?.annotations ?? {}).annotations;
  }

  /** Of how many jobs something is not this server's, for readiness; `signs`: whether anything is signed. */
  get trustworthiness(): { readonly signs: boolean; readonly disputed: number; readonly elsewhere: number } {
    const signs = (this.trust.keys ?? []).length > 0;
    return { signs, disputed: this.disputedJobs.size, elsewhere: this.jobsSignedElsewhere.size };
  }

  whenSynced(): Promise<unknown> {
    return Promise.all([this.jobs.whenSynced(), this.pods.whenSynced()]);
  }

  /** As {@link newestFirst} orders them. The array is shared: do not change it. */
  list(): readonly JobRecord[] {
    this.sorted ??= [...this.jobs.values()].sort(newestFirst);
    return this.sorted;
  }

  /** As {@link find}. @throws JobNotFoundError where there is no such job */
  async get(jobId: string): Promise<JobRecord> {
    const job = await this.find(jobId);
    if (!job) throw new JobNotFoundError(jobId);
    return job;
  }

  /** Asks the API server once for an id that is not known here. */
  async find(jobId: string): Promise<JobRecord | undefined> {
    if (!isJobId(jobId)) return undefined;
    const name = jobName(this.prefix, jobId);
    const known = this.jobs.get(name);
    if (known) return known;
    const now = performance.now();
    if ((this.misses.get(name) ?? -Infinity) > now - MISS_REMEMBERED) return undefined;
    const kubeJob = await this.client.getJob(name);
    if (kubeJob) {
      this.observe(kubeJob);
      return this.jobs.get(name) ?? this.recordOf(kubeJob);
    }
    remember(this.misses, name, now, MISS_REMEMBERED);
    return undefined;
  }

  /**
   * The job as the API server has it now, for what must not be answered from a cache that is behind another replica's. Asks once a second for each job at the most;
   * where there is no answer what is known has to do.
   */
  async refresh(job: JobRecord): Promise<JobRecord> {
    const now = performance.now();
    if ((this.refreshes.get(job.name) ?? -Infinity) <= now - REFRESH_COUNTS) {
      remember(this.refreshes, job.name, now, REFRESH_COUNTS);
      const kubeJob = await this.client.getJob(job.name).catch(() => undefined);
      if (kubeJob) this.observe(kubeJob);
    }
    return this.jobs.get(job.name) ?? job;
  }

  /** Takes over an answer of the API server at once. */
  observe(kubeJob: V1Job): void {
    this.misses.delete(kubeJob.metadata?.name ?? '');
    this.jobs.observe(kubeJob);
  }

  /**
   * The job of a pod. Each cache may be behind the other: the API server is asked for one that is not known here, so that a job is never taken for gone.
   * @throws KubernetesError
   */
  async jobOf(pod: Pick<PodRecord, 'jobName' | 'jobUid'>): Promise<JobRecord | undefined> {
    const known = this.knownJobOf(pod);
    if (known) return known;
    const kubeJob = await this.client.getJob(pod.jobName);
    if (!kubeJob) return undefined;
    this.observe(kubeJob);
    const found = this.recordOf(kubeJob);
    return found && isOf(pod, found) ? found : undefined;
  }

  /** The job of a pod, as far as this cache knows it. */
  knownJobOf(pod: Pick<PodRecord, 'jobName' | 'jobUid'>): JobRecord | undefined {
    const job = this.jobs.get(pod.jobName);
    return job && isOf(pod, job) ? job : undefined;
  }

  /** The pods of a Job, newest first. */
  podsOf(job: Pick<JobRecord, 'name' | 'uid'>): readonly PodRecord[] {
    const pods = [...(this.podsByJob.get(job.name) ?? [])].map((name) => this.pods.get(name));
    return pods
      .filter((pod) => pod !== undefined)
      .filter((pod) => isOf(pod, job))
      .sort(newestPodFirst);
  }

  /** As {@link podsOf}, as the API server has them now: this cache may be behind. @throws KubernetesError */
  async actualPodsOf(job: Pick<JobRecord, 'name' | 'uid'>): Promise<readonly PodRecord[]> {
    return (await this.client.listPodsOfJob(job.name))
      .map(toPodRecord)
      .filter((pod) => pod !== undefined)
      .filter(({ jobUid }) => jobUid === job.uid)
      .sort(newestPodFirst);
  }

  newestEventOf(job: Pick<JobRecord, 'name'>): string | undefined {
    return this.newestEvents.get(job.name)?.message;
  }

  /** What Kueue says of the job; undefined where it says nothing, or is not asked. */
  workloadOf(job: Pick<JobRecord, 'name' | 'uid'>): WorkloadRecord | undefined {
    return this.workloads?.of(job);
  }

  statusOf(job: JobRecord): JobStatus {
    const known = this.endedStatuses.get(job);
    if (known) return known;
    const status = jobStatus(job, this.podsOf(job), this.newestEventOf(job), this.workloadOf(job));
    // Nothing but the record itself changes a status that it records.
    if (job.outcome && status.status !== 'dismissed') this.endedStatuses.set(job, status);
    return status;
  }

  /** Calls back whenever the job or one of its pods changes. @returns a function that ends this */
  onChange(name: string, listener: () => void): () => void {
    const listeners = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(name) === listeners) this.listeners.delete(name);
    };
  }

  private onJob({ name, record, previous }: Change<JobRecord>): void {
    if (record === undefined) this.newestEvents.delete(name);
    this.noteStanding(name, record);
    if (!this.replaceInPlace(record, previous)) this.sorted = undefined;
    this.notify(name);
  }

  /** Says once of each job that somebody else than a server has written to it. */
  private noteStanding(name: string, record: JobRecord | undefined): void {
    if (record?.signedElsewhere) this.jobsSignedElsewhere.add(name);
    else this.jobsSignedElsewhere.delete(name);
    if (!record?.disputed) {
      this.disputedJobs.delete(name);
    } else if (!this.disputedJobs.has(name)) {
      this.disputedJobs.add(name);
      const waits = record.wronglySigned
        ? ' Nothing more is recorded of the job until they are put back or taken off.'
        : '';
      this.logger.error(
        `Job ${name}: not believed, for no server has written it so, or it points to what is not of this job: annotations ` +
          `${record.disputed.join(', ')}.${waits} See docs/decisions/047-believing.md`,
      );
    }
  }

  /** A change that keeps a job's place in the order costs a binary search, not a sort: most changes are such. */
  private replaceInPlace(record: JobRecord | undefined, previous: JobRecord | undefined): boolean {
    if (!this.sorted || !record || !previous || newestFirst(record, previous) !== 0) return false;
    let [low, high] = [0, this.sorted.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = newestFirst(this.sorted[middle] as JobRecord, record);
      if (order === 0) {
        this.sorted[middle] = record;
        return true;
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  private onPod({ name, record, previous }: Change<PodRecord>): void {
    if (previous && previous.jobName !== record?.jobName) {
      const pods = this.podsByJob.get(previous.jobName);
      pods?.delete(name);
      if (pods?.size === 0) this.podsByJob.delete(previous.jobName);
    }
    if (record) {
      const pods = this.podsByJob.get(record.jobName) ?? new Set();
      this.podsByJob.set(record.jobName, pods.add(name));
    }
    this.notify((record ?? previous)?.jobName ?? '');
  }

  private onEvent({ record, previous }: Change<EventRecord>): void {
    if (!record) {
      if (previous && this.newestEvents.get(previous.jobName) === previous) this.newestEvents.delete(previous.jobName);
      return;
    }
    const newest = this.newestEvents.get(record.jobName);
    if (!newest || newest.at <= record.at) this.newestEvents.set(record.jobName, record);
  }

  private notify(name: string): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener();
  }
}

function newestPodFirst(a: PodRecord, b: PodRecord): number {
  return b.created.getTime() - a.created.getTime();
}

/** A Job of the same name may have been another. */
function isOf({ jobUid }: Pick<PodRecord, 'jobUid'>, { uid }: Pick<JobRecord, 'uid'>): boolean {
  return jobUid === undefined || jobUid === uid;
}

/** Notes the time, and forgets what was noted too long ago to count. */
function remember(times: Map<string, number>, name: string, now: number, counts: number): void {
  for (const [other, at] of times) if (at <= now - counts) times.delete(other);
  times.set(name, now);
}

function toEventRecord(prefix: string, event: CoreV1Event): EventRecord | undefined {
  const name = event.involvedObject.name ?? '';
  if (jobIdOf(prefix, name) === undefined) return undefined;
  const at = toDate(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp);
  return { jobName: name, message: event.message ?? event.reason ?? '', at: at?.getTime() ?? 0 };
}
