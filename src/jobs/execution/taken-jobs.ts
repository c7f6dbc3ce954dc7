import { Injectable } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { jobName } from '../../k8s/names.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { type Idempotency, refuseRemoved } from './idempotency.js';

/** The job that a request means is in the archive, and no longer in the cluster: its Job is not made again. */
export class JobLeftError extends Error {
  constructor(readonly job: JobRecord) {
    super(`Job "${job.name}" has left the cluster.`);
    this.name = 'JobLeftError';
  }
}

/** Jobs that there are, or were, of ids that are not the server's own choice. */
@Injectable()
export class TakenJobs {
  private readonly prefix: string;

  constructor(
    private readonly cache: JobCache,
    private readonly archived: ArchivedJobs,
    { environment }: Configuration,
  ) {
    this.prefix = environment.jobNamePrefix;
  }

  /** The job that a request means, if it is known here or in the archive. @throws ArchiveAwayError; as {@link refuseRemoved} */
  async of(idempotency: Idempotency): Promise<JobRecord | undefined> {
    return this.cache.jobs.get(jobName(this.prefix, idempotency.jobId)) ?? this.left(idempotency);
  }

  /**
   * To be asked right before each POST of its Job: what was found before may be old, for there is time between.
   * @throws JobLeftError; as {@link of}
   */
  async refuseLeft(idempotency: Idempotency): Promise<void> {
    const left = await this.left(idempotency);
    if (left) throw new JobLeftError(left);
  }

  private async left(idempotency: Idempotency): Promise<JobRecord | undefined> {
    const found = await this.archived.look(idempotency.jobId);
    return found === 'removed' ? refuseRemoved(idempotency) : found;
  }
}
