import { S3Client } from '@aws-sdk/client-s3';
import type { S3ObjectStoreOptions, S3Timeouts } from './s3.object-store.js';

const attempts = 3;

/** A client with connections of its own. @param maxSockets open at a time; further calls wait for one */
export function s3Client(
  {
    endpoint,
    region,
    key,
    secret,
    sessionToken,
    addressing,
    timeouts,
  }: S3ObjectStoreOptions & { readonly timeouts: S3Timeouts },
  maxSockets: number,
): S3Client {
  const sockets = { keepAlive: true, maxSockets };
  return new S3Client({
    endpoint,
    region: region ?? 'us-east-1',
    ...(key !== undefined && secret !== undefined
      ? {
          credentials: {
            accessKeyId: key,
            secretAccessKey: secret,
            ...(sessionToken === undefined ? {} : { sessionToken }),
          },
        }
      : {}),
    forcePathStyle: addressing !== 'virtual-host',
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // A request that expects 100-continue gets a connection of its own from the SDK; the HEAD before each write serves instead.
    expectContinueHeader: false,
    maxAttempts: attempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: timeouts.connect,
      socketTimeout: timeouts.idle,
      httpAgent: sockets,
      httpsAgent: sockets,
    },
  });
}
