import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Configuration } from '../../config/configuration.js';
import { ClusterClock } from '../../k8s/time/cluster-clock.js';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { ReadersStore, type ByteRange, type StoredObject } from '../../object-store/object-store.js';
import { isCut } from '../../object-store/whole-object.js';
import {
  InvalidParameterError,
  JobFailedError,
  JobGoneError,
  JobNotFoundError,
  NotAvailableError,
  OutputNotFoundError,
  ResultNotAvailableError,
  ResultNotReadyError,
  ResultsExpiredError,
} from '../../ogc/domain-errors.js';
import { type Share, withShare } from '../../ogc/requests/share.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { JobResult, PrintedResult } from '../../processes/processor.js';
import { parseOutputs } from '../model/annotations/job-annotations.js';
import { JobCache } from '../model/job-cache.js';
import type { OutputRecord, RecordedOutput, StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';
import { LiveResults } from './live-results.js';
import type { OpenedResult } from './opened-result.js';
import { ResultMemory } from './result-memory.js';
import { expiryOf } from './stored-results.js';
import {
  dividedSize,
  formatDocument,
  formatRaw,
  heldSize,
  type OutputContext,
  printedOutputs,
  type RawAnswer,
} from './results-format.js';
import { formatZip } from './results-zip.js';
import { type OutputPreview, previewOutputs, SHOWN_IN_ALL } from './pages/results-preview.js';
import { etagOf, ofBytes } from './results-values.js';
import { formatValueAt } from './output-value.js';

/** For so long a link to the object store is good. */
const LINK_SECONDS = 3600;
/** Bytes from which a result is read at the store itself, where clients reach it, and for how long, seconds, they have to begin. */
const SENT_ELSEWHERE = 4 * 1024 * 1024;
const REDIRECT_SECONDS = 60;
/** By so much, milliseconds, the time of the server that removes expired results may be ahead of this one's: {@link ClusterClock} knows the API server's to a second. */
const CLOCKS_APART = 2_000;

/** The answer to a request for results: bytes of a media type, or nothing. */
export type ResultsAnswer = RawAnswer;

/** Results of jobs, from where the finalizer put them. */
@Injectable()
export class JobResults {
  constructor(
    private readonly cache: JobCache,
    private readonly store: ReadersStore,
    private readonly live: LiveResults,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
    private readonly clock: ClusterClock,
    private readonly memory: ResultMemory,
  ) {}

  /**
   * The results in the shape that the execute request asked for.
   * @param showLogTail whether the cause of a failure may quote the log
   * @param base address of the API
   * @param selected ids of the outputs that are wanted; undefined: those that the execute request asked for
   * @param share that addresses of outputs are to have
   * @throws InvalidParameterError where the process has no such output; ResultNotAvailableError where the execute
   * request asked for none; ResultNotReadyError, JobGoneError, JobFailedError, ResultsExpiredError, NotAvailableError,
   * NotAcceptableError, MisconfiguredError
   */
  async read(
    job: JobRecord,
    showLogTail: boolean,
    base: string,
    selected?: readonly string[],
    share?: Share,
  ): Promise<ResultsAnswer> {
    const { response, outputs, references } = job.request ?? {};
    this.assertKnown(job, selected);
    const format = response === 'document' ? formatDocument : formatRaw;
    const addressOf = (id: string) => withShare(outputAddress(base, job, id), share);
    return this.answer(job, showLogTail, format, {
      ...this.contextOf(job),
      selected: selected ?? outputs,
      references: { ids: references ?? [], addressOf },
    });
  }

  /**
   * All outputs as files of an archive.
   * @param selected as of {@link read}
   * @throws as {@link read}
   */
  async readZip(job: JobRecord, showLogTail: boolean, selected?: readonly string[]): Promise<ResultsAnswer> {
    this.assertKnown(job, selected);
    const context = { ...this.contextOf(job), selected: selected ?? job.request?.outputs };
    return this.answer(job, showLogTail, formatZip, context);
  }

  /**
   * The beginnings of the outputs, however the execute request asked for them.
   * @param selected as of {@link read}
   * @param share as of {@link read}
   * @throws as {@link read}
   */
  async preview(
    job: JobRecord,
    showLogTail: boolean,
    base: string,
    selected?: readonly string[],
    share?: Share,
  ): Promise<readonly OutputPreview[]> {
    this.assertKnown(job, selected);
    const { result, dispose } = await this.openChecked(job, showLogTail);
    const context = { ...this.contextOf(job), selected: selected ?? job.request?.outputs };
    let release: (() => void) | undefined;
    try {
      release = await this.memory.take(SHOWN_IN_ALL + dividedSize(result, context));
      return await previewOutputs(
        await printedOutputs(result, context),
        (id) => withShare(outputAddress(base, job, id), share),
        (id) => context.outputs[id]?.title,
      );
    } finally {
      release?.();
      await dispose();
    }
  }

  /**
   * One result as it is, however the results were asked for.
   * @param index from 0: which value of an output that may have several, see {@link formatValueAt}; undefined: all of it
   * @throws as {@link read}; OutputNotFoundError where the process has no such output, NotAvailableError where the job
   * gave none, or no such value
   */
  async readOutput(job: JobRecord, outputId: string, showLogTail: boolean, index?: number): Promise<ResultsAnswer> {
    const format = index === undefined ? formatRaw : formatValueAt(index);
    const answer = await this.answer(job, showLogTail, format, { ...this.contextOf(job), selected: [outputId] });
    const known = this.outputsOf(job);
    const isKnown = known.includes(outputId);
    if (answer.body && (isKnown || known.length === 0) && isAvailable(job, outputId)) return answer;
    answer.body?.destroy();
    if (!isKnown)
      throw new OutputNotFoundError(`There is no output "${outputId}"; known are ${known.join(', ') || 'none'}.`);
    const what = index === undefined ? 'result' : Number.isFinite(index) ? `value ${index}` : 'such value';
    throw new NotAvailableError(`Job "${job.jobId}" gave no ${what} for output "${outputId}".`);
  }

  /** Ids of the outputs that a job has or may have. */
  private outputsOf(job: JobRecord): readonly string[] {
    return [...new Set([...Object.keys(this.contextOf(job).outputs), ...(job.outputs?.keys() ?? [])])];
  }

  private assertKnown(job: JobRecord, selected: readonly string[] = []): void {
    const known = this.outputsOf(job);
    const unknown = selected.filter((id) => !known.includes(id));
    if (known.length === 0 || unknown.length === 0) return;
    const message = `must be ids of outputs of the job, which are ${known.join(', ')} (is "${unknown.join(', ')}")`;
    throw new InvalidParameterError('The parameters of the results are wrong.', [{ pointer: 'outputs', message }]);
  }

  private contextOf(job: JobRecord): Pick<OutputContext, 'outputs' | 'indent' | 'largestInline'> {
    return {
      outputs: this.processes.find(job.processId)?.description.outputs ?? {},
      indent: this.configuration.server.prettyPrint ? 2 : undefined,
      largestInline: this.configuration.server.maxInlineResults,
    };
  }

  private async answer(
    job: JobRecord,
    showLogTail: boolean,
    format: typeof formatRaw,
    context: OutputContext,
  ): Promise<ResultsAnswer> {
    const { result, dispose } = await this.openChecked(job, showLogTail);
    let release: (() => void) | undefined;
    const end = async (): Promise<void> => {
      release?.();
      await dispose();
    };
    try {
      release = await this.memory.take(
        format === formatZip ? dividedSize(result, context) : heldSize(format, result, context),
      );
      const answer = await format(result, context);
      // A document stands in a file by now; what was divided is in memory until it has been sent.
      if (format === formatDocument) release();
      if (answer.body) answer.body.once('close', () => void end());
      else await end();
      return answer;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** What the process makes of the results of a job that has some. */
  private async openChecked(known: JobRecord, showLogTail: boolean): Promise<OpenedResult> {
    const job = await this.upToDate(known);
    assertSuccessful(this.cache.statusOf(job), showLogTail);
    if (asksForNone(job)) throw new ResultNotAvailableError(job.jobId);
    const expiry = expiryOf(job);
    if (expiry && (job.resultsExpired || this.isPast(expiry))) throw new ResultsExpiredError(job.jobId, expiry);
    const process = this.processes.find(job.processId);
    const { result, dispose } = await this.open(job);
    try {
      return { result: process ? await process.results(job.jobId, result) : result, dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  private isPast(time: Date, tolerance = 0): boolean {
    return time.getTime() <= this.clock.now().getTime() + tolerance;
  }

  /** Who saw at another replica that a job has ended is not told by this one that it goes on. */
  private async upToDate(job: JobRecord): Promise<JobRecord> {
    const { status } = this.cache.statusOf(job);
    return status === 'accepted' || status === 'running' ? this.cache.refresh(job) : job;
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
    const values = this.cache.takeAnnotations(job) ?? (await this.cache.valuesOf(job));
    if (!values) throw new JobNotFoundError(job.jobId);
    return values;
  }

  /** The object is known to be there now and read when its bytes are: connections to the store are not held meanwhile. */
  private async stored(job: JobRecord, { key, size, mediaType, digest }: StoredResult): Promise<PrintedResult> {
    const gone = () => {
      // They may have expired since the job was looked at.
      const expiry = expiryOf(job);
      if (expiry && this.isPast(expiry, CLOCKS_APART)) return new ResultsExpiredError(job.jobId, expiry);
      return new NotAvailableError(`The result of job "${job.jobId}" is no longer in the object store (key ${key}).`);
    };
    const assertWhole = (object: StoredObject) => {
      if (isCut(object, size))
        throw new JobFailedError(
          job.jobId,
          'result-incomplete',
          `The result of job "${job.jobId}" is not whole: of its ${size} bytes ${object.size} are in the object store (key ${key}).`,
        );
    };
    const head = await this.store.head(key);
    if (!head) throw gone();
    assertWhole(head);
    const { store } = this;
    async function* bytes(range?: ByteRange): AsyncGenerator<Buffer> {
      const found = await store.read(key, range);
      if (!found) throw gone();
      try {
        assertWhole(found.object);
        yield* found.body;
      } finally {
        found.body.destroy();
      }
    }
    return {
      mediaType,
      size,
      body: () => Readable.from(bytes(), { objectMode: false }),
      range: (range) => Readable.from(bytes(range), { objectMode: false }),
      etag: etagOf(digest || `${key} ${size}`),
      ...(store.servesClients && size >= SENT_ELSEWHERE
        ? {
            elsewhere: () =>
              store.address(key, { seconds: REDIRECT_SECONDS, contentType: mediaType, forClients: true }),
          }
        : {}),
      address: async () => {
        const expires = new Date(this.clock.now().getTime() + LINK_SECONDS * 1000);
        const href = await store.address(key, { seconds: LINK_SECONDS, contentType: mediaType, forClients: true });
        return href === undefined ? undefined : { href, expires };
      },
    };
  }
}

/** Whether the execute request asked for no outputs: `"outputs": {}`, as version 2.0 (draft) means it. */
export function asksForNone({ request }: JobRecord): boolean {
  return request?.outputs?.length === 0;
}

/** To version 2.0 (draft) only what the execute request asked for is there, see requirement `process-execute-success-async-outputs`. */
function isAvailable({ request }: JobRecord, outputId: string): boolean {
  return request?.version !== '2.0' || (request.outputs?.includes(outputId) ?? true);
}

function outputAddress(base: string, { jobId }: JobRecord, outputId: string): string {
  return `${base}/jobs/${jobId}/results/${encodeURIComponent(outputId)}`;
}

function inlineOutput(job: JobRecord, output: RecordedOutput | undefined): PrintedResult {
  if (!output || !('value' in output)) throw new JobNotFoundError(job.jobId);
  return ofBytes(output.mediaType, Buffer.from(output.value, output.encoding ?? 'utf8'));
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
