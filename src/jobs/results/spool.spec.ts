import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { type FileHandle, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Spool } from './spool.js';

describe('a spool', () => {
  let spool = new Spool();
  afterEach(() => spool.dispose());

  it.each([0, 1, 1000, 300_000, 3_000_000])(
    'gives %d bytes back as often as asked, with size and digest',
    async (size) => {
      spool = new Spool();
      const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
      for (let at = 0; at < size; at += 70_001) await spool.write(bytes.subarray(at, at + 70_001));
      expect([spool.size, spool.digest()]).toEqual([size, createHash('sha256').update(bytes).digest('hex')]);
      for (const read of [await buffer(spool.stream()), await buffer(spool.stream()), await spool.bytes()])
        expect(read.equals(bytes)).toBe(true);
    },
  );

  it('has no file that anything could leave behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'spool-spec-'));
    spool = new Spool({ folder });
    await spool.write(Buffer.alloc(1_000_000));
    expect(await readdir(folder)).toEqual([]);
    expect(await spool.bytes()).toHaveLength(1_000_000);
    await rm(folder, { recursive: true });
  });

  (process.platform === 'linux' ? it : it.skip)(
    'has a file that never has a name: a killed process leaves none',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'spool-test-'));
      const names: (string | null)[] = [];
      const watcher = watch(folder, (_event, name) => names.push(name));
      spool = new Spool({ folder });
      await spool.write(Buffer.alloc(300_000));
      await writeFile(join(folder, 'last'), '');
      while (!names.includes('last')) await once(watcher, 'change');
      watcher.close();
      // The kernel tells of the nameless file by its number.
      expect(names.filter((name) => !name?.startsWith('#'))).toEqual(expect.arrayContaining(['last']));
      expect(names.filter((name) => name?.startsWith('ogc'))).toEqual([]);
      await rm(folder, { recursive: true });
    },
  );

  it('is freed though its file cannot be closed', async () => {
    const other = await open(tmpdir());
    const files = Object.getPrototypeOf(other) as FileHandle;
    await other.close();
    const { write } = files;
    const failing = jest.fn(() => Promise.reject(new Error('EIO')));
    const writing = jest.spyOn(files, 'write').mockImplementation(function (this: FileHandle, ...given: unknown[]) {
      const close = this.close.bind(this);
      this.close = () => close().then(failing);
      return Reflect.apply(write, this, given) as never;
    });
    spool = new Spool({ memoryLimit: 0 });
    await spool.write(Buffer.alloc(1));
    writing.mockRestore();
    await expect(spool.dispose()).resolves.toBeUndefined();
    expect(failing).toHaveBeenCalledTimes(1);
  });

  it('is freed though it is still being read', async () => {
    spool = new Spool();
    await spool.write(Buffer.alloc(1_000_000));
    const reading = spool.stream();
    await once(reading, 'readable');
    await spool.dispose();
    expect(reading.destroyed).toBe(true);
  });

  it('takes nothing more once it has been read', async () => {
    spool = new Spool();
    spool.digest();
    await expect(spool.write(Buffer.from('x'))).rejects.toThrow('read already');
  });
});
