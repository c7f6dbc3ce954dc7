import { Injectable } from '@nestjs/common';
import { ArchivedJobs } from '../jobs/model/archived/archived-jobs.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { ResultSources } from '../jobs/results/result-source.js';
import { expiryOf, retentionOf, storedResultsOf } from '../jobs/results/stored-results.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import type { ReconcileResult } from '../k8s/queues/work-queue.js';
import { KeptInputs } from '../jobs/requests/kept-inputs.js';
import { JobCache } from '../jobs/model/job-cache.js';
import { resultsExpiredPatch } from './job-patches.js';
import { LogStore } from './log-store.js';

/** Milliseconds: results, and Jobs, are looked at again no later than this, for timers cannot be set for months. */
export const LONGEST_WAIT = 24 * 3600 * 1000;

/**
 * Removes results, and inputs that are kept, from the object store: when their time is over, with a dismissed job, with a job
 * whose Kubernetes Job is gone. Logs stay.
 */
@Injectable()
export class ResultRetention {
  constructor(
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly logs: LogStore,
    private readonly sources: ResultSources,
    private readonly inputs: KeptInputs,
    private readonly archived: ArchivedJobs,
  ) {}

  /** Whether there is anything in the store that will expire. */
  concerns(job: JobRecord): boolean {
    return !job.resultsExpired && endOf(job) !== undefined;
  }

  /** Removes results whose time is over, and notes that on the Job. @throws ObjectStoreError, KubernetesError */
  async expire(job: JobRecord, now: Date): Promise<ReconcileResult> {
    const expiry = endOf(job);
    if (!expiry || job.resultsExpired) return undefined;
    const remaining = expiry.getTime() - now.getTime();
    if (remaining > 0) return { requeueAfter: Math.min(remaining, LONGEST_WAIT) };
    await this.removeStored(job);
    const patched = await this.client.patchJob(job.name, resultsExpiredPatch(job, now));
    if (patched) this.cache.observe(patched);
    return undefined;
  }

  /** Removes all that a job has given. Doing it again changes nothing. @throws ObjectStoreError */
  async discard(job: JobRecord): Promise<void> {
    await this.removeStored(job);
    await this.sources.discard(job);
  }

  /** Whether a job whose Kubernetes Job is gone leaves what {@link forget} removes. */
  leavesAny(job: JobRecord): boolean {
    return !job.resultsExpired && (job.keptInputs !== undefined || endOf(job) !== undefined);
  }

  /**
   * Removes what is of no use without its Kubernetes Job: results that were to expire, inputs that nobody finds any more. Nothing of a job
   * that the archive has, whoever deleted its Job: `src/archive` removes that when its time is over.
   * @throws ObjectStoreError, ArchiveAwayError
   */
  async forget(job: JobRecord): Promise<void> {
    if (job.released || (await this.archived.find(job.jobId))) return;
    if (endOf(job) !== undefined) await this.discard(job);
    else await this.inputs.remove(job);
  }

  private async removeStored(job: JobRecord): Promise<void> {
    await this.inputs.remove(job);
    for (const { key } of storedResultsOf(job)) await this.logs.removeResult(job.name, key);
  }
}

/** Until when what stands in the store is kept; undefined: for ever, or there is nothing. */
function endOf(job: JobRecord): Date | undefined {
  return job.keptInputs === undefined ? expiryOf(job) : retentionOf(job);
}
