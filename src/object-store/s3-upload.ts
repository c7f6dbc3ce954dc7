import { PutObjectCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ExactBody } from './exact-body.js';

interface Outgoing {
  headers: Record<string, string>;
  body?: unknown;
}

/** A step of the SDK's middleware stack that changes the request on its way. */
function changing(change: (request: Outgoing) => void) {
  return <Arguments extends { request?: unknown }, Result>(next: (args: Arguments) => Result) =>
    (args: Arguments): Result => {
      change(args.request as Outgoing);
      return next(args);
    };
}

/**
 * Sends an object or a part of one, opening its body anew for every attempt.
 *
 * The SDK does not retry a request whose body is a stream; so it sees none: each attempt gets a fresh one after the request
 * has been signed. For the same reason a
 * digest goes as a header that the command has, never as a trailer behind the body.
 * @param command without `Body`
 * @throws what the body failed with, or the SDK's error
 */
export async function upload(
  client: S3Client,
  command: PutObjectCommand | UploadPartCommand,
  openBody: () => ExactBody,
): Promise<void> {
  const aborted = new AbortController();
  let body: ExactBody | undefined;
  let bodyFailure: Error | undefined;
  const openNext = (): ExactBody => {
    body?.destroy();
    body = openBody();
    body.once('error', (error) => {
      bodyFailure ??= error;
      aborted.abort();
    });
    return body;
  };
  // Both commands have the same steps; their types do not say so.
  const { middlewareStack } = command as PutObjectCommand;
  middlewareStack.add(
    changing((request) => {
      request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
    }),
    { step: 'build', name: 'unsignedPayload' },
  );
  middlewareStack.addRelativeTo(
    changing((request) => {
      request.body = openNext();
    }),
    { relation: 'after', toMiddleware: 'httpSigningMiddleware', name: 'bodyPerAttempt' },
  );
  try {
    await client.send(command as PutObjectCommand, { abortSignal: aborted.signal });
  } catch (error) {
    throw bodyFailure ?? error;
  } finally {
    body?.destroy();
  }
}
