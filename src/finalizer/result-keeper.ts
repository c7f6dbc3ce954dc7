import { Injectable } from '@nestjs/common';
import { formatOutputs } from '../jobs/job-annotations.js';
import { DeclaredOutputs } from '../jobs/declared-outputs.js';
import { ResultFault, type InlineOutput, type RecordedOutput, type StoredResult } from '../jobs/job-outcome.js';
import type { JobRecord } from '../jobs/job-record.js';
import { ResultSources } from '../jobs/result-source.js';
import type { Spool } from '../jobs/spool.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import type { CollectedPod, PrintedOutput } from './log-collector.js';
import { LogStore } from './log-store.js';

/** Results of a job up to so many bytes together are kept in the Job's annotations, larger ones in the object store. */
export const INLINE_LIMIT = 16 * 1024;
/** The same while there is no object store; all annotations of an object together may have 256 KiB. */
export const INLINE_LIMIT_WITHOUT_STORE = 128 * 1024;
/** Results under ids of outputs that one job may have, and bytes of such an id: what is noted of each stands in one annotation. */
const MOST_OUTPUTS = 100;
const LONGEST_OUTPUT_ID = 128;
/** Bytes of that annotation. */
const LONGEST_ANNOTATION = 160 * 1024;

/** The results of a job as they are noted on it. */
export interface KeptResults {
  /** The result without a name. */
  readonly unnamed?:
    { readonly inline: { readonly value: string; readonly mediaType: string } } | { readonly stored: StoredResult };
  /** By output id. */
  readonly outputs: ReadonlyMap<string, RecordedOutput>;
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
  ) {}

  /**
   * @param finished its date in UTC stands in the keys
   * @throws ResultFault where what the job gave is wrong, or lacks what a log that was not read whole may have held
   * @throws ObjectStoreError: nothing is lost, the same may succeed later
   */
  async keep(job: JobRecord, podUid: string, finished: Date, collected: CollectedPod): Promise<KeptResults> {
    const declared = this.declared.of(job);
    const files = await this.sources.resultsOf(job);
    assertSound(collected, files, declared);
    assertWhole(job, collected, files, declared);
    const items = [...collected.outputs].map(([id, output]) => toItem(job, id, output, declared.get(id)));
    if (collected.result) items.push(toItem(job, undefined, collected.result));
    const kept = await this.distribute(job, podUid, finished, items);
    return {
      ...kept,
      outputs: assertFits(inOrder([...collected.outputs.keys(), ...files.keys()], kept.outputs, files)),
    };
  }

  private async distribute(
    job: JobRecord,
    podUid: string,
    finished: Date,
    items: readonly Item[],
  ): Promise<KeptResults> {
    try {
      return await this.place(job, podUid, finished, items, INLINE_LIMIT);
    } catch (error) {
      if (!(error instanceof ObjectStoreError) || error.failure !== 'not-configured') throw error;
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
  ): Promise<KeptResults> {
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
  return { id, mediaType: output.mediaType ?? declared ?? job.mimetype ?? 'application/json', body: output.body };
}

/** What the annotation of a result needs; undefined where it cannot stand in one: the annotation of a result without a name is text. */
async function inlineOf(
  id: string | undefined,
  mediaType: string,
  body: Spool,
): Promise<{ output: InlineOutput; room: number } | undefined> {
  const bytes = await body.bytes();
  const text = asText(bytes);
  const common = { mediaType, size: body.size, digest: `sha256:${body.digest()}` };
  if (id === undefined) return text === undefined ? undefined : { output: { ...common, value: text }, room: body.size };
  const output: InlineOutput =
    text === undefined
      ? { ...common, value: bytes.toString('base64'), encoding: 'base64' }
      : { ...common, value: text };
  return { output, room: Buffer.byteLength(JSON.stringify(output.value)) };
}

function assertSound(
  { outputs: printed, result }: CollectedPod,
  files: ReadonlyMap<string, StoredResult>,
  declared: ReadonlyMap<string, unknown>,
): void {
  const ids = [...printed.keys(), ...files.keys()];
  const invalid = (message: string) => new ResultFault('result-invalid', message);
  const twice = ids.find((id) => printed.has(id) && files.has(id));
  if (twice !== undefined) throw invalid(`The job gave output "${twice}" twice: as a file and in its log.`);
  const unknown = ids.find((id) => declared.size > 0 && !declared.has(id));
  if (unknown !== undefined)
    throw invalid(
      `The job gave a result for output "${unknown}", which its process does not have; it has ${[...declared.keys()].join(', ')}.`,
    );
  const long = ids.find((id) => Buffer.byteLength(id) > LONGEST_OUTPUT_ID);
  if (long !== undefined)
    throw invalid(
      `The job gave a result for an output whose id has more than ${LONGEST_OUTPUT_ID} bytes: "${long.slice(0, 64)}…".`,
    );
  if (ids.length > MOST_OUTPUTS)
    throw new ResultFault(
      'result-too-large',
      `The job gave results for ${ids.length} outputs; at most ${MOST_OUTPUTS} can be kept.`,
    );
  if (result && ids.length > 0 && declared.size > 0 && [...declared.keys()].every((id) => ids.includes(id)))
    throw invalid(
      'The job printed a result without a name, and gave one for each of its outputs besides: it is not known whose that is.',
    );
}

/** A log that cannot be read, or not from its beginning, may have held what is missing. */
function assertWhole(
  job: JobRecord,
  { outputs, result, mainLogMissing, mainLogCut }: CollectedPod,
  files: ReadonlyMap<string, StoredResult>,
  declared: ReadonlyMap<string, unknown>,
): void {
  if (mainLogMissing === undefined && !mainLogCut) return;
  const wanted = job.request?.outputs ?? [...declared.keys()];
  const isKnown = (id: string) => files.has(id) || (mainLogMissing === undefined && outputs.has(id));
  if (wanted.length > 0 && wanted.every(isKnown)) return;
  if (mainLogMissing === undefined && result !== undefined) return;
  throw new ResultFault(
    'result-lost',
    mainLogMissing === undefined
      ? 'The job ended well, but wrote more than its node keeps of a log, so that its beginning, and with it any result, is lost. Print less, or raise containerLogMaxSize of the kubelet.'
      : `The job ended well, but its log, which would hold its result, cannot be read: ${mainLogMissing}`,
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

/** Undefined where the bytes are no UTF-8, so that an annotation would change them. */
function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
