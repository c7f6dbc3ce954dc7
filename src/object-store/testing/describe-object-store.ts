import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ObjectStoreError, type ObjectStore, type ObjectStoreFailure, type StoredObject } from '../object-store.js';

export interface ObjectStoreUnderTest {
  readonly store: ObjectStore;
  /** A second client of the same store, as another replica has it. */
  readonly other: ObjectStore;
  /** Removes everything. */
  readonly dispose: () => Promise<void>;
}

const mebibyte = 1_024 * 1_024;

/** What every adapter promises. */
export function describeObjectStore(name: string, factory: () => Promise<ObjectStoreUnderTest>): void {
  describe(`${name} as an object store`, () => {
    let tested: ObjectStoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      tested = await factory();
      ({ store } = tested);
    });
    afterAll(() => tested.dispose());

    const put = (key: string, content: string, metadata?: Record<string, string>): Promise<'created' | 'exists'> =>
      store.create(key, bodyOf(content), { contentType: 'text/plain', size: Buffer.byteLength(content), metadata });

    it('keeps bytes, content type, size and metadata', async () => {
      const key = `logs/${randomUUID()}-logs.txt`;
      const content = 'line one\nLäne zwö 東京\n';
      const options = { contentType: 'text/plain; charset=utf-8', size: Buffer.byteLength(content) };
      const metadata = { 'Pod-UID': 'abc', note: ' Grüße 100 % ' };
      await expect(store.create(key, bodyOf(content), { ...options, metadata })).resolves.toBe('created');
      const object: StoredObject = {
        etag: expect.any(String) as unknown as string,
        key,
        ...options,
        metadata: { 'pod-uid': 'abc', note: '%20Gr%C3%BC%C3%9Fe 100 %%20' },
      };
      await expect(store.head(key)).resolves.toEqual(object);
      await expect(readAll(store, key)).resolves.toEqual({ object, text: content });
    });

    it('never overwrites', async () => {
      const key = `never/${randomUUID()}`;
      await expect(put(key, 'first', { by: 'one' })).resolves.toBe('created');
      await expect(put(key, 'the second', { by: 'two' })).resolves.toBe('exists');
      await expect(readAll(store, key)).resolves.toMatchObject({ object: { metadata: { by: 'one' } }, text: 'first' });
    });

    it('replaces an object that is known to be wrong, and no other', async () => {
      const key = `replaced/${randomUUID()}`;
      await put(key, 'wro');
      const wrong = (await store.head(key)) as StoredObject;
      const replace = (content: string, by: string) =>
        store.replace(wrong, bodyOf(content), {
          contentType: 'text/plain',
          size: Buffer.byteLength(content),
          metadata: { by },
        });
      await expect(replace('right', 'one')).resolves.toBe('replaced');
      await expect(replace('other', 'two')).resolves.toBe('changed');
      await expect(readAll(store, key)).resolves.toMatchObject({
        object: { size: 5, metadata: { by: 'one' } },
        text: 'right',
      });
      await store.remove(key);
      await expect(replace('again', 'three')).resolves.toBe('changed');
      await expect(store.head(key)).resolves.toBeUndefined();
    });

    it('lets exactly one of many writers at a time create an object, whole', async () => {
      const key = `race/${randomUUID()}`;
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? store : tested.other).create(key, bodyOf(`writer ${index}`.padEnd(20)), {
            contentType: 'text/plain',
            size: 20,
            metadata: { writer: `${index}` },
          }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const { object, text } = await readAll(tested.other, key);
      expect(text.trim()).toBe(`writer ${object?.metadata['writer']}`);
      expect(outcomes[Number(object?.metadata['writer'])]).toBe('created');
    });

    it.each([0, 1, 5 * mebibyte, 64 * mebibyte])('streams %d bytes, byte-exact', async (size) => {
      const key = `sizes/${randomUUID()}`;
      const block = randomBytes(mebibyte);
      let opened = 0;
      const body = (): Readable => {
        opened += 1;
        return Readable.from(blocks(block, size));
      };
      const expected = createHash('sha256');
      for (const part of blocks(block, size)) expected.update(part);
      const sha256 = expected.copy().digest('hex');
      const options = { contentType: 'application/octet-stream', size, sha256 };
      await expect(store.create(key, body, options)).resolves.toBe('created');
      expect(opened).toBe(1);
      const actual = createHash('sha256');
      const found = await store.read(key);
      for await (const part of found?.body ?? []) actual.update(part as Buffer);
      expect(found?.object.size).toBe(size);
      expect(actual.digest('hex')).toBe(expected.digest('hex'));
      await store.remove(key);
    });

    it.each([
      [{ start: 0, end: 0 }, '0'],
      [{ start: 3, end: 5 }, '345'],
      [{ start: 8, end: 100 }, '89'],
      [{ start: 10, end: 12 }, ''],
    ])('reads the bytes of the range %j and tells the whole size', async (range, text) => {
      const key = `range/${randomUUID()}`;
      await put(key, '0123456789');
      await expect(readAll(store, key, range)).resolves.toMatchObject({ object: { size: 10 }, text });
    });

    it.each([
      { start: -1, end: 2 },
      { start: 3, end: 2 },
      { start: 0.5, end: 2 },
    ])('refuses the range %j', async (range) => {
      await expectFailure(store.read('any', range), 'failed', false);
    });

    it('knows nothing of an object that is not there', async () => {
      const key = `missing/${randomUUID()}`;
      await expect(store.head(key)).resolves.toBeUndefined();
      await expect(store.read(key)).resolves.toBeUndefined();
      await expect(store.read(key, { start: 0, end: 1 })).resolves.toBeUndefined();
      await expect(store.remove(key)).resolves.toBeUndefined();
    });

    it('removes an object, after which it can be created again', async () => {
      const key = `removed/${randomUUID()}`;
      await put(key, 'first');
      await store.remove(key);
      await expect(store.head(key)).resolves.toBeUndefined();
      await expect(put(key, 'second')).resolves.toBe('created');
      await expect(readAll(store, key)).resolves.toMatchObject({ text: 'second' });
    });

    it('keeps objects apart whose keys are long or differ in odd characters', async () => {
      const base = randomUUID();
      const long = `/${'l'.repeat(200)}`.repeat(4);
      const keys = ['/a', '/b/c', '/a b', '/a+b', '/a%20b', '/ä', '/a~b', "/a'(*)!", `${long}1`, `${long}2`].map(
        (suffix) => base + suffix,
      );
      for (const key of keys) await expect(put(key, key)).resolves.toBe('created');
      for (const key of keys) await expect(readAll(store, key)).resolves.toMatchObject({ object: { key }, text: key });
    });

    it.each([
      ['is empty', ''],
      ['is longer than 1,024 bytes', 'ä'.repeat(513)],
      ['is no Unicode', 'a\ud800'],
    ])('refuses a key that %s', async (_what, key) => {
      await expectFailure(put(key, 'x'), 'failed', false);
      await expectFailure(store.head(key), 'failed', false);
      await expectFailure(store.read(key), 'failed', false);
      await expectFailure(store.remove(key), 'failed', false);
    });

    it('refuses metadata that no header can carry', async () => {
      await expectFailure(put('metadata', 'x', { 'a b': 'c' }), 'failed', false);
      await expectFailure(put('metadata', 'x', { a: 'b', A: 'c' }), 'failed', false);
    });

    it.each([
      ['fewer', 6],
      ['more', 4],
    ])('keeps nothing of a body that gives %s bytes than it said', async (_what, size) => {
      const key = `short/${randomUUID()}`;
      const created = store.create(key, () => Readable.from(['he', 'llo']), { contentType: 'text/plain', size });
      await expectFailure(created, 'failed', true, /expected \d bytes, got/);
      await expect(store.head(key)).resolves.toBeUndefined();
    });

    it('keeps nothing of a body that fails midway, and says why', async () => {
      const key = `broken/${randomUUID()}`;
      async function* broken(): AsyncGenerator<string> {
        yield 'hello';
        throw new Error('the log broke off');
      }
      const created = store.create(key, () => Readable.from(broken()), { contentType: 'text/plain', size: 10 });
      await expectFailure(created, 'failed', true, /the log broke off/);
      await expect(store.head(key)).resolves.toBeUndefined();
    });

    it('lets a reader stop early', async () => {
      const key = `early/${randomUUID()}`;
      const size = 5 * mebibyte;
      const body = (): Readable => Readable.from(blocks(Buffer.alloc(mebibyte), size));
      await store.create(key, body, { contentType: 'application/octet-stream', size });
      const found = await store.read(key);
      for await (const part of found?.body ?? []) {
        expect((part as Buffer).length).toBeGreaterThan(0);
        break;
      }
      expect(found?.body.destroyed).toBe(true);
    });

    it('is usable', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });
}

export async function expectFailure(
  promise: Promise<unknown>,
  failure: ObjectStoreFailure,
  retryable: boolean,
  message: RegExp = /./,
): Promise<ObjectStoreError> {
  const error = await promise.then(
    (value) => new Error(`resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ObjectStoreError);
  const found = error as ObjectStoreError;
  expect({ failure: found.failure, retryable: found.retryable }).toEqual({ failure, retryable });
  expect(found.message).toMatch(message);
  return found;
}

export function bodyOf(content: string): () => Readable {
  return () => Readable.from([Buffer.from(content)]);
}

export async function readAll(
  store: ObjectStore,
  key: string,
  range?: { start: number; end: number },
): Promise<{ object: StoredObject | undefined; text: string }> {
  const found = await store.read(key, range);
  const parts: Buffer[] = [];
  for await (const part of found?.body ?? []) parts.push(part as Buffer);
  return { object: found?.object, text: Buffer.concat(parts).toString() };
}

function* blocks(block: Buffer, size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}
