import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Configuration } from '../config/configuration.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { annotation, ownAnnotation } from '../k8s/names.js';
import { ObjectStore } from '../object-store/object-store.js';
import {
  JobFailedError,
  JobGoneError,
  JobNotFoundError,
  NotAvailableError,
  ResultNotReadyError,
  ResultsExpiredError,
} from '../ogc/domain-errors.js';
import { ProcessRegistry } from '../processes/process-registry.js';
import type { JobResult, PrintedResult } from '../processes/processor.js';
import { parseOutputs } from './job-annotations.js';
import { JobCache } from './job-cache.js';
import type { OutputRecord, RecordedOutput, StoredResult } from './job-outcome.js';
import type { JobRecord } from './job-record.js';
import type { JobStatus } from './job-status.js';
import { LiveResults } from './live-results.js';
import type { OpenedResult } from './opened-result.js';
import { expiryOf } from './stored-results.js';
import { formatDocument, formatRaw, readableOf, type OutputContext, type RawAnswer } from './results-format.js';

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
   * @throws ResultNotReadyError, JobGoneError, JobFailedError, ResultsExpiredError, NotAvailableError, NotAcceptableError, MisconfiguredError
   */
  async read(job: JobRecord, showLogTail: boolean): Promise<ResultsAnswer> {
    assertSuccessful(this.cache.statusOf(job), showLogTail);
    const expiry = expiryOf(job);
    if (expiry && (job.resultsExpired || expiry.getTime() <= Date.now()))
      throw new ResultsExpiredError(job.jobId, expiry);
    const process = this.processes.find(job.processId);
    const context: OutputContext = {
      outputs: process?.description.outputs ?? {},
      selected: job.request?.outputs,
      indent: this.configuration.server.prettyPrint ? 2 : undefined,
    };
    const { result, dispose } = await this.open(job);
    try {
      const processed = process ? await process.results(job.jobId, result) : result;
      const format = job.request?.response === 'document' ? formatDocument : formatRaw;
      const answer = await format(processed, context);
      if (answer.body) answer.body.once('close', () => void dispose());
      else await dispose();
      return answer;
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  private async open(job: JobRecord): Promise<OpenedResult> {
    const { inlineResult, storedResult, outputs = new Map<string, OutputRecord>() } = job;
    if (!job.outcome && !inlineResult && !storedResult && outputs.size === 0) return this.live.read(job);
    const isInline = inlineResult || [...outputs.values()].some(({ key }) => key === undefined);
    const values = isInline ? await this.readAnnotations(job) : {};
    const inline = parseOutputs(values[ownAnnotation.outputs]);
    const named = new Map<string, PrintedResult>();
    for (const [id, output] of outputs) {
      const { key } = output;
      named.set(
        id,
        key === undefined ? inlineOutput(job, inline?.get(id)) : await this.stored(job, { ...output, key }),
      );
    }
    if (inlineResult) {
      const value = values[annotation.resultValue];
      if (value === undefined) throw new JobNotFoundError(job.jobId);
      return opened({ unnamed: ofBytes(inlineResult.mediaType, Buffer.from(value, 'utf8')), named });
    }
    return opened({ ...(storedResult ? { unnamed: await this.stored(job, storedResult) } : {}), named });
  }

  private async readAnnotations(job: JobRecord): Promise<Readonly<Record<string, string>>> {
    const kubeJob = await this.client.getJob(job.name);
    if (!kubeJob || kubeJob.metadata?.uid !== job.uid) throw new JobNotFoundError(job.jobId);
    return kubeJob.metadata.annotations ?? {};
  }

  /** The object is known to be there now and read when its bytes are: connections to the store are not held meanwhile. */
  private async stored(job: JobRecord, { key, size, mediaType }: StoredResult): Promise<PrintedResult> {
    const gone = () =>
      new NotAvailableError(`The result of job "${job.jobId}" is no longer in the object store (key ${key}).`);
    if (!(await this.store.head(key))) throw gone();
    const { store } = this;
    async function* bytes(): AsyncGenerator<Buffer> {
      const found = await store.read(key);
      if (!found) throw gone();
      yield* found.body;
    }
    return { mediaType, size, body: () => Readable.from(bytes(), { objectMode: false }) };
  }
}

function inlineOutput(job: JobRecord, output: RecordedOutput | undefined): PrintedResult {
  if (!output || !('value' in output)) throw new JobNotFoundError(job.jobId);
  return ofBytes(output.mediaType, Buffer.from(output.value, output.encoding ?? 'utf8'));
}

function ofBytes(mediaType: string, bytes: Buffer): PrintedResult {
  return { mediaType, size: bytes.length, body: () => readableOf(bytes) };
}

function opened(result: JobResult): OpenedResult {
  return { result, dispose: () => Promise.resolve() };
}

/** @throws unless the job's results can be fetched */
export function assertSuccessful(status: JobStatus, showLogTail: boolean): void {
  if (status.status === 'successful') return;
  if (status.status === 'dismissed') throw new JobGoneError(status.jobId);
  if (status.status !== 'failed') throw new ResultNotReadyError(status.jobId, status.status);
  const tail = showLogTail && status.logTail ? `\nThe last lines of its log:\n${status.logTail}` : '';
  throw new JobFailedError(status.jobId, status.cause?.type ?? 'failed', status.message + tail);
}
