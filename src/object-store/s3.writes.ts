import { PutObjectCommand, UploadPartCommand, type S3Client } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ExactBody } from './exact-body.js';
import { asciiMetadata } from './metadata.js';
import { ObjectStoreError, type PutOptions, type StoredObject } from './object-store.js';
import { answerOf, asS3Failure, lacksUpload, refusesCondition } from './s3-failures.js';
import { upload } from './s3-upload.js';
import type { KnownStore } from './store-capabilities.js';
import type { OwnPart, Upload } from './uploads.js';

/** How a body says what it is: `none` where a store takes neither header. */
type Checksum = 'sha256' | 'md5' | 'none';

interface Way {
  readonly isConditional: boolean;
  readonly checksum: Checksum;
}

/** Bytes and where they go. */
interface Write {
  /** For messages. */
  readonly name: string;
  readonly size: number;
  readonly sha256?: string;
  readonly body: () => Readable;
}

/**
 * What this server writes into a bucket: every body with its digest in a header, so that a store that looks at it keeps
 * nothing of one that was cut on the way.
 * A store is known (versitygw 1.8) that publishes what has come of a body without one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export class S3Writes {
  /** Until the store has refused `If-None-Match` once and taken the same object without it. */
  private conditional = true;
  /** Until it has refused the checksum header and taken the same object without it. */
  private checksumHeader = true;

  /** @param description of the store, for messages */
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly description: string,
    private readonly known: KnownStore,
  ) {}

  /**
   * As {@link ObjectStore.create}. Asks for the object first: stores are known that ignore the condition without a word, and
   * the body of an object that stands already need
   * not be sent. Where the store refuses the condition, asking first is all there is.
   * @param stands whether an object is there; whether that may stay unknown, for then the condition has to do
   */
  async create(
    key: string,
    body: () => Readable,
    options: PutOptions,
    stands: (mayBeUnknown: boolean) => Promise<boolean>,
  ): Promise<'created' | 'exists'> {
    const put = (way: Way) => this.put(key, body, options, way, { IfNoneMatch: way.isConditional ? '*' : undefined });
    return this.inSomeWay(`write ${key}`, async (way) => {
      if (await stands(way.isConditional)) return 'exists';
      try {
        await put(way);
        return 'created';
      } catch (error) {
        if (answerOf(error).status === 412) return 'exists';
        throw error;
      }
    });
  }

  /** As {@link ObjectStore.replace}. */
  async replace(
    { key, etag }: StoredObject,
    body: () => Readable,
    options: PutOptions,
  ): Promise<'replaced' | 'changed'> {
    return this.inSomeWay(`write ${key} again`, async (way) => {
      try {
        await this.put(key, body, options, way, { IfMatch: way.isConditional ? etag : undefined });
        return 'replaced';
      } catch (error) {
        const { status, code } = answerOf(error);
        if (status === 412 || (status === 404 && code === 'NoSuchKey')) return 'changed';
        throw error;
      }
    });
  }

  /** A part of an upload. */
  async part(
    { key, id }: Upload,
    number: number,
    { size, sha256, body }: OwnPart,
  ): Promise<'written' | 'no-such-upload'> {
    const write: Write = { name: `part ${number} of ${key}`, size, sha256, body };
    const put = async ({ checksum }: Way) => {
      const command = new UploadPartCommand({
        Bucket: this.bucket,
        Key: key,
        UploadId: id,
        PartNumber: number,
        ContentLength: size,
        ...(await this.digests(write, checksum)),
      });
      try {
        await upload(this.client, command, () => this.exact(write));
        return 'written';
      } catch (error) {
        if (lacksUpload(error)) return 'no-such-upload';
        throw error;
      }
    };
    return this.inSomeWay(`write ${write.name}`, put, [false]);
  }

  private async put(
    key: string,
    body: () => Readable,
    { size, sha256, contentType, metadata }: PutOptions,
    { checksum }: Way,
    condition: { readonly IfNoneMatch?: string; readonly IfMatch?: string },
  ): Promise<void> {
    const write: Write = { name: key, size, sha256, body };
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ContentLength: size,
      ContentType: contentType,
      Metadata: asciiMetadata(metadata),
      ...condition,
      ...(await this.digests(write, checksum)),
    });
    await upload(this.client, command, () => this.exact(write));
  }

  /**
   * Tries without what a store may refuse: the condition, the checksum header, both. What was refused, and was then not
   * missed, is not tried again.
   */
  private async inSomeWay<T>(
    action: string,
    attempt: (way: Way) => Promise<T>,
    conditions = this.conditional ? [true, false] : [false],
  ): Promise<T> {
    let refusal: unknown;
    for (const way of this.ways(conditions)) {
      try {
        const done = await attempt(way);
        if (refusal !== undefined) this.remember(way, conditions);
        return done;
      } catch (error) {
        if (!refusesCondition(error)) throw asS3Failure(error, this.description, action);
        refusal = error;
      }
    }
    throw asS3Failure(refusal, this.description, action);
  }

  private *ways(conditions: readonly boolean[]): Generator<Way> {
    const { contentMd5, checksumHeader } = this.known.capabilities();
    const other: Checksum = contentMd5 === 'no' ? 'none' : 'md5';
    const checksums: Checksum[] = this.checksumHeader && checksumHeader !== 'no' ? ['sha256', other] : [other];
    for (const checksum of checksums) for (const isConditional of conditions) yield { isConditional, checksum };
  }

  private remember({ isConditional, checksum }: Way, tried: readonly boolean[]): void {
    if (tried.includes(true)) this.conditional = isConditional;
    this.checksumHeader &&= checksum === 'sha256';
  }

  private async digests(write: Write, checksum: Checksum): Promise<{ ChecksumSHA256?: string; ContentMD5?: string }> {
    if (checksum === 'none') return {};
    if (checksum === 'md5') return { ContentMD5: await this.digest(write, 'md5') };
    const { sha256 } = write;
    if (sha256 === undefined) return { ChecksumSHA256: await this.digest(write, 'sha256') };
    return { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
  }

  private async digest(write: Write, algorithm: 'sha256' | 'md5'): Promise<string> {
    const hash = createHash(algorithm);
    await pipeline(this.exact(write), hash);
    return hash.digest('base64');
  }

  private exact({ name, size, body }: Write): ExactBody {
    return ExactBody.of(body, size, (cause) => {
      const message = `${this.description}: cannot write ${name}: its bytes could not be read: ${cause.message}`;
      return new ObjectStoreError('failed', message, true, { cause });
    });
  }
}
