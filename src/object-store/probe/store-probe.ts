import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createHash, randomUUID } from 'node:crypto';
import { asS3Failure, answerOf, isPassing } from '../s3-failures.js';
import { presign } from '../s3-presign.js';
import { unknownCapabilities, type Found, type StoreCapabilities } from '../store-capabilities.js';
import { atAddress, sendCut, sendWhole, sign, type RawAnswer } from './signed-request.js';

/** The bucket that is tried. */
export interface ProbedBucket {
  readonly client: S3Client;
  readonly bucket: string;
  /** For messages, without secrets. */
  readonly description: string;
}

/** For one request, milliseconds. */
const PATIENCE = 30_000;
/** At the same time, for the same new object: stores are known that check the condition only before they read the body. */
const WRITERS = 6;
/** Of a body that is cut: stores that hold small ones in memory before they write drop those, and keep larger ones. */
const ANNOUNCED = 8 * 2 ** 20;
const SENT = 5 * 2 ** 20 + 1;
const WHOLE = Buffer.from('what a probe wrote; it may be removed\n');
const OTHER = Buffer.from('what a probe wrote, but in other words');

interface StartedUpload {
  readonly Key: string;
  readonly UploadId: string;
}

type Steps = { readonly [Name in keyof StoreCapabilities]: () => Promise<Found> };

/**
 * Finds out what a store does by trying it, under keys of its own: it reads, changes and removes nothing else.
 *
 * What the store does not permit (403) is `unknown`, and so is what it answers in a way that says nothing.
 */
export class StoreProbe {
  private readonly keys = new Set<string>();
  private readonly uploads: StartedUpload[] = [];
  private readonly folder: string;

  /** @param prefix under which it writes; ends with `/`, or is empty */
  constructor(
    private readonly probed: ProbedBucket,
    prefix: string,
  ) {
    this.folder = `${prefix}${randomUUID()}/`;
  }

  /**
   * Tries everything, one after the other, and removes what it wrote.
   * @param signal ends it between two steps
   * @throws AbortError; ObjectStoreError where the store is away or fails: then nothing was found out
   */
  async run(signal?: AbortSignal): Promise<StoreCapabilities> {
    const steps: Steps = {
      conditionalPut: () => this.conditionalPut(),
      conditionalCompletion: () => this.conditionalCompletion(),
      checksumHeader: () => this.comparesDigest('x-amz-checksum-sha256', 'sha256'),
      contentMd5: () => this.comparesDigest('content-md5', 'md5'),
      dropsCutBodies: () => this.dropsCutBodies(),
      dropsCutParts: () => this.dropsCutParts(),
      ranges: () => this.ranges(),
      presignedAddresses: () => this.presignedAddresses(),
      multipartListing: () => this.multipartListing(),
      multipartDigests: () => this.multipartDigests(),
    };
    const found: { -readonly [Name in keyof StoreCapabilities]: Found } = { ...unknownCapabilities };
    try {
      for (const name of Object.keys(steps) as (keyof StoreCapabilities)[]) {
        signal?.throwIfAborted();
        found[name] = await steps[name]().catch((error: unknown) => this.unlessPassing(error));
      }
    } finally {
      await this.cleanUp();
    }
    return found;
  }

  /** The probe is repeated for what passes by itself; anything else says nothing about the capability. */
  private unlessPassing(error: unknown): Found {
    if (error instanceof Denied) return 'unknown';
    if (isPassing(answerOf(error).status))
      throw asS3Failure(error, this.probed.description, 'find out what the store does');
    return 'unknown';
  }

  private async conditionalPut(): Promise<Found> {
    const Key = this.key('condition');
    const write = (): Promise<RawAnswer> => this.put(Key, WHOLE, { 'if-none-match': '*' });
    const first = await write();
    if (!succeeded(first)) return 'no';
    if (refusesAsThere(await write()) !== true) return 'no';
    const race = this.key('race');
    const answers = await Promise.all(
      Array.from({ length: WRITERS }, () => this.put(race, WHOLE, { 'if-none-match': '*' })),
    );
    return answers.filter(succeeded).length === 1 ? 'yes' : 'no';
  }

