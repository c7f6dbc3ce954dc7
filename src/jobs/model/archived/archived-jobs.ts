import { Injectable, Optional } from '@nestjs/common';
import type { V1Job } from '@kubernetes/client-node';
import { Archive } from '../../../archive/records/archive.js';
import type { ArchivedJob } from '../../../archive/records/archived-job.js';
import { Configuration } from '../../../config/configuration.js';
import { type JobRecord, toJobRecord } from '../job-record.js';

/** Jobs whose Jobs have left the cluster, as if they were still there. */
@Injectable()
export class ArchivedJobs {
  private readonly prefix: string;

  constructor(
    configuration: Configuration,
    @Optional() private readonly archive?: Archive,
  ) {
    this.prefix = configuration.environment.jobNamePrefix;
  }

  get isThere(): boolean {
    return this.archive !== undefined;
  }

  /** Undefined, too, for one that was removed, and where there is no archive. @throws ArchiveAwayError */
  async find(jobId: string): Promise<JobRecord | undefined> {
    const found = await this.look(jobId);
    return found === 'removed' ? undefined : found;
  }

  /** As {@link find}, with the word of one that was removed. @throws ArchiveAwayError */
  async look(jobId: string): Promise<JobRecord | 'removed' | undefined> {
    const found = await this.archive?.find(jobId);
    return found === undefined || found === 'removed' ? found : this.recordOf(found);
  }

  /**
   * Leaves a tombstone, so that nothing that is written later revives the job.
   * @param job what is known of one that may have no record yet
   * @returns whether there was a record; undefined where there is no archive
   * @throws ArchiveAwayError
   */
  async remove(jobId: string, now: Date, job?: ArchivedJob): Promise<boolean | undefined> {
    return this.archive?.remove(jobId, now, job);
  }

  /** What is kept of its Job, with the values that stand on it. @throws ArchiveAwayError */
  async objectOf(jobId: string): Promise<V1Job | undefined> {
    const found = await this.archive?.find(jobId);
    return found === undefined || found === 'removed' ? undefined : kubeJobOf(found);
  }

  /** Undefined for one of another prefix. */
  recordOf(job: ArchivedJob): JobRecord | undefined {
    const record = toJobRecord(this.prefix, kubeJobOf(job));
    return record && { ...record, ...job.object.standing, fromArchive: true };
  }
}

/** Times of an archived Job are texts, as those of one that was read from the API server. */
function kubeJobOf({ object }: ArchivedJob): V1Job {
  return { metadata: object.metadata, spec: object.spec, status: object.status } as unknown as V1Job;
}
