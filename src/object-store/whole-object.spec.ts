import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderObjectStore } from './folder.object-store.js';
import { bodyOf, readAll } from './testing/describe-object-store.js';
import { putWhole } from './whole-object.js';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const owner = { 'pod-uid': 'mine' };
const object = (content: string) => ({
  contentType: 'text/plain',
  size: Buffer.byteLength(content),
  sha256: sha256(content),
  body: bodyOf(content),
  owner,
});

let folder: string;
let store: FolderObjectStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whole-'));
  store = new FolderObjectStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

/** What a store that publishes cut bodies has under the key: the metadata of the whole, and some of its bytes. */
const cut = (found: string, metadata: Record<string, string>) =>
  store.create('key', bodyOf(found), { contentType: 'text/plain', size: Buffer.byteLength(found), metadata });

const kept = async () => (await readAll(store, 'key')).text;
const whole = { size: 9, sha256: sha256('the whole') };
const noted = { ...owner, sha256: sha256('the whole'), size: '9' };

describe('an object that is written whole', () => {
  it('stands there with its size and digest', async () => {
    expect(await putWhole(store, 'key', object('the whole'))).toEqual(whole);
    expect(await store.head('key')).toMatchObject({ size: 9, metadata: noted });
  });

  it('is not written again where it stands there already', async () => {
    await putWhole(store, 'key', object('the whole'));
    const { etag } = (await store.head('key')) ?? {};
    expect(await putWhole(store, 'key', object('the whole'))).toEqual(whole);
    expect(await store.head('key')).toMatchObject({ etag });
  });

  it.each([
    ['is shorter', 'the w', noted],
    ['is empty', '', noted],
    ['has its size, and other bytes', 'the w\0\0\0\0', noted],
    ['is shorter, and says only its digest, as before', 'the w', { ...owner, sha256: sha256('the whole') }],
  ])('takes the place of its own that %s', async (_what, found, metadata) => {
    await cut(found, metadata);
    expect(await putWhole(store, 'key', object('the whole'))).toEqual(whole);
    expect(await kept()).toBe('the whole');
    expect((await store.head('key'))?.metadata).toEqual(noted);
  });

  it('leaves what the same owner has written whole before, and says what that is', async () => {
    await putWhole(store, 'key', object('before'));
    expect(await putWhole(store, 'key', object('the whole'))).toEqual({ size: 6, sha256: sha256('before') });
    expect(await kept()).toBe('before');
  });

  it.each([
    ["another's", { 'pod-uid': 'other', sha256: sha256('the whole'), size: '9' }],
    ["nobody's", {}],
    ['of its owner, and does not say what it should be', owner],
  ])('leaves what is %s, cut or not', async (_whose, metadata) => {
    await cut('the w', metadata);
    expect(await putWhole(store, 'key', object('the whole'))).toBeUndefined();
    expect(await kept()).toBe('the w');
  });

  it('is written where the cut one was repaired by another meanwhile, which then counts', async () => {
    await cut('the w', noted);
    const { replace } = store;
    store.replace = async (found, body, options) => {
      await replace.call(store, found, body, options);
      return replace.call(store, found, body, options);
    };
    expect(await putWhole(store, 'key', object('the whole'))).toEqual(whole);
    expect(await kept()).toBe('the whole');
  });
});
