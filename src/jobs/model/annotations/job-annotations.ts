import { isMapping } from '../../../config/validation.js';
import type {
  JobAttempt,
  JobCause,
  JobOutcome,
  LogStart,
  RecordedOutput,
  RequestedResponse,
  StoredResult,
  TransferRecord,
  ResultProblem,
} from '../job-outcome.js';
import { isMediaType } from '../../../processes/description/media-type.js';
import { shared, SharedValues } from './shared-values.js';

/*
 * Annotations are in the hands of everybody who may edit a Job. What is not as this server writes it counts as not there.
 */

type Members = Readonly<Record<string, unknown>>;

export function parseOutcome(text: string | undefined): JobOutcome | undefined {
  const { status, scheduled, started, finished, cause, log, logTail, resultProblems } = parseObject(text);
  if (!isEnd(status) || !isTime(finished)) return undefined;
  return {
    status: shared(status),
    finished,
    ...(isTime(scheduled) ? { scheduled } : {}),
    ...(isTime(started) ? { started } : {}),
    ...(isCause(cause) ? { cause } : {}),
    ...(log === 'cut' || log === 'unknown' ? { log } : {}),
    ...(typeof logTail === 'string' ? { logTail } : {}),
    ...(Array.isArray(resultProblems) ? { resultProblems: resultProblems.filter(isResultProblem) } : {}),
  };
}

function isEnd(status: unknown): status is JobOutcome['status'] {
  return status === 'successful' || status === 'failed' || status === 'dismissed';
}

function isResultProblem(value: unknown): value is ResultProblem {
  if (!isMapping(value)) return false;
  const { output = '', pointer = '', message } = value;
  return [output, pointer, message].every((member) => typeof member === 'string');
}

/** Whose a job is, for people: the name, else the subject, and of which issuer, where that is not the server itself. */
export function parseOwner(text: string | undefined): { readonly ownerName?: string; readonly ownerIssuer?: string } {
  const { name, subject, issuer } = parseObject(text);
  const ownerName = [name, subject].find((part) => typeof part === 'string');
  return {
    ...(ownerName === undefined ? {} : { ownerName }),
    ...(typeof issuer === 'string' ? { ownerIssuer: issuer } : {}),
  };
}

/** The same for all jobs that had no other attempt. */
const NO_ATTEMPTS: readonly JobAttempt[] = [];

export function parseAttempts(text: string | undefined): readonly JobAttempt[] {
  if (text === undefined) return NO_ATTEMPTS;
  const { attempts } = parseObject(text);
  return Array.isArray(attempts) ? attempts.filter(isAttempt) : [];
}

/** How many attempts are noted no more. */
export function parseOmittedAttempts(text: string | undefined): number {
  const { omitted } = parseObject(text);
  return Number.isSafeInteger(omitted) && (omitted as number) > 0 ? (omitted as number) : 0;
}

function isAttempt(value: unknown): value is JobAttempt {
  if (!isMapping(value)) return false;
  const { pod, uid, started, finished, cause, uncounted, logKey, logSize } = value;
  return (
    [pod, uid, logKey].every((member) => typeof member === 'string') &&
    (started === undefined || isTime(started)) &&
    (logSize === undefined || typeof logSize === 'number') &&
    (uncounted === undefined || uncounted === true) &&
    isTime(finished) &&
    isCause(cause)
  );
}

export function parseLogStart(text: string | undefined): LogStart | undefined {
  const { pod, first } = parseObject(text);
  return typeof pod === 'string' && isTime(first) ? { pod, first } : undefined;
}

/** Bytes of the log, as they were noted. */
export function parseLogSize(text: string | undefined): number | undefined {
  const { size } = parseObject(text);
  return typeof size === 'number' ? size : undefined;
}

export function parseStoredResult(text: string | undefined): StoredResult | undefined {
  const { key, size, digest, mediaType } = parseObject(text);
  if (typeof key !== 'string' || typeof size !== 'number' || typeof mediaType !== 'string') return undefined;
  return { key, size, mediaType, digest: typeof digest === 'string' ? digest : '' };
}

/** Results by output id, in the order in which they were recorded. Undefined where any of them is not as this server writes them. */
export function parseOutputs(text: string | undefined): ReadonlyMap<string, RecordedOutput> | undefined {
  const entries = Object.entries(parseObject(text));
  const outputs = entries.map(([id, value]) => [id, parseOutput(value)] as const);
  const isWhole = (entry: readonly [string, RecordedOutput | undefined]): entry is [string, RecordedOutput] =>
    entry[1] !== undefined;
  return outputs.length > 0 && outputs.every(isWhole) ? new Map(outputs) : undefined;
}

export function formatOutputs(outputs: ReadonlyMap<string, RecordedOutput>): string {
  return JSON.stringify(Object.fromEntries(outputs));
}

function parseOutput(output: unknown): RecordedOutput | undefined {
  if (!isMapping(output)) return undefined;
  const { mediaType, size, digest, key, value, encoding, unverified } = output;
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) return undefined;
  if (typeof size !== 'number' || typeof digest !== 'string') return undefined;
  if (typeof key === 'string') return { mediaType, size, digest, key, ...(unverified === true ? { unverified } : {}) };
  if (typeof value !== 'string' || (encoding !== undefined && encoding !== 'base64')) return undefined;
  return { mediaType, size, digest, value, ...(encoding === undefined ? {} : { encoding }) };
}

export function parseTransferRecord(text: string | undefined): TransferRecord | undefined {
  const { capability, inputs } = parseObject(text);
  if (typeof capability !== 'string') return undefined;
  return { capability, ...(typeof inputs === 'string' ? { inputs } : {}) };
}

/** Key of the object with inputs that had no room, of the annotation by which a request is shown. */
export function parseKeptInputs(text: string | undefined): string | undefined {
  // Few have any, and the text may be long.
  const { stored } = text?.includes('"stored":') ? parseObject(text) : {};
  return typeof stored === 'string' ? stored : undefined;
}

/** Of many jobs the same object. */
export function parseRequestedResponse(text: string | undefined): RequestedResponse | undefined {
  return text === undefined ? undefined : requests.of(text).request;
}

const requests = new SharedValues((text) => ({ request: requestOf(text) }));

function requestOf(text: string): RequestedResponse | undefined {
  const { response, outputs, references, version } = parseObject(text);
  if (response !== 'raw' && response !== 'document') return undefined;
  const [ids, byReference] = [outputs, references].map((list) =>
    Array.isArray(list) && list.every((id) => typeof id === 'string') ? list : undefined,
  );
  return {
    response,
    ...(ids ? { outputs: ids } : {}),
    ...(byReference ? { references: byReference } : {}),
    ...(version === '2.0' ? { version } : {}),
  };
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isCause(value: unknown): value is JobCause {
  if (!isMapping(value)) return false;
  const { type, message, container, exitCode } = value;
  const optional = (member: unknown, kind: string) => member === undefined || typeof member === kind;
  return (
    typeof type === 'string' &&
    typeof message === 'string' &&
    optional(container, 'string') &&
    optional(exitCode, 'number')
  );
}

/** The members of a JSON object; none where the text is no such. */
export function parseObject(text: string | undefined): Members {
  // Most are absent from most Jobs, and an error costs more than all the rest of a record.
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isMapping(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
