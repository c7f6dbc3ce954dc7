import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Journal } from './journal.js';
import type { KubeObject } from './kubernetes-object.js';
import { configMaps } from './resources.js';
import { VersionedStore } from './versioned-store.js';

describe('the journal on a full disk', () => {
  let folder: string;
  let file: string;
  /** Bytes for which there is room. */
  let room: number;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
    file = path.join(folder, 'objects.journal');
    room = Infinity;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** As a file system does it: what there is room for is written, and the rest refused when it comes. */
  function write(descriptor: number, bytes: Buffer, offset: number): number {
    if (room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const written = writeSync(descriptor, bytes, offset, Math.min(room, bytes.length - offset));
    room -= written;
    return written;
  }
  const object = (name: string) => ({ kind: 'ConfigMap', metadata: { name } }) as unknown as KubeObject;

  it('takes back the part of a line that was written, so that the next one stands by itself', () => {
    const journal = new Journal(file, write);
    journal.compact([], 1);
    journal.put('configmaps', '{"a":1}');
    room = 10;
    expect(() => journal.put('configmaps', '{"b":1}')).toThrow('no space left');
    room = Infinity;
    journal.put('configmaps', '{"c":1}');
    journal.close();
    expect(new Journal(file).read().slice(1)).toEqual(
      ['a', 'c'].map((key) => ({ resource: 'configmaps', object: { [key]: 1 } })),
    );
  });

  it('stays as it is where there is no room for it anew', () => {
    const journal = new Journal(file, write);
    journal.compact([['configmaps', '{"a":1}']], 1);
    const before = new Journal(file).read();
    for (const bytes of [0, 10, 50]) {
      room = bytes;
      expect(() => journal.compact([['configmaps', `{"a":"${'x'.repeat(100)}"}`]], 2)).toThrow('no space left');
      expect([existsSync(`${file}.new`), new Journal(file).read()]).toEqual([false, before]);
    }
    room = Infinity;
    journal.put('configmaps', '{"b":1}');
    expect(new Journal(file).read()).toHaveLength(before.length + 1);
  });

  it('stores nothing that it did not write, and is closed with all that it did', () => {
    const store = new VersionedStore([configMaps], new Journal(file, write));
    store.put(configMaps, object('a') as never);
    room = 10;
    expect(() => store.put(configMaps, object('b') as never)).toThrow('no space left');
    store.close();
    const again = new VersionedStore([configMaps], new Journal(file));
    expect(again.list(configMaps).map(({ metadata }) => metadata.name)).toEqual(['a']);
    again.close();
  });
});
