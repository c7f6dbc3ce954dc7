import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { FolderObjectStore } from '../object-store/folder.object-store.js';
import { MOST_PARTS, type OwnPart, type Upload } from '../object-store/uploads.js';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import { verified } from './checksum.js';
import { piecesOf, relay } from './relay.js';

const MEBIBYTE = 1024 ** 2;

let folder: string;
let store: FolderObjectStore;
let upload: Upload;
/** What the store was given, by number. */
let sent: Map<number, Omit<OwnPart, 'body'>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'relay-'));
  store = new FolderObjectStore(folder);
  upload = { key: 'k', id: await store.uploads.start('k', { contentType: 'text/plain' }) };
  sent = new Map();
  const { write } = store.uploads;
  store.uploads.write = (under, number, part) => {
    sent.set(number, { size: part.size, sha256: part.sha256 });
    return write.call(store.uploads, under, number, part);
  };
});
afterEach(() => rm(folder, { recursive: true }));

const chunked = function* (bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a file that passes through the server', () => {
  it.each([
    [0, 10, 1],
    [9, 10, 4],
    [10, 10, 10],
    [25, 10, 7],
    [30, 10, 1_000],
    [700_000, 300_000, 65_536],
  ])('of %d bytes is sent on in pieces of %d, however it comes, each with its digest', async (size, bytes, chunk) => {
    const file = randomBytes(size);
    const body = Readable.from(chunked(file, chunk), { objectMode: false });
    expect(await relay(store.uploads, upload, { first: 1, bytes, size }, body)).toBe('written');
    const pieces = Math.max(1, Math.ceil(size / bytes));
    const expected = Array.from({ length: pieces }, (_, at) => file.subarray(at * bytes, (at + 1) * bytes));
    expect([...sent]).toEqual(expected.map((piece, at) => [at + 1, { size: piece.length, sha256: sha256(piece) }]));
    await store.uploads.complete(upload, (await store.uploads.parts(upload)) ?? []);
    expect(file.equals(await buffer((await store.read('k'))?.body as Readable))).toBe(true);
  });

  it.each([
    ['breaks off', () => Readable.from([Buffer.from('0123456789ab')]), 'expected 25 bytes, got 12'],
    ['goes on', () => Readable.from([Buffer.alloc(26)]), 'expected 25 bytes, got more'],
    [
      'has another digest',
      () => verified(Readable.from([Buffer.alloc(25)]), { sha256: 'x' }),
      /their sha256 is .*, not x/,
    ],
  ])('and %s is refused, and its last piece is never there', async (_what, body, message) => {
    const relayed = relay(store.uploads, upload, { first: 1, bytes: 10, size: 25 }, body());
    await expect(relayed).rejects.toThrow(InvalidRequestError);
    await expect(relayed).rejects.toThrow(message);
    expect(sent.has(3)).toBe(false);
  });

  it('and whose upload is over is not read to its end', async () => {
    await store.uploads.abort(upload);
    const body = Readable.from(chunked(Buffer.alloc(1_000), 10), { objectMode: false });
    expect(await relay(store.uploads, upload, { first: 1, bytes: 10, size: 1_000 }, body)).toBe('no-such-upload');
    expect(body.destroyed).toBe(true);
    expect([...sent.keys()]).toEqual([1]);
  });

  it.each([
    [0, 16, 1],
    [16 * MEBIBYTE, 16, 1],
    [16 * MEBIBYTE + 1, 16, 2],
    [1024 ** 4, 105, 9_987],
  ])('of %d bytes has pieces of %d MiB, %d of them', (size, mebibytes, count) => {
    expect(piecesOf(size)).toEqual({ bytes: mebibytes * MEBIBYTE, count });
    expect(count).toBeLessThanOrEqual(MOST_PARTS);
  });
});
