import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Configuration } from '../config/configuration.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { annotation } from '../k8s/names.js';
import { ObjectStore } from '../object-store/object-store.js';
import {
  JobFailedError,
  JobGoneError,
  JobNotFoundError,
  NotAcceptableError,
  NotAvailableError,
  ResultNotReadyError,
} from '../ogc/domain-errors.js';
import { ProcessRegistry } from '../processes/process-registry.js';
import { JobCache } from './job-cache.js';
import type { JobRecord } from './job-record.js';
import type { JobStatus } from './job-status.js';
import { LiveResults } from './live-results.js';
import { formatDocument, formatRaw, type OutputContext, type RawAnswer } from './results-format.js';

/** So many bytes of a result are held in memory where its shape needs that. */
const MEMORY_LIMIT = 32 * 1024 * 1024;

/** The answer to a request for results: bytes of a media type, or nothing. */
export type ResultsAnswer = RawAnswer;

/** Results of jobs, from where the finalizer put them. */
@Injectable()
export class JobResults {
  constructor(
    private readonly cache: JobCache,
    private readonly client: KubernetesClient,
    private readonly store: ObjectStore,
    private readonly live: LiveResults,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
  ) {}

  /**
   * The results in the shape that the execute request asked for.
   * @param showLogTail whether the cause of a failure may quote the log
   * @throws ResultNotReadyError, JobGoneError, JobFailedError, NotAvailableError, MisconfiguredError
   */
  async read(known: JobRecord, showLogTail: boolean): Promise<ResultsAnswer> {
    const job = await this.upToDate(known);
    assertSuccessful(this.cache.statusOf(job), showLogTail);
    const process = this.processes.find(job.processId);
    const context: OutputContext = {
      outputs: process?.description.outputs ?? {},
      selected: job.request?.outputs,
      indent: this.configuration.server.prettyPrint ? 2 : undefined,
    };
    const printed = await this.open(job);
    const result = process ? await process.results(job.jobId, printed) : printed;
    if (result && result.size > MEMORY_LIMIT && needsWhole(job, context)) {
      throw new NotAcceptableError(
        `The result has ${result.size} bytes, more than the ${MEMORY_LIMIT} that can be put into a document or split into outputs: execute with "response": "raw" and one output.`,
      );
    }
    if (job.request?.response === 'document')
      return formatDocument(result && { ...result, body: await buffer(result.body()) }, context);
    return formatRaw(result, context);
  }

  /** Who saw at another replica that a job has ended is not told by this one that it goes on. */
  private async upToDate(job: JobRecord): Promise<JobRecord> {
    const { status } = this.cache.statusOf(job);
    return status === 'accepted' || status === 'running' ? this.cache.refresh(job) : job;
  }

  private async open(job: JobRecord): Promise<{ mediaType: string; size: number; body: () => Readable } | undefined> {
    if (job.inlineResult) {
      const kubeJob = await this.client.getJob(job.name);
      const value = kubeJob?.metadata?.annotations?.[annotation.resultValue];
      if (value === undefined) throw new JobNotFoundError(job.jobId);
      const bytes = Buffer.from(value, 'utf8');
      return { mediaType: job.inlineResult.mediaType, size: bytes.length, body: () => readableOf(bytes) };
    }
    if (job.storedResult) {
      const { key, size, mediaType } = job.storedResult;
      const found = await this.store.read(key);
      if (!found)
        throw new NotAvailableError(`The result of job "${job.jobId}" is no longer in the object store (key ${key}).`);
      return { mediaType, size, body: () => found.body };
    }
    return job.outcome ? undefined : this.live.read(job);
  }
}

/** A document holds the result; several outputs are split from it. */
function needsWhole(job: JobRecord, { outputs }: OutputContext): boolean {
  return job.request?.response === 'document' || Object.keys(outputs).length > 1;
}

/** @throws unless the job's results can be fetched */
export function assertSuccessful(status: JobStatus, showLogTail: boolean): void {
  if (status.status === 'successful') return;
  if (status.status === 'dismissed') throw new JobGoneError(status.jobId);
  if (status.status !== 'failed') throw new ResultNotReadyError(status.jobId, status.status);
  const tail = showLogTail && status.logTail ? `\nThe last lines of its log:\n${status.logTail}` : '';
  throw new JobFailedError(status.jobId, status.cause?.type ?? 'failed', status.message + tail);
}

function readableOf(bytes: Buffer): Readable {
  return Readable.from([bytes]);
}
