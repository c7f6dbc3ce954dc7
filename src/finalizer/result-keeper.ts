import { Injectable } from '@nestjs/common';
import { formatOutputs } from '../jobs/model/annotations/job-annotations.js';
import { DeclaredOutputs } from '../jobs/results/declared-outputs.js';
import {
  ResultFault,
  type InlineOutput,
  type RecordedOutput,
  type ResultProblem,
  type StoredResult,
} from '../jobs/model/job-outcome.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import { resultMediaType, type PrintedOutput } from '../jobs/results/printed-results.js';
import { assertDeclared } from '../jobs/results/result-checks.js';
import { ResultValidator } from '../jobs/results/result-validator.js';
import { ResultSources } from '../jobs/results/result-source.js';
import type { Spool } from '../jobs/results/spool.js';
import { decodeUtf8 } from '../jobs/model/utf-8.js';
import { lacksStore } from '../object-store/object-store.js';
import type { CollectedPod } from './log-collector.js';
import { LogStore } from './log-store.js';

/** Results of a job up to so many bytes together are kept in the Job's annotations, larger ones in the object store. */
export const INLINE_LIMIT = 16 * 1024;
/** The same while there is no object store; all annotations of an object together may have 256 KiB. */
export const INLINE_LIMIT_WITHOUT_STORE = 128 * 1024;
/** Bytes of the annotation that notes results under ids of outputs. */
const LONGEST_ANNOTATION = 160 * 1024;

/** The results of a job as they are noted on it. */
export interface KeptResults {
  /** The result without a name. */
  readonly unnamed?:
    { readonly inline: { readonly value: string; readonly mediaType: string } } | { readonly stored: StoredResult };
  /** By output id. */
  readonly outputs: ReadonlyMap<string, RecordedOutput>;
  readonly problems: readonly ResultProblem[];
}

/** A result in the spool of the pod's collection. */
interface Item {
  /** Undefined: the result without a name. */
  readonly id: string | undefined;
  readonly mediaType: string;
  readonly body: Spool;
}

/** Puts a job's results where they are kept: in the Job while they are small, in the object store otherwise. */
@Injectable()
export class ResultKeeper {
  constructor(
    private readonly logs: LogStore,
    private readonly sources: ResultSources,
    private readonly declared: DeclaredOutputs,
    private readonly validator: ResultValidator,
  ) {}

  /**
   * @param finished its date in UTC stands in the keys
   * @throws ResultFault where what the job gave is wrong, or lacks what a log that was not read whole may have held
   * @throws ObjectStoreError: nothing is lost, the same may succeed later
   */
  async keep(job: JobRecord, podUid: string, finished: Date, collected: CollectedPod): Promise<KeptResults> {
    const declared = this.declared.of(job);
    const files = await this.sources.resultsOf(job, podUid);
    const { results } = collected;
    const isWhole = collected.mainLogMissing === undefined;
    if (isWhole && results.fault) throw results.fault;
    // Of a log that cannot be read to its end nothing is sure.
    const outputs: ReadonlyMap<string, PrintedOutput> = isWhole ? results.outputs : new Map();
    const given = { unnamed: isWhole ? results.unnamed : undefined, outputs, files };
    assertDeclared(given, [...files.keys()], declared);
    assertComplete(job, collected, given, declared);
    const problems = await this.validator.problemsOf(job, given);
    const items = [...outputs].map(([id, output]) => toItem(job, id, output, declared.get(id)));
    if (given.unnamed) items.push(toItem(job, undefined, given.unnamed));
    const kept = await this.distribute(job, podUid, finished, items);
    const order = [...outputs.keys(), ...files.keys()];
    return { ...kept, problems, outputs: assertFits(inOrder(order, kept.outputs, files)) };
  }

  /** Removes from the store what was kept there of what the job printed: it is nobody's result. @throws ObjectStoreError */
  async discard(job: JobRecord, { unnamed, outputs }: KeptResults): Promise<void> {
    const printed = [...outputs.values(), ...(unnamed && 'stored' in unnamed ? [unnamed.stored] : [])];
    for (const result of printed) if ('key' in result) await this.logs.removeResult(job.name, result.key);
  }

  private async distribute(
    job: JobRecord,
    podUid: string,
    finished: Date,
    items: readonly Item[],
  ): Promise<Omit<KeptResults, 'problems'>> {
    try {
      return await this.place(job, podUid, finished, items, INLINE_LIMIT);
    } catch (error) {
      if (!lacksStore(error)) throw error;
      return this.place(job, podUid, finished, items, INLINE_LIMIT_WITHOUT_STORE);
    }
  }

