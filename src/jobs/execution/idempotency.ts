import { createHash, randomUUID } from 'node:crypto';
import { stringify as stringifyUuid } from 'uuid';
import { isMapping } from '../../config/validation.js';
import { canonicalJson } from '../../json/canonical-json.js';
import { IdempotencyConflictError, InvalidRequestError, JobIdTakenError } from '../../ogc/domain-errors.js';
import type { JobRecord } from '../model/job-record.js';

/** The job that a request means, and what tells its Job from those of other requests for the same id. */
export interface Idempotency {
  readonly jobId: string;
  /** Of the body, 256 bits, where the request has an `Idempotency-Key`; else of this request alone. */
  readonly digest: string;
  /** Whether the request chose the id itself (`job_id`), so that no other request may have it. */
  readonly isChosen?: true;
}

const LONGEST_KEY = 255;
/** A string of RFC 9651, as draft-ietf-httpapi-idempotency-key-header asks for, or what many clients send: the key without quotes. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
const PLAIN = /^[!#-+\--[\]-~]+$/;

/**
 * Reads the `Idempotency-Key` header. @returns undefined where there is none
 * @throws InvalidRequestError for one that is no key
 */
export function parseIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = [header].flat().join(', ').trim();
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? (PLAIN.test(text) ? text : '');
  if (key.length > 0 && key.length <= LONGEST_KEY) return key;
  throw new InvalidRequestError('A header is wrong.', [
    {
      pointer: 'Idempotency-Key',
      message: `must be one key of 1 to ${LONGEST_KEY} visible ASCII characters, best a UUID in double quotes; without them it holds no comma, quote, backslash or blank`,
    },
  ]);
}

/**
 * The job that a caller's key means. Its id is a UUID of version 8 (RFC 9562, section 5.8) made of caller, process and key, for only the name of a Kubernetes object is taken by one of several at once.
 * @param caller as `Access.identify` gives it
 * @param body of the execute request, as it was sent
 * @param token of the body, which is no part of what is asked for
 */
export function idempotencyOf(
  key: string,
  { caller, processId, body, token }: { caller: string; processId: string; body: unknown; token?: string },
): Idempotency {
  const bytes = sha256(JSON.stringify(['idempotency', caller, processId, key])).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const asked = token === undefined ? body : withoutToken(body);
  return { jobId: stringifyUuid(bytes), digest: sha256(canonicalJson(asked)).toString('base64url') };
}

/** The job of a request that chose its id, if it did: it is this request's own, so that of several at once one makes it. */
export function chosenJob(jobId: string | undefined): Idempotency | undefined {
  return jobId === undefined ? undefined : { jobId, digest: `job_id:${randomUUID()}`, isChosen: true };
}

/**
 * Ids of version 8 are made of callers and their keys: whoever chose one could take that of another's request.
 * @throws InvalidRequestError for such
 */
export function assertNotKeyed(jobId: string | undefined, processId: string): void {
  if (jobId?.[14] !== '8') return;
  const message = 'must not be a UUID of version 8, as requests with an Idempotency-Key have';
  throw new InvalidRequestError(`The execute request does not fit process "${processId}".`, [
    { pointer: '/job_id', message },
  ]);
}

/** @throws JobIdTakenError, IdempotencyConflictError where the job was made of another request */
export function sameRequest(job: JobRecord, { digest, isChosen }: Idempotency): JobRecord {
  if (job.idempotencyDigest === digest) return job;
  if (isChosen) throw new JobIdTakenError(job.jobId);
  throw new IdempotencyConflictError(
    `The Idempotency-Key was used with another body before, for job "${job.jobId}"; it stands for that as long as the job exists. Use a new key for a new request.`,
  );
}

/** @throws JobIdTakenError, IdempotencyConflictError: the job that the request means was removed, and does not come back */
export function refuseRemoved({ jobId, isChosen }: Idempotency): never {
  if (isChosen) throw new JobIdTakenError(jobId);
  throw new IdempotencyConflictError(
    `The Idempotency-Key stands for job "${jobId}", which was removed. Use a new key for a new request.`,
  );
}

function withoutToken(body: unknown): unknown {
  if (!isMapping(body) || !isMapping(body['inputs'])) return body;
  const { token: _token, ...inputs } = body['inputs'];
  return { ...body, inputs };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
