import type { Observer } from '../observation/observer.js';
import { ObjectStore, ObjectStoreError, type AddressOptions, type ByteRange } from './object-store.js';
import { type PartDestination, type Upload, type UploadedPart, type UploadOptions, UploadStore } from './uploads.js';

/** A store whose calls are told to an observer. Reading counts until the first byte can be had, writing to its end. */
export class ObservedObjectStore extends ObjectStore {
  override readonly description: string;
  override readonly uploads: UploadStore | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly observer: Observer,
  ) {
    super();
    this.description = store.description;
    this.uploads = store.uploads && new ObservedUploads(store.uploads, observer);
  }

  override create(...args: Parameters<ObjectStore['create']>): Promise<'created' | 'exists'> {
    return observed(this.observer, 'create', () => this.store.create(...args));
  }

  override replace(...args: Parameters<ObjectStore['replace']>): Promise<'replaced' | 'changed'> {
    return observed(this.observer, 'replace', () => this.store.replace(...args));
  }

  override head(key: string): ReturnType<ObjectStore['head']> {
    return observed(this.observer, 'head', () => this.store.head(key));
  }

  override read(key: string, range?: ByteRange): ReturnType<ObjectStore['read']> {
    return observed(this.observer, 'read', () => this.store.read(key, range));
  }

  override remove(key: string): Promise<void> {
    return observed(this.observer, 'remove', () => this.store.remove(key));
  }

  /** Asks the store nothing. */
  override address(key: string, options: AddressOptions): Promise<string | undefined> {
    return this.store.address(key, options);
  }

  override get servesClients(): boolean {
    return this.store.servesClients;
  }

  override check(): Promise<void> {
    return observed(this.observer, 'check', () => this.store.check());
  }
}

class ObservedUploads extends UploadStore {
  constructor(
    private readonly store: UploadStore,
    private readonly observer: Observer,
  ) {
    super();
  }

  override start(key: string, options: UploadOptions): Promise<string> {
    return observed(this.observer, 'upload-start', () => this.store.start(key, options));
  }

  /** Asks the store nothing where parts have addresses; a part that passes through this server counts when it is written. */
  override async destination(...args: Parameters<UploadStore['destination']>): Promise<PartDestination> {
    const destination = await this.store.destination(...args);
    if ('address' in destination) return destination;
    return { write: (body) => observed(this.observer, 'upload-part', () => destination.write(body)) };
  }

  override write(...args: Parameters<UploadStore['write']>): Promise<'written' | 'no-such-upload'> {
    return observed(this.observer, 'upload-part', () => this.store.write(...args));
  }

  override parts(upload: Upload): Promise<readonly UploadedPart[] | undefined> {
    return observed(this.observer, 'upload-parts', () => this.store.parts(upload));
  }

  override complete(upload: Upload, parts: readonly UploadedPart[]): Promise<'created' | 'exists'> {
    return observed(this.observer, 'upload-complete', () => this.store.complete(upload, parts));
  }

  override abort(upload: Upload): Promise<void> {
    return observed(this.observer, 'upload-abort', () => this.store.abort(upload));
  }
}

async function observed<T>(observer: Observer, operation: string, call: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const tell = (failure: string | undefined): void =>
    observer.storeOperation({ operation, failure, seconds: (performance.now() - began) / 1000 });
  try {
    const value = await call();
    tell(undefined);
    return value;
  } catch (error) {
    tell(error instanceof ObjectStoreError ? error.failure : 'failed');
    throw error;
  }
}
