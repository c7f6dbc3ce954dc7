import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { asciiMetadata } from './metadata.js';
import { ObjectStoreError } from './object-store.js';
import { checkKey } from './request-checks.js';
import { answerOf, asS3Failure, lacksUpload, refusesCondition } from './s3-failures.js';
import { presign } from './s3-presign.js';
import type { S3Writes } from './s3.writes.js';
import type { KnownStore } from './store-capabilities.js';
import {
  UploadStore,
  type OwnPart,
  type PartDestination,
  type PartDigests,
  type Upload,
  type UploadedPart,
  type UploadOptions,
} from './uploads.js';

/**
 * S3's multipart uploads, their parts sent to presigned addresses. An upload of one part is one, too: so what was written counts only once this server says so,
 * and an address that is still valid afterwards leads nowhere.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export class S3Uploads extends UploadStore {
  /** @param description of the store, for messages */
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly description: string,
    /** For a call that moves no object, milliseconds. */
    private readonly timeout: number,
    private readonly writes: S3Writes,
    private readonly known: KnownStore,
  ) {
    super();
  }

  override async start(key: string, options: UploadOptions): Promise<string> {
    checkKey(key);
    const command = new CreateMultipartUploadCommand({
      Bucket: this.bucket,
      Key: key,
      ContentType: options.contentType,
      Metadata: asciiMetadata(options.metadata),
      ChecksumAlgorithm: options.digests && this.known.capabilities().multipartDigests !== 'no' ? 'SHA256' : undefined,
    });
    const { UploadId: id } = await this.client.send(command, this.within()).catch(this.fail(`upload ${key}`));
    if (id === undefined) throw new ObjectStoreError('failed', `${this.description}: gave ${key} no upload id`, true);
    return id;
  }

  /**
   * The length, and what the sender says of the bytes, are part of what is signed: the store refuses any other. In the query
   * a digest would be overlooked by some.
   */
  override async destination(
    upload: Upload,
    number: number,
    size: number,
    seconds: number,
    { sha256, md5 }: PartDigests = {},
  ): Promise<PartDestination> {
    const command = new UploadPartCommand({
      ...this.named(upload),
      PartNumber: number,
      ContentLength: size,
      ChecksumSHA256: sha256,
      ContentMD5: md5,
    });
    const address = await presign(this.client, command, seconds).catch(this.fail(`sign an address for ${upload.key}`));
    return { address };
  }

  override write(upload: Upload, number: number, part: OwnPart): Promise<'written' | 'no-such-upload'> {
    return this.writes.part(upload, number, part);
  }

  override async parts(upload: Upload): Promise<readonly UploadedPart[] | undefined> {
    const parts: UploadedPart[] = [];
    const seen = new Set<string>();
    let marker: string | undefined;
    do {
      const command = new ListPartsCommand({ ...this.named(upload), PartNumberMarker: marker });
      const page = await this.client
        .send(command, this.within())
        .catch((error: unknown) =>
          lacksUpload(error) ? undefined : this.fail(`list the parts of ${upload.key}`)(error),
        );
      if (!page) return undefined;
      for (const { PartNumber: number, Size: size, ETag: etag, ChecksumSHA256: sha256 } of page.Parts ?? []) {
        if (number === undefined || size === undefined || etag === undefined) continue;
        // One that was sent again is listed twice by some stores; which of them they complete cannot be told, unless they are the same.
        const same = `${number} ${etag}`;
        if (seen.has(same)) continue;
        seen.add(same);
        parts.push({ number, size, etag, ...(sha256 === undefined ? {} : { sha256 }) });
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  }

  override async complete(upload: Upload, parts: readonly UploadedPart[]): Promise<'created' | 'exists'> {
    const complete = (condition?: '*') =>
      this.client.send(
        new CompleteMultipartUploadCommand({
          ...this.named(upload),
          MultipartUpload: {
            Parts: parts.map(({ number, etag, sha256 }) => ({
              PartNumber: number,
              ETag: etag,
              ChecksumSHA256: sha256,
            })),
          },
          IfNoneMatch: condition,
        }),
      );
    try {
      await complete('*').catch((error: unknown) => (refusesCondition(error) ? complete() : Promise.reject(error)));
      return 'created';
    } catch (error) {
      if (answerOf(error).status === 412) return 'exists';
      // Sent again in between, or completed by somebody else: whoever looks again sees which.
      const { failure, message } = asS3Failure(error, this.description, `complete the upload of ${upload.key}`);
      throw new ObjectStoreError(failure, message, true);
    }
  }

  override async abort(upload: Upload): Promise<void> {
    await this.client
      .send(new AbortMultipartUploadCommand(this.named(upload)), this.within())
      .catch((error: unknown) =>
        lacksUpload(error) ? undefined : this.fail(`abort the upload of ${upload.key}`)(error),
      );
  }

  private named({ key, id }: Upload): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.bucket, Key: key, UploadId: id };
  }

  private within(): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.timeout) };
  }

  private fail(action: string): (error: unknown) => never {
    return (error) => {
      throw asS3Failure(error, this.description, action);
    };
  }
}
