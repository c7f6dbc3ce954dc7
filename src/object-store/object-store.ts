import type { Readable } from 'node:stream';
import type { StoreFindings } from './store-findings.js';
import type { UploadStore } from './uploads.js';

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** User metadata, keys in lower case; values are ASCII. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The store's name of these bytes, by which {@link ObjectStore.replace} knows them; where it is that of an upload in parts, `"…-N"`. */
  readonly etag?: string;
}

export interface PutOptions {
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes; the stream gives exactly so many. */
  readonly size: number;
  /** SHA-256 of these bytes, 64 hexadecimal digits; absent: an adapter that needs it reads the body once before. */
  readonly sha256?: string;
}

/** Reading a part of an object: first and last byte, both inclusive, as HTTP ranges have it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** How an object is given to whoever has its address. */
export interface AddressOptions {
  /** For which the address is good. */
  readonly seconds: number;
  /** Instead of the object's own. */
  readonly contentType?: string;
  /** The name under which browsers save it. */
  readonly fileName?: string;
  /** Whether clients of the API shall reach it, where they can ({@link ObjectStore.servesClients}); browsers save what is there. */
  readonly forClients?: boolean;
}

/**
 * Where logs and large results are kept. Keys are relative to the configured prefix's bucket: the caller gives the whole key.
 *
 * All methods reject with {@link ObjectStoreError}; `retryable` says whether the same call may succeed later.
 */
export abstract class ObjectStore {
  /** For people, without secrets: `bucket logs at https://…` or `folder /var/…`. */
  abstract readonly description: string;
  /**
   * Writes a new object, never overwriting one (S3: `If-None-Match: *`).
   * @param body called once per attempt, so that a retry reads from the start
   * @returns `created`, or `exists` when an object stands there already (nothing was written)
   */
  abstract create(key: string, body: () => Readable, options: PutOptions): Promise<'created' | 'exists'>;
  /**
   * Writes in the place of an object that is known to be wrong, and of no other: where the store can, only while what stands
   * there is still `found`.
   * @returns `changed` where it is not any more (nothing was written)
   */
  abstract replace(found: StoredObject, body: () => Readable, options: PutOptions): Promise<'replaced' | 'changed'>;
  /** The object's properties, or undefined when there is none. */
  abstract head(key: string): Promise<StoredObject | undefined>;
  /** The object and its bytes, or undefined when there is none. */
  abstract read(key: string, range?: ByteRange): Promise<{ object: StoredObject; body: Readable } | undefined>;
  /** Removes the object; nothing happens when there is none. */
  abstract remove(key: string): Promise<void>;
  /** Objects that others than this server write; undefined where there is no store. */
  readonly uploads: UploadStore | undefined = undefined;
  /** An address of the store itself at which everybody can read the object, or undefined where it has none; the object is not looked for. */
  address(_key: string, _options: AddressOptions): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }
  /** Whether clients of the API reach the store itself. */
  get servesClients(): boolean {
    return false;
  }
  /**
   * The same store with connections of its own, so that whoever holds those does not keep others from the store.
   * @param _connections open at a time; further calls wait for one
   */
  apart(_connections: number): ObjectStore {
    return this;
  }
  /**
   * What can be found out about the store by trying it, under the prefix; undefined where its promises are this server's own.
   * @param prefix ends with `/`
   */
  findings(_prefix: string): StoreFindings | undefined {
    return undefined;
  }
  /** Resolves when the store can be reached and used with the configured credentials; for readiness. */
  abstract check(): Promise<void>;
}

/** The store as clients of the API read from it, each at its own pace: what ended jobs leave is not kept waiting by them. */
export abstract class ReadersStore extends ObjectStore {}

/** The store as pods read from it and write to it while they run, for the same reason. */
export abstract class PodsStore extends ObjectStore {}

export type ObjectStoreFailure = 'not-configured' | 'unreachable' | 'denied' | 'no-such-bucket' | 'full' | 'failed';

export class ObjectStoreError extends Error {
  constructor(
    readonly failure: ObjectStoreFailure,
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ObjectStoreError';
  }
}

/** Whether something failed because no store is configured. */
export function lacksStore(error: unknown): error is ObjectStoreError {
  return error instanceof ObjectStoreError && error.failure === 'not-configured';
}