  private async conditionalCompletion(): Promise<Found> {
    const Key = this.key('completion');
    if (!succeeded(await this.put(Key, WHOLE))) return 'unknown';
    const upload = await this.start(Key);
    const { etag } = await this.part(upload, 1, OTHER);
    if (etag === undefined) return 'unknown';
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: etag }] };
    const complete = new CompleteMultipartUploadCommand({ ...this.of(upload), MultipartUpload, IfNoneMatch: '*' });
    try {
      await this.send(complete);
      return 'no';
    } catch (error) {
      const { status } = answerOf(error);
      if (status === 412 || status === 409) return 'yes';
      if (status === 400 || status === 501) return 'no';
      throw error;
    }
  }

  private async comparesDigest(header: string, algorithm: 'sha256' | 'md5'): Promise<Found> {
    const digest = (content: Buffer): string => createHash(algorithm).update(content).digest('base64');
    const right = await this.put(this.key(`${algorithm}-right`), WHOLE, { [header]: digest(WHOLE) });
    if (!succeeded(right)) return 'no';
    const wrong = this.key(`${algorithm}-wrong`);
    const answer = await this.put(wrong, WHOLE, { [header]: digest(OTHER) });
    return succeeded(answer) || (await this.stands(wrong)) ? 'no' : 'yes';
  }

  private async dropsCutBodies(): Promise<Found> {
    const Key = this.key('cut');
    const request = await sign(this.probed.client, new PutObjectCommand({ Bucket: this.probed.bucket, Key }));
    // Whether it may write at all is known from the steps before.
    if (!succeeded(await this.put(this.key('uncut'), WHOLE))) return 'unknown';
    await sendCut(request, Buffer.alloc(SENT, 'x'), ANNOUNCED, AbortSignal.timeout(PATIENCE));
    return (await this.stands(Key)) ? 'no' : 'yes';
  }

  private async dropsCutParts(): Promise<Found> {
    const upload = await this.start(this.key('cut-parts'));
    if (!succeeded(await this.part(upload, 1, WHOLE))) return 'unknown';
    for (const PartNumber of [1, 2]) {
      const request = await sign(this.probed.client, new UploadPartCommand({ ...this.of(upload), PartNumber }));
      await sendCut(request, Buffer.alloc(SENT, 'x'), ANNOUNCED, AbortSignal.timeout(PATIENCE));
    }
    const { Parts = [] } = await this.send(new ListPartsCommand(this.of(upload)));
    if (Parts.length !== 1 || Parts[0]?.Size !== WHOLE.length) return 'no';
    // What is listed may be there no more: only what completes to its bytes was kept.
    const parts = Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    if (!(await this.completes(upload, parts))) return 'no';
    const { body } = await this.get(upload.Key);
    return body.equals(WHOLE) ? 'yes' : 'no';
  }

  private async ranges(): Promise<Found> {
    const Key = this.key('range');
    if (!succeeded(await this.put(Key, WHOLE))) return 'unknown';
    // Not by the status: there are stores that answer a range with 200.
    const { body } = await this.get(Key, { range: 'bytes=5-9' });
    return body.equals(WHOLE.subarray(5, 10)) ? 'yes' : 'no';
  }

  private async presignedAddresses(): Promise<Found> {
    const upload = await this.start(this.key('address'));
    const { client, bucket } = this.probed;
    const put = new UploadPartCommand({ ...this.of(upload), PartNumber: 1, ContentLength: WHOLE.length });
    const written = await this.raw(atAddress('PUT', await presign(client, put, PATIENCE / 1000)), WHOLE);
    if (!succeeded(written)) return 'no';
    const Key = this.key('address-read');
    if (!succeeded(await this.put(Key, WHOLE))) return 'unknown';
    const get = await presign(client, new GetObjectCommand({ Bucket: bucket, Key }), PATIENCE / 1000);
    const { status, body } = await this.raw(atAddress('GET', get));
    return status === 200 && body.equals(WHOLE) ? 'yes' : 'no';
  }

  private async multipartListing(): Promise<Found> {
    const upload = await this.start(this.key('listing'));
    if (!succeeded(await this.part(upload, 1, WHOLE))) return 'unknown';
    const { Parts = [] } = await this.send(new ListPartsCommand(this.of(upload)));
    const [part] = Parts;
    const md5 = createHash('md5').update(WHOLE).digest('hex');
    const right = Parts.length === 1 && part?.PartNumber === 1 && part.Size === WHOLE.length;
    return right && part.ETag?.replaceAll('"', '').toLowerCase() === md5 ? 'yes' : 'no';
  }

  private async multipartDigests(): Promise<Found> {
    const digest = createHash('sha256').update(WHOLE).digest('base64');
    const upload = await this.start(this.key('upload-digests'), { ChecksumAlgorithm: 'SHA256' });
    const request = await sign(this.probed.client, new UploadPartCommand({ ...this.of(upload), PartNumber: 1 }), {
      'x-amz-checksum-sha256': digest,
    });
    if (!succeeded(await this.raw(request, WHOLE))) return 'no';
    const { Parts = [] } = await this.send(new ListPartsCommand(this.of(upload)));
    const parts = Parts.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({ PartNumber, ETag, ChecksumSHA256 }));
    return (await this.completes(upload, parts)) ? 'yes' : 'no';
  }

  /** @returns false where the store refuses to, for whatever reason but a right that is missing */
  private async completes(upload: StartedUpload, Parts: CompletedPart[]): Promise<boolean> {
    try {
      await this.send(new CompleteMultipartUploadCommand({ ...this.of(upload), MultipartUpload: { Parts } }));
      return true;
    } catch (error) {
      const { status = 500 } = answerOf(error);
      if (status < 500 && !isPassing(status) && !(error instanceof Denied)) return false;
      throw error;
    }
  }

  private key(name: string): string {
    const key = `${this.folder}${name}`;
    this.keys.add(key);
    return key;
  }

  private async put(Key: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const command = new PutObjectCommand({ Bucket: this.probed.bucket, Key, ContentType: 'text/plain' });
    return this.raw(await sign(this.probed.client, command, headers), body);
  }

  private async get(Key: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
    const command = new GetObjectCommand({ Bucket: this.probed.bucket, Key });
    return this.raw(await sign(this.probed.client, command, headers));
  }

  private async start(Key: string, more: { readonly ChecksumAlgorithm?: 'SHA256' } = {}): Promise<StartedUpload> {
    const { bucket: Bucket } = this.probed;
    const { UploadId } = await this.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
    const upload = { Key, UploadId: UploadId ?? '' };
    this.uploads.push(upload);
    return upload;
  }

  private async part(upload: StartedUpload, PartNumber: number, body: Buffer): Promise<RawAnswer> {
    return this.raw(await sign(this.probed.client, new UploadPartCommand({ ...this.of(upload), PartNumber })), body);
  }

  private of(upload: StartedUpload) {
    return { Bucket: this.probed.bucket, ...upload };
  }

  private async stands(Key: string): Promise<boolean> {
    try {
      await this.send(new HeadObjectCommand({ Bucket: this.probed.bucket, Key }));
      return true;
    } catch (error) {
      if (answerOf(error).status === 404) return false;
      throw error;
    }
  }

  private send: S3Client['send'] = async (command: never) => {
    try {
      return await this.probed.client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE) });
    } catch (error) {
      if (isDenial(answerOf(error).status)) throw new Denied();
      throw error;
    }
  };

  /** @throws Denied; and, for what may pass, an error with its status */
  private async raw(request: Parameters<typeof sendWhole>[0], body: Buffer = Buffer.alloc(0)): Promise<RawAnswer> {
    const answer = await sendWhole(request, body, AbortSignal.timeout(PATIENCE));
    if (isDenial(answer.status)) throw new Denied();
    if (isPassing(answer.status)) {
      const name = answer.code ?? 'InternalError';
      throw Object.assign(new Error(name), { name, $metadata: { httpStatusCode: answer.status } });
    }
    return answer;
  }

  /** What cannot be removed stays: it is small, and says in its key whose it is. */
  private async cleanUp(): Promise<void> {
    const { client, bucket } = this.probed;
    const within = { abortSignal: AbortSignal.timeout(PATIENCE) };
    for (const upload of this.uploads) {
      await client.send(new AbortMultipartUploadCommand(this.of(upload)), within).catch(() => undefined);
    }
    for (const Key of this.keys) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), within).catch(() => undefined);
    }
  }
}

class Denied extends Error {}

function isDenial(status: number | undefined): boolean {
  return status === 401 || status === 403;
}

function succeeded({ status }: RawAnswer): boolean {
  return status >= 200 && status < 300;
}

/** 412, or 409 of a store that saw the other write at the same time. */
function refusesAsThere({ status }: RawAnswer): boolean {
  return status === 412 || status === 409;
}
