import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { FolderObjectStore } from './folder.object-store.js';
import { bodyOf, describeObjectStore, expectFailure, readAll } from './testing/describe-object-store.js';
import { describeUploads } from './testing/describe-uploads.js';

const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'folder-store-'));

const makeStores = async () => {
  const parent = await makeFolder();
  const folder = join(parent, 'made', 'by', 'the store');
  return {
    store: new FolderObjectStore(folder),
    other: new FolderObjectStore(folder),
    dispose: () => rm(parent, { recursive: true }),
  };
};

describeObjectStore('a folder', makeStores);
describeUploads('a folder', makeStores);

describe('a folder object store', () => {
  let parent: string;
  let folder: string;
  let store: FolderObjectStore;
  const options = { contentType: 'text/plain', size: 1 };
  beforeEach(async () => {
    parent = await makeFolder();
    folder = join(parent, 'objects');
    store = new FolderObjectStore(folder);
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('keeps an object as one file: a line of JSON, then its bytes', async () => {
    await store.create('logs/a.txt', bodyOf('x'), { ...options, metadata: { UID: '1' } });
    await expect(readdir(folder)).resolves.toEqual(['logs%2Fa.txt']);
    await expect(readFile(join(folder, 'logs%2Fa.txt'), 'utf8')).resolves.toBe(
      '{"key":"logs/a.txt","size":1,"contentType":"text/plain","metadata":{"uid":"1"}}\nx',
    );
  });

  it.each(['..', '.', '../outside', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'a\0b', '.new-file', '.'.repeat(900)])(
    'keeps the key %j inside the folder',
    async (key) => {
      await expect(store.create(key, bodyOf('x'), options)).resolves.toBe('created');
      await expect(readAll(store, key)).resolves.toMatchObject({ object: { key }, text: 'x' });
      await expect(readdir(parent)).resolves.toEqual(['objects']);
      const names = await readdir(folder);
      expect(names).toEqual([expect.not.stringMatching(/^\./)]);
    },
  );

  it('keeps an object beside those whose keys go on behind a slash', async () => {
    for (const key of ['a', 'a/', 'a/b', '/a', 'a//b']) {
      await expect(store.create(key, bodyOf('x'), options)).resolves.toBe('created');
    }
    await expect(readAll(store, 'a/b')).resolves.toMatchObject({ object: { key: 'a/b' } });
  });

  it('shows nothing of an object until it is whole, so that a crash leaves a file that is cleaned up an hour later', async () => {
    const body = new PassThrough();
    const created = store.create('key', () => body, { ...options, size: 2 ** 20 + 1 });
    // The store takes what a stream buffers, and no more, only while it writes.
    for (let sent = 0; sent < 2 ** 20; sent += 2 ** 16) {
      if (!body.write(Buffer.alloc(2 ** 16))) await once(body, 'drain');
    }
    const crashed = join(parent, 'crashed');
    await cp(folder, crashed, { recursive: true });
    await expect(store.head('key')).resolves.toBeUndefined();
    body.end('x');
    await expect(created).resolves.toBe('created');
    await expect(readdir(folder)).resolves.toEqual(['key']);

    const restarted = new FolderObjectStore(crashed);
    const [leftover, ...others] = await readdir(crashed);
    expect({ leftover, others }).toEqual({ leftover: expect.stringMatching(/^\.new-/), others: [] });
    await expect(restarted.head('key')).resolves.toBeUndefined();
    await expect(restarted.removeLeftovers()).resolves.toBe(0);
    await expect(restarted.removeLeftovers(Date.now() + 3_700_000)).resolves.toBe(1);
    await expect(readdir(crashed)).resolves.toEqual([]);
    await expect(restarted.create('key', bodyOf('x'), options)).resolves.toBe('created');
  });

  it('keeps objects when it cleans up, however old', async () => {
    await store.create('.new-key', bodyOf('x'), options);
    const [name] = await readdir(folder);
    await utimes(join(folder, name ?? ''), 0, 0);
    await expect(store.removeLeftovers()).resolves.toBe(0);
    await expect(readAll(store, '.new-key')).resolves.toMatchObject({ text: 'x' });
  });

  it('leaves no file behind by checking, nor by a body that fails', async () => {
    await store.check();
    const broken = (): Readable => Readable.from([Buffer.from('too long')]);
    await expectFailure(store.create('key', broken, options), 'failed', true);
    await expect(readdir(folder)).resolves.toEqual([]);
  });

  it('reads no body when the object is there already', async () => {
    await store.create('key', bodyOf('x'), options);
    const unread = (): Readable => {
      throw new Error('read');
    };
    await expect(store.create('key', unread, options)).resolves.toBe('exists');
  });

  it.each([
    ['cut', (path: string) => truncate(path, 80)],
    ['emptied', (path: string) => truncate(path, 0)],
    ['replaced', (path: string) => writeFile(path, 'something\nelse')],
  ])('tells that a file has been %s', async (_what, damage) => {
    await store.create('key', bodyOf('x'.repeat(50)), { ...options, size: 50 });
    await damage(join(folder, 'key'));
    await expectFailure(store.head('key'), 'failed', false, /cannot look up key: the file is damaged/);
    await expectFailure(store.read('key'), 'failed', false, /cannot read key: the file is damaged/);
  });

  it('names the folder and the reason when it cannot be made', async () => {
    await writeFile(folder, 'a file');
    await expectFailure(store.check(), 'failed', true, /folder .*objects: cannot use it: E(EXIST|NOTDIR)/);
    await expectFailure(store.create('key', bodyOf('x'), options), 'failed', true);
  });
});
