import { Injectable, Logger } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { KubernetesError } from '../../k8s/client/kubernetes-error.js';
import { ownAnnotation } from '../../k8s/names.js';
import { JobGoneError, JobNotFoundError } from '../../ogc/domain-errors.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { collects } from '../model/collection.js';
import { JobCache } from '../model/job-cache.js';
import { encodeCursor, isAfter, type JobListQuery, matches } from './job-list.query.js';
import type { JobRecord, ListPosition } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';

export interface JobPage {
  readonly jobs: readonly JobStatus[];
  /** The parameter by which the next page is asked for, undefined on the last one. */
  readonly next?: PageParameter;
  /** Likewise the page before; only of pages by `offset`. */
  readonly previous?: PageParameter;
  readonly numberMatched: number;
}

export type PageParameter = { readonly cursor: string } | { readonly offset: number };

interface Listed {
  readonly job: JobRecord;
  /** Undefined where the query does not need it. */
  readonly status: JobStatus | undefined;
  readonly position: ListPosition;
}

/** Listing and dismissing jobs. Lists are eventually consistent. */
@Injectable()
export class JobsService {
  private readonly logger = new Logger(JobsService.name);
  private readonly finalizes: boolean;

  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly processes: ProcessRegistry,
    configuration: Configuration,
    rights: ClusterRights,
  ) {
    this.finalizes = collects(configuration, rights);
  }

  /**
   * Newest first, or as `sortby` says. A cursor names the last job of the page before, so that jobs which arrive
   * meanwhile shift nothing; an offset is shifted by them.
   */
  list(query: JobListQuery, now: Date): JobPage {
    const jobs: JobStatus[] = [];
    let numberMatched = 0;
    let last: ListPosition | undefined;
    let more = false;
    for (const { job, status, position } of this.inOrder(query, now)) {
      numberMatched += 1;
      if (numberMatched <= (query.offset ?? 0) || !isAfter(query, position)) continue;
      if (jobs.length < query.limit) {
        jobs.push(status ?? this.cache.statusOf(job));
        last = position;
      } else {
        more = true;
      }
    }
    if (query.offset !== undefined) return { jobs, numberMatched, ...besidePages(query.offset, query.limit, more) };
    return { jobs, numberMatched, ...(more && last ? { next: { cursor: encodeCursor(query, last) } } : {}) };
  }

  private inOrder(query: JobListQuery, now: Date): Iterable<Listed> {
    const { order } = query;
    if (!order) return this.matching(query, now);
    return [...this.matching(query, now)]
      .map((listed) => ({
        ...listed,
        position: order.positionOf(listed.job, listed.status ?? this.cache.statusOf(listed.job)),
      }))
      .sort((a, b) => order.compare(a.position, b.position));
  }

  /** Newest first. */
  private *matching(query: JobListQuery, now: Date): Iterable<Listed> {
    for (const job of this.cache.list()) {
      const status = query.needsStatus ? this.cache.statusOf(job) : undefined;
      if (matches(query, job, status, now)) yield { job, status, position: job };
    }
  }

  /**
   * Dismisses a job that goes on, removes one that has ended. What the finalizer collects it carries out (its log has to be followed first), so the wish is
   * written to the Job; otherwise the Job is deleted at once.
   * @param caller who wants it, for the log
   * @throws JobGoneError when it is going already
   */
  async dismiss(job: JobRecord, now: Date, caller?: string): Promise<JobStatus> {
    if (job.deleting || job.dismissed !== undefined) throw new JobGoneError(job.jobId);
    const dismissed = now.toISOString();
    if (this.finalizes) {
      await this.requestDismissal(job, dismissed);
    } else if (!(await this.client.deleteJob(job.name, job.uid))) {
      throw new JobNotFoundError(job.jobId);
    }
    this.logger.log(`Job ${job.name} is dismissed${caller === undefined ? '' : ` (${caller})`}`);
    const { status } = this.cache.statusOf(job);
    void this.processes.find(job.processId)?.onDismiss({ jobId: job.jobId, status });
    return this.cache.statusOf({ ...job, dismissed });
  }

  /** Conditional on the version of the Job, so that of several who ask at once one is told that it was done, the others that it was done already. */
  private async requestDismissal(job: JobRecord, dismissed: string): Promise<void> {
    for (let version = job.resourceVersion; ;) {
      try {
        const patched = await this.client.patchJob(job.name, {
          metadata: { uid: job.uid, resourceVersion: version, annotations: { [ownAnnotation.dismissed]: dismissed } },
        });
        if (!patched) throw new JobNotFoundError(job.jobId);
        this.cache.observe(patched);
        return;
      } catch (error) {
        if (!(error instanceof KubernetesError) || error.failure !== 'conflict') throw error;
        const kubeJob = await this.client.getJob(job.name);
        if (!kubeJob || kubeJob.metadata?.uid !== job.uid) throw new JobNotFoundError(job.jobId);
        if (kubeJob.metadata.deletionTimestamp || kubeJob.metadata.annotations?.[ownAnnotation.dismissed])
          throw new JobGoneError(job.jobId);
        version = kubeJob.metadata.resourceVersion ?? '';
      }
    }
  }
}

function besidePages(offset: number, limit: number, more: boolean): Pick<JobPage, 'next' | 'previous'> {
  return {
    ...(more ? { next: { offset: offset + limit } } : {}),
    ...(offset > 0 ? { previous: { offset: Math.max(0, offset - limit) } } : {}),
  };
}