  /** The smallest results share the room in the Job. */
  private async place(
    job: JobRecord,
    podUid: string,
    finished: Date,
    items: readonly Item[],
    limit: number,
  ): Promise<Omit<KeptResults, 'problems'>> {
    let room = limit;
    let unnamed: KeptResults['unnamed'];
    const outputs = new Map<string, RecordedOutput>();
    for (const { id, mediaType, body } of items.toSorted((a, b) => a.body.size - b.body.size)) {
      const inline = body.size <= room ? await inlineOf(id, mediaType, body) : undefined;
      if (inline && inline.room <= room) {
        room -= inline.room;
        if (id === undefined) unnamed = { inline: { value: inline.output.value, mediaType } };
        else outputs.set(id, inline.output);
        continue;
      }
      const key = await this.logs.storeResult(job.name, podUid, finished, body, mediaType, id);
      const stored = { key, size: body.size, digest: `sha256:${body.digest()}`, mediaType };
      if (id === undefined) unnamed = { stored };
      else outputs.set(id, stored);
    }
    return { ...(unnamed ? { unnamed } : {}), outputs };
  }
}

function toItem(job: JobRecord, id: string | undefined, output: PrintedOutput, declared?: string): Item {
  return { id, mediaType: resultMediaType(job, output, declared), body: output.body };
}

/** What the annotation of a result needs; undefined where it cannot stand in one: the annotation of a result without a name is text. */
async function inlineOf(
  id: string | undefined,
  mediaType: string,
  body: Spool,
): Promise<{ output: InlineOutput; room: number } | undefined> {
  const bytes = await body.bytes();
  const text = decodeUtf8(bytes);
  const common = { mediaType, size: body.size, digest: `sha256:${body.digest()}` };
  if (id === undefined) return text === undefined ? undefined : { output: { ...common, value: text }, room: body.size };
  const output: InlineOutput =
    text === undefined
      ? { ...common, value: bytes.toString('base64'), encoding: 'base64' }
      : { ...common, value: text };
  return { output, room: Buffer.byteLength(JSON.stringify(output.value)) };
}

/** A log that cannot be read, or not from its beginning, may have held what is missing. */
function assertComplete(
  job: JobRecord,
  { mainLogMissing, wholeness, unseen }: CollectedPod,
  given: {
    readonly unnamed: PrintedOutput | undefined;
    readonly outputs: ReadonlyMap<string, PrintedOutput>;
    readonly files: ReadonlyMap<string, StoredResult>;
  },
  declared: ReadonlyMap<string, unknown>,
): void {
  if (mainLogMissing === undefined && wholeness === 'whole' && unseen === 0) return;
  const wanted = job.request?.outputs ?? [...declared.keys()];
  if (given.unnamed || (wanted.length > 0 && wanted.every((id) => given.outputs.has(id) || given.files.has(id))))
    return;
  const lost = (message: string) => new ResultFault('result-lost', `The job ended well, but ${message}`);
  if (mainLogMissing !== undefined)
    throw lost(`its log, which would hold its result, cannot be read: ${mainLogMissing}`);
  if (wholeness === 'cut')
    throw lost(
      'wrote more than its node keeps of a log, so that its beginning, and with it any result, is lost. Print less, or raise containerLogMaxSize of the kubelet.',
    );
  // A process without outputs owes none.
  if (wanted.length === 0) return;
  if (unseen > 0)
    throw lost(
      `its result is missing, and ${unseen} bytes of its log, which it printed while it was being ended, were not kept.`,
    );
  if (wholeness === 'unknown')
    throw lost(
      'its result is missing, and its log is not known to be whole: no server watched when it began, and nodes rotate logs.',
    );
}

/** Results in the order in which they were given. */
function inOrder(
  ids: readonly string[],
  ...from: readonly ReadonlyMap<string, RecordedOutput>[]
): ReadonlyMap<string, RecordedOutput> {
  const found = ids.map((id) => [id, from.map((outputs) => outputs.get(id)).find(Boolean)] as const);
  return new Map(found.filter((entry): entry is [string, RecordedOutput] => entry[1] !== undefined));
}

function assertFits(outputs: ReadonlyMap<string, RecordedOutput>): ReadonlyMap<string, RecordedOutput> {
  const size = Buffer.byteLength(formatOutputs(outputs));
  if (size > LONGEST_ANNOTATION)
    throw new ResultFault(
      'result-too-large',
      `What is to be noted of the job's ${outputs.size} outputs has ${size} bytes; at most ${LONGEST_ANNOTATION} can be kept on the Job.`,
    );
  return outputs;
}
