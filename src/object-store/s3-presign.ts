import type { GetObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/**
 * An address for one request, good for so many seconds by the store's clock: the SDK corrects its own requests by what it has learned of that clock, but not what it presigns.
 * @param client that knows the store's clock
 * @param signer whose endpoint stands in the address; default the same
 */
export function presign(
  client: S3Client,
  command: GetObjectCommand | UploadPartCommand,
  seconds: number,
  signer: S3Client = client,
): Promise<string> {
  const signingDate = new Date(Date.now() + client.config.systemClockOffset);
  // The library's types take one kind of command at a time.
  return getSignedUrl(signer, command as GetObjectCommand, {
    expiresIn: seconds,
    signingDate,
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
  });
}
