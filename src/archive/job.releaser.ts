import { Injectable, Logger } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ownAnnotation } from '../k8s/names.js';
import { JobArchiver } from './job.archiver.js';

/** Takes Jobs out of the cluster that the archive has, once `archive.keep_jobs` is over. */
@Injectable()
export class JobReleaser {
  private readonly logger = new Logger(JobReleaser.name);
  /** Milliseconds; undefined: they stay for their TTL. */
  private readonly kept: number | undefined;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly archiver: JobArchiver,
    configuration: Configuration,
  ) {
    const { keepJobs } = configuration.archive ?? {};
    this.kept = keepJobs === undefined ? undefined : keepJobs * 1000;
  }

  /** When the job may leave the cluster; undefined: not by this, or not before something of it changes. */
  due(job: JobRecord): Date | undefined {
    if (this.kept === undefined || job.archivedState === undefined || !this.archiver.concerns(job)) return undefined;
    if (!this.archiver.isTold(job) || !this.isCollected(job)) return undefined;
    const { finished } = this.cache.statusOf(job);
    return finished && new Date(finished.getTime() + this.kept);
  }

  /**
   * Deletes a Job that is due, if the archive has what the Job is now. It is marked before: whoever sees it vanish then removes nothing
   * of what the store has of it.
   * @returns false where the archive has not: the job is to be written again
   * @throws ArchiveAwayError, KubernetesError
   */
  async release(known: JobRecord, now: Date): Promise<boolean> {
    const actual = await this.archiver.actual(known);
    if (!actual) return true;
    const { job } = actual;
    const due = this.due(job);
    if (!due || due.getTime() > now.getTime()) return true;
    if ((await this.cache.actualPodsOf(job)).some(({ held }) => held)) return true;
    // What stands on the Job may be older than the archive: it was restored, or is another.
    const noted = await this.archiver.noted(job);
    if (!noted || this.archiver.archivedOf(actual, now, noted).state !== noted.state) return false;
    const marked = job.released ? job : await this.archiver.patch(job, { [ownAnnotation.released]: now.toISOString() });
    if (!marked || marked.removed !== undefined) return true;
    // None of its pods holds anything that would have to be seen to before.
    if (await this.client.deleteJob(job.name, job.uid, 'Background'))
      this.logger.log(`Job ${job.name} leaves the cluster: the archive has it`);
    return true;
  }

  /** Log and results of one that nobody collects go with its pods. */
  private isCollected(job: JobRecord): boolean {
    return job.collection === 'done' || this.cache.podsOf(job).length === 0;
  }
}
