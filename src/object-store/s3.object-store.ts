import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { ExactBody } from './exact-body.js';
import {
  ObjectStore,
  ObjectStoreError,
  type AddressOptions,
  type ByteRange,
  type PutOptions,
  type StoredObject,
} from './object-store.js';
import { s3Client } from './s3-client.js';
import { S3StoreFindings } from './probe/s3.store-findings.js';
import { checkKey, checkRange } from './request-checks.js';
import { answerOf, asS3Failure, lacksObject } from './s3-failures.js';
import { presign } from './s3-presign.js';
import { S3Uploads } from './s3.uploads.js';
import { S3Writes } from './s3.writes.js';
import { KnownStore } from './store-capabilities.js';

export interface S3ObjectStoreOptions {
  /** `http://` or `https://` address of the store. */
  readonly endpoint: string;
  /**
   * Both undefined: the SDK's default chain (web identity, EKS Pod Identity, a container's or an instance's role), which
   * renews what it finds.
   */
  readonly key?: string;
  readonly secret?: string;
  /** Of a key that is good for a while. */
  readonly sessionToken?: string;
  readonly bucket: string;
  /** Where the bucket stands in addresses; default `path`. */
  readonly addressing?: 'path' | 'virtual-host';
  /** `http://` or `https://` address at which clients of the API reach the same store; undefined: they do not. */
  readonly publicEndpoint?: string;
  /** Default `us-east-1`, which stores outside AWS take as well. */
  readonly region?: string;
  /** Milliseconds. */
  readonly timeouts?: Partial<S3Timeouts>;
  /** Connections open at a time, default 50; further calls wait for one. */
  readonly maximumSockets?: number;
  /** What is found out about the store while it is in use. */
  readonly known?: KnownStore;
}

/** All in milliseconds. */
export interface S3Timeouts {
  /** Until a connection is made; default 5,000. */
  readonly connect: number;
  /** Without any byte sent or received, a body that its reader does not take included; default 60,000. */
  readonly idle: number;
  /** For a call without body as a whole, with its retries; default 30,000. */
  readonly call: number;
  /** For {@link S3ObjectStore.check}; default 5,000. */
  readonly check: number;
}

const defaultTimeouts: S3Timeouts = { connect: 5_000, idle: 60_000, call: 30_000, check: 5_000 };
/** Of the health check and of what finds out what the store does: they ask one after another. */
const SOCKETS_OF_CHECKS = 8;

