import { Injectable, Logger } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { stateOf, withoutResults } from '../jobs/model/archived/archived-job-of.js';
import { ArchivedJobs } from '../jobs/model/archived/archived-jobs.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { Archive, ArchiveAwayError } from './records/archive.js';
import type { ArchivedJob } from './records/archived-job.js';
import { StoredObjects } from './stored-objects.js';

/** Records looked at in one pass. */
export const BATCH = 100;
/** Milliseconds between looks where there is no more to do. */
export const PAUSE = 30_000;

/**
 * Removes what the object store has of jobs that have left the cluster: results when their time is over, what was removed, and all of jobs
 * whose records are too old.
 */
@Injectable()
export class ArchiveSweeper {
  private readonly logger = new Logger(ArchiveSweeper.name);
  private readonly keepRecords: number | undefined;
  /** In the last pass: their Jobs are in the cluster, where others see to them. */
  private passedOver = 0;

  constructor(
    private readonly archive: Archive,
    private readonly archived: ArchivedJobs,
    private readonly cache: JobCache,
    private readonly stored: StoredObjects,
    configuration: Configuration,
  ) {
    this.keepRecords = configuration.archive?.keepRecords;
  }

  /**
   * @param lookAtJob is called with the names of Jobs that are in the cluster, of which something is due
   * @throws ArchiveAwayError, ObjectStoreError: some are not done, and are due again
   */
  async removeDue(now: Date, lookAtJob: (name: string) => void): Promise<ReconcileResult> {
    const due = await this.archive.due(now, BATCH + this.passedOver);
    const here = due.filter(({ job }) => this.isHere(job));
    for (const { job } of here) lookAtJob(job.name);
    this.passedOver = here.length;
    await this.removeEach(
      due.filter(({ job }) => !this.isHere(job)),
      now,
    );
    return { requeueAfter: due.length - here.length >= BATCH ? 0 : PAUSE };
  }

  /**
   * Records that are too old become tombstones, of which all is removed from the store; where that fails, they are due.
   * @throws ArchiveAwayError, ObjectStoreError
   */
  async forgetOld(now: Date): Promise<ReconcileResult> {
    const before = this.oldest(now);
    if (!before) return undefined;
    const old = await this.archive.forget(before, BATCH);
    const gone = old.filter((job) => !this.isHere(job));
    await this.removeEach(
      gone.map((job) => ({ job, why: 'removed' as const })),
      now,
    );
    if (old.length > 0) this.logger.log(`The archive has forgotten ${old.length} jobs`);
    return { requeueAfter: old.length >= BATCH ? 0 : PAUSE };
  }

  /** What cannot be removed holds up none of the others, and is passed over in the next look. @throws ArchiveAwayError, ObjectStoreError */
  private async removeEach(due: Awaited<ReturnType<Archive['due']>>, now: Date): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const { job, why } of due) {
      try {
        await this.remove(job, why, now);
      } catch (error) {
        if (error instanceof ArchiveAwayError) throw error;
        failure = { error };
        this.passedOver += 1;
      }
    }
    if (failure) throw failure.error;
  }

  /** Of what was removed the log stays, as where there is no archive; of what is too old nobody is to find anything. */
  private async remove(job: ArchivedJob, why: 'expired' | 'removed', now: Date): Promise<void> {
    const record = this.archived.recordOf(job);
    const isOld = why === 'removed' && job.finished < (this.oldest(now) ?? job.finished);
    if (record) await (isOld ? this.stored.removeAll(record) : this.stored.removeResults(record));
    if (why === 'removed') return this.archive.done(job);
    const object = withoutResults(job.object, job.resultsExpire ?? job.finished);
    await this.archive.done(job, object, stateOf(object));
  }

  private oldest(now: Date): Date | undefined {
    return this.keepRecords === undefined ? undefined : new Date(now.getTime() - this.keepRecords * 1000);
  }

  private isHere({ name, uid }: ArchivedJob): boolean {
    return this.cache.jobs.get(name)?.uid === uid;
  }
}
