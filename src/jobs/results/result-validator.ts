import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isMapping } from '../../config/validation.js';
import { Configuration } from '../../config/configuration.js';
import { parseJson } from '../../json/parse-json.js';
import type { RequestFault } from '../../ogc/domain-errors.js';
import { ObjectStore } from '../../object-store/object-store.js';
import { declaredMediaType } from '../../processes/description/process-metadata.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { ResultFault, type ResultProblem, type StoredResult } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import { decodeUtf8 } from '../model/utf-8.js';
import { resultMediaType, type PrintedOutput } from './printed-results.js';
import { isJson, RESULT_JSON } from './results-values.js';

/** Bytes of a result that is looked into; larger ones are believed. */
export const MOST_VALIDATED = 8 * 1024 * 1024;
/** Problems that are kept, and characters of each: they stand in an annotation of the Job. */
const MOST_PROBLEMS = 20;
const LONGEST_MESSAGE = 500;

/** What a job gave: the result without a name, and by output id what it printed and what it uploaded. */
export interface GivenResults {
  readonly unnamed?: PrintedOutput | undefined;
  readonly outputs: ReadonlyMap<string, PrintedOutput>;
  readonly files: ReadonlyMap<string, StoredResult>;
}

interface Candidate {
  /** Undefined: the result without a name. */
  readonly id: string | undefined;
  readonly mediaType: string;
  readonly size: number;
  /** Undefined: it cannot be read. */
  readonly bytes: () => Promise<Buffer | undefined>;
}

/** Compares results with what they are called, once, when they are collected (`result_validation`). */
@Injectable()
export class ResultValidator {
  constructor(
    private readonly processes: ProcessRegistry,
    private readonly store: ObjectStore,
    private readonly configuration: Configuration,
  ) {}

  /**
   * What is wrong with the results of a job: text or JSON that is none, JSON that does not fit its output's schema, outputs
   * without result. Nothing where the process is not configured any
   * more, gives results of its own (`results` of a processor), or validates none (`off`).
   * @throws ResultFault where the process says `fail`
   * @throws ObjectStoreError: an uploaded file cannot be read now
   */
  async problemsOf(job: JobRecord, given: GivenResults): Promise<readonly ResultProblem[]> {
    const process = this.processes.find(job.processId);
    const validation =
      process?.jobSettings.resultValidation ?? this.configuration.server.manager.jobs.resultValidation ?? 'warn';
    if (!process || process.givesResults || validation === 'off') return [];
    const missing = missingOutputs(job, process, given);
    const problems: ResultProblem[] = missing.map((output) => ({ output, message: 'has no result' }));
    for (const candidate of this.candidates(job, process, given)) problems.push(...(await inspect(process, candidate)));
    if (validation === 'fail' && missing.length > 0) throw missingFault(missing);
    const [first] = problems;
    if (validation === 'fail' && first) throw invalidFault(first, problems.length);
    return shortened(problems);
  }

  private candidates(
    job: JobRecord,
    process: RegisteredProcess,
    { unnamed, outputs, files }: GivenResults,
  ): Candidate[] {
    const described = process.description.outputs;
    const printed = (id: string | undefined, output: PrintedOutput): Candidate => ({
      id,
      mediaType: resultMediaType(job, output, declaredOf(process, id)),
      size: output.body.size,
      bytes: () => output.body.bytes(),
    });
    const [only, ...others] = Object.keys(described);
    return [
      ...(unnamed ? [printed(others.length === 0 ? only : undefined, unnamed)] : []),
      ...[...outputs].map(([id, output]) => printed(id, output)),
      ...[...files].map(([id, { key, mediaType, size }]) => ({ id, mediaType, size, bytes: () => this.readFile(key) })),
    ];
  }

  private async readFile(key: string): Promise<Buffer | undefined> {
    const body: Readable | undefined = (await this.store.read(key))?.body;
    return body && buffer(body);
  }
}