/**
 * A bucket of an S3 store. Calls are tried three times where the SDK's standard strategy takes the failure for transient.
 *
 * Objects are streamed with a known length, their digest in a header, and an unsigned payload (`x-amz-content-sha256:
 * UNSIGNED-PAYLOAD`, signed headers), over http as
 * over https. The SDK itself adds checksums only where S3 requires them: several stores in use refuse its newer defaults,
 * which come behind the body.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export class S3ObjectStore extends ObjectStore {
  readonly description: string;
  override readonly uploads: S3Uploads;
  readonly #client: S3Client;
  /** With connections of its own: whether the store is there must not depend on how busy the others are. Made by who checks first. */
  #checks: S3Client | undefined;
  /** Signs addresses for clients; undefined: they cannot reach the store. */
  readonly #addresses: S3Client | undefined;
  readonly #connections: Parameters<typeof s3Client>[0];
  readonly #bucket: string;
  readonly #timeouts: S3Timeouts;
  readonly #writes: S3Writes;

  /** @throws ObjectStoreError (`not-configured`) when the endpoint is no http(s) address */
  constructor(options: S3ObjectStoreOptions) {
    super();
    const endpoint = parseEndpoint(options.endpoint);
    this.description = `bucket ${options.bucket} at ${endpoint}`;
    this.#bucket = options.bucket;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#connections = { ...options, endpoint, timeouts: this.#timeouts };
    this.#client = s3Client(this.#connections, options.maximumSockets ?? 50);
    this.#addresses =
      options.publicEndpoint === undefined
        ? undefined
        : s3Client({ ...this.#connections, endpoint: parseEndpoint(options.publicEndpoint) }, 1);
    const { known = new KnownStore() } = options;
    this.#writes = new S3Writes(this.#client, this.#bucket, this.description, known);
    const { call } = this.#timeouts;
    this.uploads = new S3Uploads(this.#client, this.#bucket, this.description, call, this.#writes, known);
  }

  override async create(key: string, body: () => Readable, options: PutOptions): Promise<'created' | 'exists'> {
    checkKey(key);
    return this.#writes.create(key, body, options, (mayBeUnknown) => this.#stands(key, mayBeUnknown));
  }

  override async replace(
    found: StoredObject,
    body: () => Readable,
    options: PutOptions,
  ): Promise<'replaced' | 'changed'> {
    return this.#writes.replace(found, body, options);
  }

  /** A missing bucket looks like a missing object here: S3 answers HEAD without an error code. {@link check} tells them apart. */
  override async head(key: string): Promise<StoredObject | undefined> {
    checkKey(key);
    try {
      return await this.#head(key);
    } catch (error) {
      throw this.#failure(error, `look up ${key}`);
    }
  }

  override async read(key: string, range?: ByteRange): Promise<{ object: StoredObject; body: Readable } | undefined> {
    checkKey(key);
    checkRange(range);
    try {
      const output = await this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        }),
      );
      const { ContentLength: length, Body: body } = output;
      if (!(body instanceof Readable) || length === undefined) {
        throw new ObjectStoreError('failed', `${this.description}: ${key} came without a body or its length`, true);
      }
      const size = output.ContentRange === undefined ? length : totalOf(output.ContentRange);
      const object = storedObject(key, { ...output, ContentLength: size });
      return {
        object,
        body: ExactBody.of(
          () => body,
          length,
          (cause) => this.#failure(cause, `read ${key} to its end`),
        ),
      };
    } catch (error) {
      if (answerOf(error).status === 416) return this.#nothingOf(key);
      if (lacksObject(error)) return undefined;
      throw this.#failure(error, `read ${key}`);
    }
  }

  override async remove(key: string): Promise<void> {
    checkKey(key);
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }), this.#within('call'));
    } catch (error) {
      if (lacksObject(error)) return;
      throw this.#failure(error, `remove ${key}`);
    }
  }

  /** Presigned. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ShareObjectPreSignedURL.html */
  override async address(key: string, { seconds, contentType, fileName, forClients }: AddressOptions): Promise<string> {
    checkKey(key);
    // The store sets none of this server's headers, by which a browser would be kept from running what a job wrote.
    const isDownload = forClients === true && this.#addresses !== undefined;
    const disposition = fileName === undefined ? (isDownload ? 'attachment' : undefined) : attachment(fileName);
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ResponseContentType: contentType,
      ResponseContentDisposition: disposition,
    });
    try {
      return await presign(this.#client, command, seconds, isDownload ? this.#addresses : undefined);
    } catch (error) {
      throw this.#failure(error, `sign an address of ${key}`);
    }
  }

  override get servesClients(): boolean {
    return this.#addresses !== undefined;
  }

  override apart(connections: number): S3ObjectStore {
    return new S3ObjectStore({ ...this.#connections, maximumSockets: connections });
  }

  override findings(prefix: string): S3StoreFindings {
    return new S3StoreFindings(
      { client: this.#checking(), bucket: this.#bucket, description: this.description },
      prefix,
    );
  }

  override async check(): Promise<void> {
    try {
      await this.#checking().send(new HeadBucketCommand({ Bucket: this.#bucket }), this.#within('check'));
    } catch (error) {
      if (answerOf(error).status === 404) {
        // HEAD is answered without an error code.
        const message = `${this.description}: there is no such bucket, or the store does not know the access key (HTTP 404)`;
        throw new ObjectStoreError('no-such-bucket', message, true);
      }
      throw this.#failure(error, 'use the bucket');
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const client of [this.#client, this.#checks, this.#addresses]) client?.destroy();
  }

  #checking(): S3Client {
    return (this.#checks ??= s3Client(this.#connections, SOCKETS_OF_CHECKS));
  }

  async #head(key: string): Promise<StoredObject | undefined> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.#bucket, Key: key });
      return storedObject(key, await this.#client.send(command, this.#within('call')));
    } catch (error) {
      if (answerOf(error).status === 404) return undefined;
      throw error;
    }
  }

  /** @param mayBeUnknown credentials that may only write are told 403 about a missing object: then the condition has to do */
  async #stands(key: string, mayBeUnknown: boolean): Promise<boolean> {
    try {
      return (await this.#head(key)) !== undefined;
    } catch (error) {
      const failure = this.#failure(error, `look up ${key}`);
      if (mayBeUnknown && failure.failure === 'denied') return false;
      throw failure;
    }
  }

  /** What a range beyond the object's end gives. */
  async #nothingOf(key: string): Promise<{ object: StoredObject; body: Readable } | undefined> {
    const object = await this.head(key);
    return object && { object, body: Readable.from([]) };
  }

  #within(timeout: 'call' | 'check'): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#timeouts[timeout]) };
  }

  #failure(error: unknown, action: string): ObjectStoreError {
    return asS3Failure(error, this.description, action);
  }
}

function parseEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ObjectStoreError('not-configured', 'the endpoint of the object store must be an http(s) address', false);
  }
  // Without user info, query or fragment, which have no place in it and may be secret.
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** RFC 6266. */
function attachment(fileName: string): string {
  return `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}

function totalOf(contentRange: string): number {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(contentRange)?.[1];
  if (total === undefined) {
    throw new ObjectStoreError(
      'failed',
      `the store answered with the content range ${JSON.stringify(contentRange)}`,
      true,
    );
  }
  return Number(total);
}

function storedObject(
  key: string,
  output: { ContentLength?: number; ContentType?: string; ETag?: string; Metadata?: Record<string, string> },
): StoredObject {
  return {
    key,
    size: output.ContentLength ?? 0,
    contentType: output.ContentType ?? 'application/octet-stream',
    metadata: Object.fromEntries(
      Object.entries(output.Metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    ...(output.ETag === undefined ? {} : { etag: output.ETag }),
  };
}
