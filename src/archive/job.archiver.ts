import { Injectable, Logger } from '@nestjs/common';
import type { V1Job } from '@kubernetes/client-node';
import { Configuration } from '../config/configuration.js';
import { archivedJobOf } from '../jobs/model/archived/archived-job-of.js';
import { collects } from '../jobs/model/collection.js';
import { goesOn, isGoing } from '../jobs/model/dismissal.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { isEndTold } from '../jobs/model/subscription.js';
import { ClusterRights } from '../k8s/client/cluster-rights.js';
import { type JobPatch, KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../k8s/names.js';
import { Archive } from './records/archive.js';
import type { ArchivedJob, ArchivedStatus } from './records/archived-job.js';

/** A Job as the API server has it. */
export interface Actual {
  readonly job: JobRecord;
  readonly kubeJob: V1Job;
}

/** Brings jobs that have ended into the archive, and notes on their Jobs which state of them it has. */
@Injectable()
export class JobArchiver {
  private readonly logger = new Logger(JobArchiver.name);
  private readonly collects: boolean;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly archive: Archive,
    configuration: Configuration,
    rights: ClusterRights,
  ) {
    this.collects = collects(configuration, rights);
  }

  /** Whether a job belongs into the archive: it has ended, and nothing more will be collected of it. */
  concerns(job: JobRecord): boolean {
    if (isGoing(job) || job.collection === 'pending' || job.wronglySigned) return false;
    if (!job.outcome && !job.condition) return false;
    return !goesOn(this.cache.statusOf(job)) && !this.cache.podsOf(job).some(({ held }) => held);
  }

  /** Whether a job is to be removed, and nobody else does it: who collects, does. */
  isToRemove({ removed, deleting }: JobRecord): boolean {
    return removed !== undefined && !deleting && !this.collects;
  }

  /** Deletes the Job of one that {@link isToRemove}. @throws KubernetesError */
  async remove({ name, uid }: JobRecord): Promise<undefined> {
    if (await this.client.deleteJob(name, uid)) this.logger.log(`Job ${name} is deleted: it was removed`);
  }

  /** Nobody has to be told any more of how it ended. What is disputed nobody is told of. */
  isTold(job: JobRecord): boolean {
    const { status } = this.cache.statusOf(job);
    const { subscription, deliveries = {} } = job;
    return !subscription || job.disputed !== undefined || isEndTold(subscription, deliveries, status as ArchivedStatus);
  }

  /** The Job as it is now; undefined where it is gone, is another, or does not belong into the archive. @throws KubernetesError */
  async actual({ name, uid }: JobRecord): Promise<Actual | undefined> {
    const kubeJob = await this.client.getJob(name);
    const job = kubeJob && this.cache.recordOf(kubeJob);
    return kubeJob && job?.uid === uid && this.concerns(job) ? { job, kubeJob } : undefined;
  }

  /** What is to be archived of a Job. @param earlier the record that there is; nothing that it knows gets lost */
  archivedOf({ kubeJob, job }: Actual, now: Date, earlier?: ArchivedJob): ArchivedJob {
    const [pod] = this.cache.podsOf(job);
    const beside = { ...(pod ? { pod } : {}), ...(earlier ? { earlier } : {}) };
    return archivedJobOf(kubeJob, job, this.cache.statusOf(job), this.cache.annotationsOf(kubeJob), now, beside);
  }

  /**
   * Writes what the job is now, where the archive does not have it, and notes that on the Job: from then on its TTL is in force. Conditional
   * on the version of the Job that was read: what changes meanwhile is written again.
   * @returns when the record changes without the Job being changed; undefined: it does not
   * @throws ArchiveAwayError, KubernetesError
   */
  async keep(known: JobRecord, now: Date): Promise<Date | undefined> {
    const actual = await this.actual(known);
    if (!actual) return undefined;
    const { job } = actual;
    const earlier = await this.noted(job);
    if (job.archivedState !== undefined && !earlier) {
      // What the Job says of the archive is not what the archive says: a removal, a dump that was restored, a note that is to come.
      this.logger.warn(`Job ${job.name} says that it is archived, and is not so`);
      return this.keepOver(job, now);
    }
    const archived = this.archivedOf(actual, now, earlier);
    if (job.archivedState !== archived.state) {
      const written = await this.archive.put(archived, job.archivedState);
      if (written === 'removed') return this.takeAway(job, now);
      if (written === 'superseded') return this.keepOver(job, now);
    }
    await this.note(job, archived.state);
    return archived.resultsExpire;
  }

  /** The record of which the state is noted on the Job; undefined where none is, or the archive has another. @throws ArchiveAwayError */
  async noted({ jobId, uid, archivedState }: JobRecord): Promise<ArchivedJob | undefined> {
    if (archivedState === undefined) return undefined;
    const found = await this.archive.find(jobId);
    return found && found !== 'removed' && found.uid === uid && found.state === archivedState ? found : undefined;
  }

  async takeAway(job: JobRecord, now: Date): Promise<undefined> {
    this.logger.warn(`Job ${job.name} was removed: it goes`);
    await this.patch(job, { [ownAnnotation.removed]: now.toISOString() });
  }

  /**
   * The archive has another state than the Job says: it was written, and could not be noted. The Job is read after the record, so that what
   * is written is never older.
   */
  private async keepOver(known: JobRecord, now: Date): Promise<Date | undefined> {
    const found = await this.archive.find(known.jobId);
    if (found === 'removed') return this.takeAway(known, now);
    if (found && found.uid !== known.uid)
      throw new Error(`Job ${known.name} is not archived: the archive has another job of its id (uid ${found.uid})`);
    const actual = await this.actual(known);
    if (!actual) return undefined;
    const { job } = actual;
    const archived = this.archivedOf(actual, now, found);
    if (found?.state !== archived.state && (await this.archive.put(archived, found?.state)) !== 'written')
      throw new Error(`The archive has changed while job ${job.name} was written`);
    await this.note(job, archived.state);
    return archived.resultsExpire;
  }

  private async note(job: JobRecord, state: string): Promise<void> {
    const { ttlAfterCollected, ttlInForce } = job;
    const ttl = ttlAfterCollected !== undefined && ttlAfterCollected !== ttlInForce && this.isTold(job);
    if (job.archivedState === state && !ttl) return;
    await this.patch(
      job,
      { [ownAnnotation.archived]: state },
      ttl ? { spec: { ttlSecondsAfterFinished: ttlAfterCollected } } : {},
    );
  }

  /** For the version of the Job that was looked at. */
  async patch(
    { name, uid, resourceVersion }: JobRecord,
    annotations: NonNullable<JobPatch['metadata']>['annotations'],
    rest: Pick<JobPatch, 'spec'> = {},
  ): Promise<JobRecord | undefined> {
    const patched = await this.client.patchJob(name, { metadata: { uid, resourceVersion, annotations }, ...rest });
    if (patched) this.cache.observe(patched);
    return patched && this.cache.recordOf(patched);
  }
}

/** Somebody has changed the Job meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubernetesError && error.failure === 'conflict';
}