function declaredOf(process: RegisteredProcess, id: string | undefined): string | undefined {
  const output = id === undefined ? undefined : process.description.outputs[id];
  return output && declaredMediaType(output);
}

/** Of those that were asked for. A result without a name may hold any of them. */
function missingOutputs(job: JobRecord, process: RegisteredProcess, given: GivenResults): string[] {
  if (given.unnamed) return [];
  const wanted = job.request?.outputs ?? Object.keys(process.description.outputs);
  return wanted.filter((id) => !given.outputs.has(id) && !given.files.has(id));
}

async function inspect(process: RegisteredProcess, candidate: Candidate): Promise<ResultProblem[]> {
  const { id, mediaType, size } = candidate;
  const isText = isUtf8Text(mediaType);
  if (size > MOST_VALIDATED || !(isJson(mediaType) || isText)) return [];
  const bytes = await candidate.bytes();
  if (!bytes) return [];
  const named = id === undefined ? {} : { output: id };
  const text = decodeUtf8(bytes);
  if (text === undefined) return [{ ...named, message: `is called ${mediaType}, and is not UTF-8` }];
  if (!isJson(mediaType)) return [];
  let value: unknown;
  try {
    value = parseJson(text, RESULT_JSON);
  } catch (error) {
    return [{ ...named, message: `is called ${mediaType}, and is no JSON: ${(error as Error).message}` }];
  }
  if (id === undefined) return inspectMembers(process, value);
  const faults = process.outputFaults(id, value);
  // A schema may describe the text that holds the JSON: `type: string` with a `contentMediaType`.
  if (faults.length === 0 || process.outputFaults(id, text).length === 0) return [];
  return faults.map((fault) => toProblem(id, fault));
}

/** The result without a name of a process with several outputs: an object with a property for each (`docs/results.md`). */
function inspectMembers(process: RegisteredProcess, value: unknown): ResultProblem[] {
  const ids = Object.keys(process.description.outputs);
  if (ids.length === 0) return [];
  if (!isMapping(value)) return [{ message: `must be an object with the outputs ${ids.join(', ')}` }];
  return ids.flatMap((id) =>
    Object.hasOwn(value, id)
      ? process.outputFaults(id, value[id]).map((fault) => toProblem(id, fault))
      : [{ output: id, message: 'has no result' }],
  );
}

function toProblem(output: string, { pointer, message }: RequestFault): ResultProblem {
  return { output, ...(pointer === '' ? {} : { pointer }), message };
}

/** Text is UTF-8 where it does not say otherwise (RFC 6657 allows US-ASCII besides, which is UTF-8, too). */
function isUtf8Text(mediaType: string): boolean {
  if (!/^text\//i.test(mediaType)) return false;
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(mediaType) ?? [];
  return ['utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase());
}

function missingFault(missing: readonly string[]): ResultFault {
  const outputs = missing.slice(0, MOST_PROBLEMS).map((id) => `"${id}"`);
  return new ResultFault(
    'result-missing',
    `The job ended well, but gave no result for ${outputs.join(', ')}. Its process demands one (result_validation: fail).`,
  );
}

function invalidFault({ output, pointer, message }: ResultProblem, count: number): ResultFault {
  const place = [output === undefined ? 'The result without a name' : `The result of output "${output}"`, pointer]
    .filter((part) => part !== undefined)
    .join(' at ');
  const more = count > 1 ? ` There are ${count} such problems.` : '';
  return new ResultFault('result-invalid', `${place} ${message}.${more}`.slice(0, 2 * LONGEST_MESSAGE));
}

function shortened(problems: readonly ResultProblem[]): readonly ResultProblem[] {
  const kept = problems.slice(0, MOST_PROBLEMS).map(({ output, pointer, message }) => ({
    ...(output === undefined ? {} : { output: cut(output) }),
    ...(pointer === undefined ? {} : { pointer: cut(pointer) }),
    message: cut(message),
  }));
  const others = problems.length - kept.length;
  return others > 0 ? [...kept, { message: `and ${others} more` }] : kept;
}

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}
