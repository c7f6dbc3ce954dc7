import { ObjectStoreError, type ObjectStoreFailure } from './object-store.js';

/** What an S3 store answered: its HTTP status and error code; both undefined where no answer came. */
export interface S3Answer {
  readonly status: number | undefined;
  readonly code: string | undefined;
}

/** Reads the AWS SDK's errors by shape: stores differ in which of its classes they end up as. */
export function answerOf(error: unknown): S3Answer {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  // The name is the store's own text; only what looks like an error code is repeated.
  const code = name !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(name) ? name : undefined;
  return { status: $metadata?.httpStatusCode, code };
}

const denied = new Set([
  'AccessDenied',
  'AccountProblem',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  // versitygw's InvalidAccessKeyId, with HTTP 404
  'XAdminUserNotFound',
]);
const full = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded']);
/** 4xx that say nothing about the request itself: the same one may succeed later. */
const transientStatus = new Set([408, 425, 429]);
const transientCode = new Set([
  // The bytes were damaged on their way: sent again they may arrive whole.
  'BadDigest',
  'ConditionalRequestConflict',
  'IncompleteBody',
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'TooManyRequests',
  'XAmzContentChecksumMismatch',
]);

/**
 * Maps a failed S3 call. The message names the store, what was tried, the HTTP status and the error code; never the store's own message,
 * which may repeat the access key, nor the SDK's error as cause, which holds the signed request.
 *
 * Whatever an operator can repair without changing the request (credentials, a missing bucket, quota) is retryable.
 */
export function asS3Failure(error: unknown, store: string, action: string): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const { status, code } = answerOf(error);
  const fail = (failure: ObjectStoreFailure, reason: string, retryable: boolean): ObjectStoreError =>
    new ObjectStoreError(failure, `${store}: cannot ${action}: ${reason}`, retryable);
  if (status === undefined) {
    return fail('unreachable', `no answer (${networkReason(error)})`, true);
  }
  const answer = `HTTP ${status}${code === undefined ? '' : ` ${code}`}`;
  if (code === 'NoSuchBucket') return fail('no-such-bucket', `there is no such bucket (${answer})`, true);
  if (status === 507 || (code !== undefined && full.has(code)))
    return fail('full', `the store is full (${answer})`, true);
  if (status === 401 || status === 403 || (code !== undefined && denied.has(code))) {
    return fail('denied', `the store refuses the credentials or the permission (${answer})`, true);
  }
  return fail('failed', answer, status < 400 || isPassing(status) || transientCode.has(code ?? ''));
}

/** Whether a failure says nothing about the request itself, by its HTTP status; undefined: no answer came. */
export function isPassing(status: number | undefined): boolean {
  return status === undefined || (status >= 500 && status !== 501) || transientStatus.has(status);
}

/** Whether the store says that it has no such object; a 404 may also be about the bucket or, in some stores, the credentials. */
export function lacksObject(error: unknown): boolean {
  const { status, code } = answerOf(error);
  return status === 404 && code !== 'NoSuchBucket' && !(code !== undefined && denied.has(code));
}

/** Whether the upload in parts is over, or never was. */
export function lacksUpload(error: unknown): boolean {
  return answerOf(error).code === 'NoSuchUpload';
}

/** Whether the store refuses a header (`If-None-Match`, a checksum) itself, rather than the object. */
export function refusesCondition(error: unknown): boolean {
  const { status, code } = answerOf(error);
  if (status === 501 || code === 'NotImplemented') return true;
  return (
    status === 400 &&
    [undefined, 'BadRequest', 'InvalidArgument', 'InvalidRequest', 'NotSupported', 'Unknown', 'UnknownError'].includes(
      code,
    )
  );
}

function networkReason(error: unknown): string {
  const { name, code, cause } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  if (name === 'TimeoutError' || name === 'AbortError') return 'timed out';
  return cause === undefined || cause === null ? name : networkReason(cause);
}
