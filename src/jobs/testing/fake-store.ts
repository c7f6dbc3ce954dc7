import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ObjectStore, PutOptions } from '../../object-store/object-store.js';

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
    head: (key: string) => {
      const object = this.objects.get(key);
      const found = object && {
        key,
        size: object.bytes.length,
        contentType: object.options.contentType,
        metadata: object.options.metadata ?? {},
      };
      return Promise.resolve(found);
    },
    remove: (key: string) => {
      if (this.failure) return Promise.reject(this.failure);
      this.objects.delete(key);
      return Promise.resolve();
    },
    read: (key: string) => {
      const object = this.objects.get(key);
      return Promise.resolve(object && { body: Readable.from([object.bytes], { objectMode: false }) });
    },
  } as unknown as ObjectStore;

  text(key: string): string | undefined {
    return this.objects.get(key)?.bytes.toString('utf8');
  }
}
