import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ByteRange, ObjectStore, PutOptions, StoredObject } from '../../object-store/object-store.js';

/** An object store in memory that can be made to fail. */
export class FakeStore {
  readonly objects = new Map<string, { bytes: Buffer; options: PutOptions }>();
  failure: Error | undefined;
  /** Called when an object is about to be made. */
  onCreate: (key: string) => void = () => undefined;

  readonly port = {
    description: 'fake',
    create: async (key: string, body: () => Readable, options: PutOptions) => {
      if (this.failure) throw this.failure;
      this.onCreate(key);
      if (this.objects.has(key)) return 'exists';
      this.objects.set(key, { bytes: await buffer(body()), options });
      return 'created';
    },
    replace: async ({ key }: StoredObject, body: () => Readable, options: PutOptions) => {
      this.objects.set(key, { bytes: await buffer(body()), options });
      return 'replaced';
    },
    head: (key: string) => Promise.resolve(this.find(key)),
    remove: (key: string) => {
      if (this.failure) return Promise.reject(this.failure);
      this.objects.delete(key);
      return Promise.resolve();
    },
    read: (key: string, range?: ByteRange) => {
      const [object, found] = [this.objects.get(key), this.find(key)];
      const bytes = range ? object?.bytes.subarray(range.start, range.end + 1) : object?.bytes;
      return Promise.resolve(bytes && { object: found, body: Readable.from([bytes], { objectMode: false }) });
    },
  } as unknown as ObjectStore;

  /** Leaves of an object what comes before that many bytes, as a store does that publishes bodies that were cut. */
  cut(key: string, size: number): void {
    const object = this.objects.get(key);
    if (!object) throw new Error(`there is no ${key}`);
    this.objects.set(key, { ...object, bytes: object.bytes.subarray(0, size) });
  }

  private find(key: string): StoredObject | undefined {
    const object = this.objects.get(key);
    return (
      object && {
        key,
        size: object.bytes.length,
        contentType: object.options.contentType,
        metadata: object.options.metadata ?? {},
      }
    );
  }

  text(key: string): string | undefined {
    return this.objects.get(key)?.bytes.toString('utf8');
  }
}
