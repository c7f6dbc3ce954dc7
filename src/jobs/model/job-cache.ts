import { Injectable, Optional } from '@nestjs/common';
import type { CoreV1Event, V1Job, V1Pod } from '@kubernetes/client-node';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import { Configuration } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { InformerFactory, type Change, type Informer } from '../../k8s/informers/informer.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { isJobId, jobIdOf, jobName } from '../../k8s/names.js';
import type { WorkloadRecord } from '../../queues/workload-record.js';
import { Workloads } from '../../queues/workloads.js';
import { JobNotFoundError } from '../../ogc/domain-errors.js';
import { ArchivedJobs } from './archived/archived-jobs.js';
import { DisputedJobs } from './disputed-jobs.js';
import { isLastPod } from './job-attempts.js';
import { type JobChangeListener, JobChanges } from './job-changes.js';
import { type EventRecord, JobEvents, toEventRecord } from './job-events.js';
import { type JobRecord, toJobRecord } from './job-record.js';
import type { JobStatus } from './job-status.js';
import { KnownStatuses } from './known-statuses.js';
import { endOf, hasEnded, type PodRecord, toPodRecord } from './pod-record.js';
import { signingKeysOf } from '../../signing/signatures.js';
import { OwnedJobs } from './lists/owned-jobs.js';
import { SortedJobs } from './lists/sorted-jobs.js';
import { believe, type Trust } from './trust.js';

