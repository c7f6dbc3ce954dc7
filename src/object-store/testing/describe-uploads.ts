import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { PartDestination, Upload, UploadStore } from '../uploads.js';
import { expectFailure, type ObjectStoreUnderTest } from './describe-object-store.js';

const mebibyte = 1_024 * 1_024;
const options = { contentType: 'image/tiff', metadata: { by: 'job' } };

/** What every adapter promises of uploads. */
export function describeUploads(name: string, factory: () => Promise<ObjectStoreUnderTest>): void {
  describe(`uploads to ${name}`, () => {
    let tested: ObjectStoreUnderTest;
    let uploads: UploadStore;
    beforeAll(async () => {
      tested = await factory();
      uploads = tested.store.uploads as UploadStore;
    });
    afterAll(() => tested.dispose());

    const start = async (): Promise<Upload> => {
      const key = `uploads/${randomUUID()}`;
      return { key, id: await uploads.start(key, options) };
    };
    const destination = (upload: Upload, number: number, size: number) => uploads.destination(upload, number, size, 60);
    const write = async (upload: Upload, number: number, bytes: Buffer): Promise<boolean> =>
      send(await destination(upload, number, bytes.length), bytes);
    const complete = async (upload: Upload) => uploads.complete(upload, (await uploads.parts(upload)) ?? []);
    const contentOf = async (key: string): Promise<Buffer | undefined> => {
      const found = await tested.other.read(key);
      return found && buffer(found.body);
    };

    it.each([0, 5, 9 * mebibyte])(
      'of one part of %d bytes give the object once completed, not before',
      async (size) => {
        const upload = await start();
        const bytes = randomBytes(size);
        expect(await write(upload, 1, bytes)).toBe(true);
        expect(await uploads.parts(upload)).toEqual([{ number: 1, size, etag: expect.any(String) }]);
        expect(await tested.store.head(upload.key)).toBeUndefined();
        expect(await complete(upload)).toBe('created');
        expect(await tested.store.head(upload.key)).toEqual({
          etag: expect.any(String),
          key: upload.key,
          size,
          ...options,
        });
        expect(bytes.equals((await contentOf(upload.key)) as Buffer)).toBe(true);
      },
    );

    it('of several parts, sent in any order, give them in order', async () => {
      const upload = await start();
      const parts = [randomBytes(5 * mebibyte), randomBytes(5 * mebibyte), Buffer.from('the end')] as const;
      for (const number of [3, 1, 2]) expect(await write(upload, number, parts[number - 1] as Buffer)).toBe(true);
      expect((await uploads.parts(upload))?.map(({ number }) => number)).toEqual([1, 2, 3]);
      await complete(upload);
      expect(Buffer.concat(parts).equals((await contentOf(upload.key)) as Buffer)).toBe(true);
    });

    it('take parts of the server itself, with their digests, in any order', async () => {
      const key = `uploads/${randomUUID()}`;
      const upload = { key, id: await uploads.start(key, { ...options, digests: true }) };
      const parts = [randomBytes(5 * mebibyte), Buffer.from('the end')] as const;
      const own = (bytes: Buffer, digested = bytes) => ({
        size: bytes.length,
        sha256: createHash('sha256').update(digested).digest('hex'),
        body: () => Readable.from([bytes]),
      });
      for (const number of [2, 1])
        expect(await uploads.write(upload, number, own(parts[number - 1] as Buffer))).toBe('written');
      await complete(upload);
      expect(Buffer.concat(parts).equals((await contentOf(key)) as Buffer)).toBe(true);
      expect(await uploads.write(upload, 1, own(parts[1]))).toBe('no-such-upload');
    });

    it('keep the part that was sent last', async () => {
      const upload = await start();
      await write(upload, 1, Buffer.from('first'));
      await write(upload, 1, Buffer.from('the second'));
      await complete(upload);
      expect(String(await contentOf(upload.key))).toBe('the second');
    });

    it('keep a part that arrived when its repetition has another length than was said', async () => {
      const upload = await start();
      await write(upload, 1, Buffer.from('whole'));
      expect(await send(await destination(upload, 1, 4), Buffer.from('longer'))).toBe(false);
      await complete(upload);
      expect(String(await contentOf(upload.key))).toBe('whole');
    });

    it('take nothing any more once they are completed', async () => {
      const upload = await start();
      await write(upload, 1, Buffer.from('whole'));
      const late = await destination(upload, 1, 4);
      await complete(upload);
      expect(await uploads.parts(upload)).toBeUndefined();
      expect(await send(late, Buffer.from('late'))).toBe(false);
      expect(String(await contentOf(upload.key))).toBe('whole');
    });

    it('take nothing any more once they are aborted, which may be done twice', async () => {
      const upload = await start();
      const late = await destination(upload, 1, 4);
      await uploads.abort(upload);
      await uploads.abort(upload);
      expect(await uploads.parts(upload)).toBeUndefined();
      expect(await send(late, Buffer.from('late'))).toBe(false);
      await expectFailure(uploads.complete(upload, [{ number: 1, size: 4, etag: '"x"' }]), 'failed', true);
      expect(await tested.store.head(upload.key)).toBeUndefined();
    });

    it('are not completed with a part that was sent again meanwhile', async () => {
      const upload = await start();
      await write(upload, 1, Buffer.from('first'));
      const seen = (await uploads.parts(upload)) ?? [];
      await write(upload, 1, Buffer.from('second'));
      await expectFailure(uploads.complete(upload, seen), 'failed', true);
      expect(await complete(upload)).toBe('created');
      expect(String(await contentOf(upload.key))).toBe('second');
    });

    it('are known by their own key alone, whoever knows the id', async () => {
      const upload = await start();
      await write(upload, 1, Buffer.from('whole'));
      const forged = { ...upload, key: `uploads/${randomUUID()}` };
      expect((await uploads.parts(forged)) ?? []).toEqual([]);
      expect(await write(forged, 1, Buffer.from('other'))).toBe(false);
      await expectFailure(uploads.complete(forged, (await uploads.parts(upload)) ?? []), 'failed', true);
      await uploads.abort(forged);
      expect(await complete(upload)).toBe('created');
      expect(String(await contentOf(upload.key))).toBe('whole');
      expect(await tested.store.head(forged.key)).toBeUndefined();
    });

    it('overwrite no object', async () => {
      const first = await start();
      const second = { key: first.key, id: await uploads.start(first.key, options) };
      await write(first, 1, Buffer.from('first'));
      await write(second, 1, Buffer.from('second'));
      expect([await complete(first), await complete(second)]).toEqual(['created', 'exists']);
      expect(String(await contentOf(first.key))).toBe('first');
      await uploads.abort(second);
    });
  });
}

/** @returns whether the store took them */
export async function send(destination: PartDestination, bytes: Buffer): Promise<boolean> {
  if ('address' in destination) {
    const response = await fetch(destination.address, { method: 'PUT', body: new Uint8Array(bytes) });
    await response.arrayBuffer();
    return response.ok;
  }
  return destination.write(Readable.from(bytes.length > 0 ? [bytes] : [])).then(
    (outcome) => outcome === 'written',
    () => false,
  );
}
