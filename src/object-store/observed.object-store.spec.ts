import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { Observer, type StoreOperation } from '../observation/observer.js';
import { type ObjectStore, ObjectStoreError } from './object-store.js';
import { ObservedObjectStore } from './observed.object-store.js';

class Notes extends Observer {
  readonly operations: (readonly [string, string | undefined])[] = [];
  override storeOperation({ operation, failure, seconds }: StoreOperation): void {
    expect(seconds).toBeGreaterThanOrEqual(0);
    this.operations.push([operation, failure]);
  }
}

function storeWith(answer: () => Promise<unknown>, destination: object = { address: 'https://store/part' }) {
  const calls: unknown[][] = [];
  const method =
    (name: string) =>
    (...args: unknown[]) => (calls.push([name, ...args]), answer());
  const port = {
    description: 'a store',
    ...Object.fromEntries(['create', 'head', 'read', 'remove', 'check', 'address'].map((name) => [name, method(name)])),
    uploads: {
      ...Object.fromEntries(['start', 'parts', 'complete', 'abort'].map((name) => [name, method(name)])),
      destination: async () => destination,
    },
  } as unknown as ObjectStore;
  const notes = new Notes();
  return { store: new ObservedObjectStore(port, notes), notes, calls };
}

const upload = { key: 'k', id: 'u' };
const body = () => Readable.from([]);

describe('an observed object store', () => {
  it('is the store, and tells of each call', async () => {
    const { store, notes, calls } = storeWith(async () => 'answer');
    expect(store.description).toBe('a store');
    const options = { contentType: 'text/plain', size: 0 };
    const answers = [
      await store.create('k', body, options),
      await store.head('k'),
      await store.read('k', { start: 0, end: 1 }),
      await store.remove('k'),
      await store.check(),
      await store.uploads?.start('k', { contentType: 'text/plain' }),
      await store.uploads?.parts(upload),
      await store.uploads?.complete(upload, []),
      await store.uploads?.abort(upload),
    ];
    expect(new Set(answers)).toEqual(new Set(['answer']));
    expect(calls).toEqual([
      ['create', 'k', body, options],
      ['head', 'k'],
      ['read', 'k', { start: 0, end: 1 }],
      ['remove', 'k'],
      ['check'],
      ['start', 'k', { contentType: 'text/plain' }],
      ['parts', upload],
      ['complete', upload, []],
      ['abort', upload],
    ]);
    expect(notes.operations.map(([operation]) => operation)).toEqual([
      'create',
      'head',
      'read',
      'remove',
      'check',
      'upload-start',
      'upload-parts',
      'upload-complete',
      'upload-abort',
    ]);
    expect(new Set(notes.operations.map(([, failure]) => failure))).toEqual(new Set([undefined]));
  });

  it('tells the kind of failure, and fails the same', async () => {
    const denied = new ObjectStoreError('denied', 'no', true);
    const { store, notes } = storeWith(() => Promise.reject(denied));
    await expect(store.head('k')).rejects.toBe(denied);
    const unforeseen = storeWith(() => Promise.reject(new Error('unforeseen')));
    await expect(unforeseen.store.check()).rejects.toThrow('unforeseen');
    expect([...notes.operations, ...unforeseen.notes.operations]).toEqual([
      ['head', 'denied'],
      ['check', 'failed'],
    ]);
  });

  it('tells of a part when it passes through, not of an address, for which the store is not asked', async () => {
    const direct = storeWith(async () => 'https://store/object');
    expect(await direct.store.address('k', { seconds: 1 })).toBe('https://store/object');
    expect(await direct.store.uploads?.destination(upload, 1, 5, 60)).toEqual({ address: 'https://store/part' });
    expect(direct.notes.operations).toEqual([]);
    const through = storeWith(async () => undefined, { write: async () => 'written' });
    const destination = await through.store.uploads?.destination(upload, 1, 5, 60);
    expect(through.notes.operations).toEqual([]);
    expect(destination && 'write' in destination && (await destination.write(body()))).toBe('written');
    expect(through.notes.operations).toEqual([['upload-part', undefined]]);
  });
});
