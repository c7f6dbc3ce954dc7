import { Injectable, Logger } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { type JobPatch, KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../../k8s/names.js';
import { JobGoneError, JobNotFoundError } from '../../ogc/domain-errors.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { collects } from '../model/collection.js';
import { archivedJobOf } from '../model/archived/archived-job-of.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { dismissalPatch, goesOn, isLeaving } from '../model/dismissal.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';

/** What came of a dismissal. */
export interface Dismissal {
  /** `dismissed`; or how the job ended in the same moment. */
  readonly status: JobStatus;
  /** It had ended, and is being removed. */
  readonly isRemoved: boolean;
}

/** Dismissing and removing jobs. */
@Injectable()
export class JobsService {
  private readonly logger = new Logger(JobsService.name);
  private readonly finalizes: boolean;

  constructor(
    private readonly cache: JobCache,
    private readonly archived: ArchivedJobs,
    private readonly client: KubernetesClient,
    private readonly processes: ProcessRegistry,
    configuration: Configuration,
    rights: ClusterRights,
  ) {
    this.finalizes = collects(configuration, rights);
  }

  /**
   * Dismisses a job that goes on: how it ended is decided by that, and its pods are ended. Removes one that has ended, as the cluster
   * itself says now. What the finalizer collects it carries out (a log has to be followed first), so the wish is written to the Job;
   * otherwise it is done at once. One that ends in the same moment is left as it is. Of one that is removed a tombstone stands in the
   * archive, where there is one, before its Job is deleted, so that nothing revives it.
   * @param caller who wants it, for the log
   * @param mayRemove whether one that has ended may be removed
   * @throws JobGoneError when it is being removed already; JobNotFoundError; ArchiveAwayError, and nothing was done then
   */
  async dismiss(job: JobRecord, now: Date, caller?: string, mayRemove = true): Promise<Dismissal> {
    const current = await this.actual(job);
    const before = this.cache.statusOf(current);
    if (!goesOn(before) && !mayRemove) return { status: before, isRemoved: false };
    // Of one that was written over nothing is recorded any more.
    const isRemoved = !goesOn(before) || current.wronglySigned === true;
    const done = isRemoved ? await this.remove(current, now) : await this.end(current, now);
    if (!done) return { status: this.cache.statusOf(await this.actual(job)), isRemoved: false };
    const by = caller === undefined ? '' : ` (${caller})`;
    this.logger.log(`Job ${job.name} is ${isRemoved ? 'removed' : 'dismissed'}${by}`);
    void this.processes.find(job.processId)?.onDismiss({ jobId: job.jobId, status: before.status });
    return { status: this.cache.statusOf(done), isRemoved };
  }

  /** The job as the API server has it, or the archive. @throws JobNotFoundError; JobGoneError when it is being removed */
  private async actual({ name, uid, jobId }: JobRecord): Promise<JobRecord> {
    const kubeJob = await this.client.getJob(name);
    if (kubeJob) this.cache.observe(kubeJob);
    const current = kubeJob ? this.cache.recordOf(kubeJob) : await this.archived.find(jobId);
    if (current?.uid !== uid) throw new JobNotFoundError(jobId);
    if (isLeaving(current)) throw new JobGoneError(jobId, 'removed');
    return current;
  }

  /** @returns undefined where it has ended meanwhile: what was decided first stands */
  private async end(job: JobRecord, now: Date): Promise<JobRecord | undefined> {
    return this.patched(
      job,
      // No container of a suspended Job runs: there is no log to follow.
      (current) => dismissalPatch(current, this.cache.podsOf(current)[0], now, !this.finalizes || current.suspended),
      (current) => goesOn(this.cache.statusOf(current)),
    );
  }

  private async remove(job: JobRecord, now: Date): Promise<JobRecord | undefined> {
    const removed = now.toISOString();
    await this.bury(job, now);
    if (job.fromArchive) return { ...job, removed };
    if (this.finalizes) return this.mark(job, removed);
    // Who sees its Job go takes it for archived else.
    if (this.archived.isThere) await this.mark(job, removed);
    if (!(await this.client.deleteJob(job.name, job.uid)) && !this.archived.isThere)
      throw new JobNotFoundError(job.jobId);
    return { ...job, removed };
  }

  /** So that who carries it out, or sees its Job go, knows that it is wanted. */
  private async mark(job: JobRecord, removed: string): Promise<JobRecord | undefined> {
    const marked = this.patched(job, ({ uid, resourceVersion }) => ({
      metadata: { uid, resourceVersion, annotations: { [ownAnnotation.removed]: removed } },
    }));
    if (!job.deleting) return marked;
    // Its Job goes because the archive has it, or is gone by now.
    return marked.catch((error: unknown) => {
      if (error instanceof JobNotFoundError || error instanceof JobGoneError) return { ...job, removed };
      throw error;
    });
  }

  /** @throws JobNotFoundError where somebody else was faster; ArchiveAwayError */
  private async bury(job: JobRecord, now: Date): Promise<void> {
    if (!this.archived.isThere) return;
    if (job.fromArchive) {
      if (!(await this.archived.remove(job.jobId, now))) throw new JobNotFoundError(job.jobId);
      return;
    }
    const kubeJob = await this.client.getJob(job.name);
    const status = this.cache.statusOf(job);
    const [pod] = this.cache.podsOf(job);
    const known =
      kubeJob && !goesOn(status)
        ? archivedJobOf(kubeJob, job, status, this.cache.annotationsOf(kubeJob), now, pod ? { pod } : {})
        : undefined;
    await this.archived.remove(job.jobId, now, known);
  }

  /**
   * Conditional on the version of the Job, so that of several who ask at once one does it.
   * @param isWanted whether it is to be done to what the Job has become
   */
  private async patched(
    job: JobRecord,
    patch: (current: JobRecord) => JobPatch,
    isWanted: (current: JobRecord) => boolean = () => true,
  ): Promise<JobRecord | undefined> {
    for (let current = job; isWanted(current); current = await this.actual(job)) {
      try {
        const kubeJob = await this.client.patchJob(job.name, patch(current));
        if (!kubeJob) throw new JobNotFoundError(job.jobId);
        this.cache.observe(kubeJob);
        return this.cache.recordOf(kubeJob);
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
      }
    }
    return undefined;
  }
}