/** How long it is remembered that the API server knows no such job, or no pod of one, milliseconds. */
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
  private readonly events = new JobEvents();
  private readonly misses = new Map<string, number>();
  private readonly refreshes = new Map<string, number>();
  private readonly withoutPods = new Map<string, number>();
  private readonly changes = new JobChanges();
  private readonly statuses = new KnownStatuses();
  private readonly sorted = new SortedJobs();
  private readonly owned = new OwnedJobs();
  private readonly prefix: string;
  private readonly trust: Trust;
  private readonly disputed = new DisputedJobs();

  constructor(
    informers: InformerFactory,
    private readonly client: KubernetesClient,
    configuration: Configuration,
    rights: ClusterRights,
    @Optional() private readonly workloads?: Workloads,
    @Optional() private readonly line?: AdmissionLine,
    @Optional() private readonly archived?: ArchivedJobs,
  ) {
    const prefix = configuration.environment.jobNamePrefix;
    this.prefix = prefix;
    const { environment } = configuration;
    this.trust = { keys: signingKeysOf(environment), pathPrefix: environment.bucket.pathPrefix };
    this.jobs = informers.create<V1Job, JobRecord>({
      resource: 'jobs',
      transform: (kubeJob) => this.changes.noted(this.recordOf(kubeJob), kubeJob),
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
    workloads?.onChange((name) => this.changes.notify(name));
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

  /** As {@link annotationsOf}, of this very state of a Job, where somebody waited for it; once. Asks nothing of the API server. */
  takeAnnotations(job: JobRecord): Readonly<Record<string, string>> | undefined {
    const state = this.changes.takeState(job);
    return state && this.annotationsOf(state);
  }

  /** Of how many jobs something is not this server's, for readiness; `signs`: whether anything is signed. */
  get trustworthiness(): { readonly signs: boolean; readonly disputed: number; readonly elsewhere: number } {
    const signs = (this.trust.keys ?? []).length > 0;
    return { signs, ...this.disputed.counts };
  }

  whenSynced(): Promise<unknown> {
    return Promise.all([this.jobs.whenSynced(), this.pods.whenSynced()]);
  }

  /** Newest first. The array is shared: do not change it. @param owner undefined: of all, and of nobody */
  list(owner?: string): readonly JobRecord[] {
    return owner === undefined ? this.sorted.of(this.jobs.values()) : this.owned.of(owner);
  }

  /** Labels of those who have jobs and are called so; or whose label it is. */
  ownersCalled(name: string): readonly string[] {
    return this.owned.called(name);
  }

  /** As {@link find}. @throws JobNotFoundError where there is no such job */
  async get(jobId: string): Promise<JobRecord> {
    const job = await this.find(jobId);
    if (!job) throw new JobNotFoundError(jobId);
    return job;
  }

  /** Asks the API server once for an id that is not known here, and then the archive. @throws ArchiveAwayError */
  async find(jobId: string): Promise<JobRecord | undefined> {
    if (!isJobId(jobId)) return undefined;
    const name = jobName(this.prefix, jobId);
    const known = this.jobs.get(name);
    if (known) return known;
    const now = performance.now();
    if ((this.misses.get(name) ?? -Infinity) > now - MISS_REMEMBERED) return undefined;
    const kubeJob = await this.client.getJob(name);
    if (kubeJob) return this.observe(kubeJob);
    const archived = await this.archived?.find(jobId);
    if (!archived) remember(this.misses, name, now, MISS_REMEMBERED);
    return archived;
  }

  /** As {@link find}, for somebody: of one that they do not see the answer is that of one that there never was, and so is its failure. */
  async findSeen(jobId: string, sees: (job: JobRecord) => boolean): Promise<JobRecord | undefined> {
    const job = await this.find(jobId);
    if (!job || sees(job)) return job;
    if (!job.fromArchive) await this.archived?.find(jobId);
    return undefined;
  }

  /**
   * The annotations that may be believed of the Job, be it in the cluster or as the archive has it; undefined where it is gone.
   * @throws ArchiveAwayError, KubernetesError
   */
  async valuesOf(job: JobRecord): Promise<Readonly<Record<string, string>> | undefined> {
    const kubeJob = job.fromArchive ? undefined : await this.client.getJob(job.name);
    if (kubeJob) return kubeJob.metadata?.uid === job.uid ? this.annotationsOf(kubeJob) : undefined;
    const archived = await this.archived?.objectOf(job.jobId);
    return archived?.metadata?.uid === job.uid ? archived.metadata.annotations : undefined;
  }

  /** Whether jobs that have ended go to an archive, so that the TTL of their Jobs waits for that. */
  get archives(): boolean {
    return this.archived?.isThere ?? false;
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

  /** Takes over an answer of the API server at once. @returns what is kept of it, in this state or a later one of the same Job */
  observe(kubeJob: V1Job): JobRecord | undefined {
    const { name = '', uid } = kubeJob.metadata ?? {};
    this.misses.delete(name);
    this.jobs.observe(kubeJob);
    const known = this.jobs.get(name);
    return known?.uid === uid ? known : this.recordOf(kubeJob);
  }

  /**
   * The job of a pod. Each cache may be behind the other: the API server is asked for one that is not known here, so that a job is never taken for gone.
   * @throws KubernetesError
   */
  async jobOf(pod: Pick<PodRecord, 'jobName' | 'jobUid'>): Promise<JobRecord | undefined> {
    const known = this.knownJobOf(pod);
    if (known) return known;
    const kubeJob = await this.client.getJob(pod.jobName);
    const found = kubeJob && this.observe(kubeJob);
    return found && isOf(pod, found) ? found : undefined;
  }

  /** The job of a pod, as far as this cache knows it. */
  knownJobOf(pod: Pick<PodRecord, 'jobName' | 'jobUid'>): JobRecord | undefined {
    const job = this.jobs.get(pod.jobName);
    return job && isOf(pod, job) ? job : undefined;
  }

  /** The pods of a Job, newest first. */
  podsOf(job: Pick<JobRecord, 'name' | 'uid'>): readonly PodRecord[] {
    const pods: PodRecord[] = [];
    for (const name of this.podsByJob.get(job.name) ?? []) {
      const pod = this.pods.get(name);
      if (pod && isOf(pod, job)) pods.push(pod);
    }
    return pods.length > 1 ? pods.sort(newestPodFirst) : pods;
  }

  /** As {@link podsOf}, as the API server has them now: this cache may be behind. @throws KubernetesError */
  async actualPodsOf(job: Pick<JobRecord, 'name' | 'uid'>): Promise<readonly PodRecord[]> {
    return (await this.client.listPodsOfJob(job.name))
      .map(toPodRecord)
      .filter((pod) => pod !== undefined)
      .filter(({ jobUid }) => jobUid === job.uid)
      .sort(newestPodFirst);
  }

  /**
   * As {@link podsOf}; where none is known as the API server has them: the watch of Jobs may be ahead of that of pods. That a Job has none
   * is asked once a second at the most.
   * @throws KubernetesError
   */
  async podsFoundOf(job: Pick<JobRecord, 'name' | 'uid'>): Promise<readonly PodRecord[]> {
    const known = this.podsOf(job);
    const now = performance.now();
    if (known.length > 0 || (this.withoutPods.get(job.uid) ?? -Infinity) > now - MISS_REMEMBERED) return known;
    const found = await this.actualPodsOf(job);
    if (found.length === 0) remember(this.withoutPods, job.uid, now, MISS_REMEMBERED);
    return found;
  }

  newestEventOf(job: Pick<JobRecord, 'name'>): string | undefined {
    return this.events.newestOf(job.name);
  }

  /** Why Kueue took the job's place during this run, which has ended, in its words; undefined where that is not known. */
  stopOf(job: Pick<JobRecord, 'name'>, pod: PodRecord): string | undefined {
    return this.events.stopWithin(job.name, pod.created, endOf(pod) ?? pod.created);
  }

  /** What Kueue says of the job; undefined where it says nothing, or is not asked. */
  workloadOf(job: Pick<JobRecord, 'name' | 'uid'>): WorkloadRecord | undefined {
    return this.workloads?.of(job);
  }

  statusOf(job: JobRecord): JobStatus {
    return this.statuses.of(
      job,
      () => ({
        pods: this.podsOf(job),
        newestEvent: this.newestEventOf(job),
        waiting: { workload: this.workloadOf(job), standing: this.line?.standingOf(job.name, job.processId) },
      }),
      () => this.jobs.get(job.name) === job,
    );
  }

  /** As {@link statusOf}, with the place in the server's own line, which is not for lists: it costs a look at all callers that wait. */
  statusWithPlace(job: JobRecord): JobStatus {
    const status = this.statusOf(job);
    const position = this.line?.jobs.positionOf(job.name);
    if (position === undefined || status.status !== 'accepted') return status;
    return { ...status, queue: { ...status.queue, position } };
  }

  /** Calls back whenever the job or one of its pods changes. @returns a function that ends this */
  onChange(name: string, listener: () => void): () => void {
    return this.changes.onChange(name, listener);
  }

  /** As {@link onChange}, of every job. */
  onAnyChange(listener: JobChangeListener): () => void {
    return this.changes.onAnyChange(listener);
  }

  private onJob(change: Change<JobRecord>): void {
    const { name, record, previous } = change;
    if (record === undefined) this.events.forget(name);
    if (previous && previous !== record) this.statuses.forget(previous);
    this.disputed.note(name, record);
    this.line?.update(name, record, previous, () => record !== undefined && this.takesRoom(record));
    this.sorted.change(record, previous);
    this.owned.change(record, previous);
    this.changes.notify(name, change);
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
    const jobName = (record ?? previous)?.jobName ?? '';
    const job = this.jobs.get(jobName);
    if (job) this.line?.update(jobName, job, job, () => this.takesRoom(job));
    this.changes.notify(jobName);
  }

  /** Whether pods of a Job that runs have not ended, or another will follow. */
  private takesRoom(job: JobRecord): boolean {
    const pods = this.podsOf(job);
    const makesMore = !job.deleting && !job.stopped && !pods.some((pod) => isLastPod(job, pod));
    return pods.some((pod) => !hasEnded(pod)) || makesMore;
  }

  private onEvent(change: Change<EventRecord>): void {
    this.events.change(change);
    const { record } = change;
    if (record && this.events.newestOf(record.jobName) === record.message) this.changes.notify(record.jobName);
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
