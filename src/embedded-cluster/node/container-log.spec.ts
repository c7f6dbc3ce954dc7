import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContainerLogs, type LogOptions } from './container-log.js';

describe('the log of a container', () => {
  let folder: string;
  let logs: ContainerLogs;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'container-log-'));
    logs = new ContainerLogs(folder);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function read(options: LogOptions = {}, signal = new AbortController().signal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of logs.read('uid', 'main', 0, options, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  function write(...parts: [stream: 'stdout' | 'stderr', text: string | Buffer][]): ReturnType<ContainerLogs['open']> {
    const writer = logs.open('uid', 'main', 0);
    for (const [stream, text] of parts) writer.write(stream, Buffer.from(text));
    return writer;
  }

  it('puts two streams together by whole lines, and unfinished ones at the end', async () => {
    write(['stdout', 'on'], ['stderr', 'two\nthr'], ['stdout', 'e\n'], ['stderr', 'ee']).end();
    expect((await read()).toString()).toBe('two\none\nthree');
  });

  it('shows a very long line before it is finished', async () => {
    const writer = write(['stdout', 'x'.repeat(20_000)]);
    expect((await read()).length).toBe(20_000);
    writer.end();
  });

  it.each([
    [0, ''],
    [1, 'c'],
    [2, 'b\nc'],
    [9, 'a\nb\nc'],
  ])('shows the last %d lines', async (tailLines, expected) => {
    write(['stdout', 'a\nb\nc']).end();
    expect((await read({ tailLines })).toString()).toBe(expected);
  });

  it('finds the last lines across blocks', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'y'.repeat(60)}\n`);
    write(['stdout', lines.join('')]).end();
    expect((await read({ tailLines: 3000 })).toString()).toBe(lines.slice(2000).join(''));
  });

  it('stops at a number of bytes, timestamps included', async () => {
    write(['stdout', 'abc\ndef\n']).end();
    expect((await read({ limitBytes: 5 })).toString()).toBe('abc\nd');
    expect((await read({ limitBytes: 10, timestamps: true })).length).toBe(10);
  });

  it('shows nothing of before a time, and stamps each line once', async () => {
    write(['stdout', 'a\nb\n']).end();
    expect((await read({ since: Date.now() + 1000 })).toString()).toBe('');
    expect((await read({ since: Date.now() - 60_000, timestamps: true })).toString()).toMatch(/^\S+Z a\n\S+Z b\n$/);
  });

  it('follows until the end without missing or repeating a byte', async () => {
    const writer = write(['stdout', 'first\n']);
    const followed = read({ follow: true });
    const expected = ['first\n'];
    for (let index = 0; index < 200; index++) {
      await new Promise(setImmediate);
      expected.push(`line ${index}\n`);
      writer.write('stdout', Buffer.from(`line ${index}\n`));
    }
    writer.end();
    expect((await followed).toString()).toBe(expected.join(''));
  });

  it('lets a follower go who does not wait for the end', async () => {
    const writer = write(['stdout', 'first\n']);
    const leaving = new AbortController();
    const followed = read({ follow: true }, leaving.signal);
    await new Promise(setImmediate);
    leaving.abort();
    expect((await followed).toString()).toBe('first\n');
    writer.end();
  });

  it('is empty where there is none', async () => {
    expect((await read()).length).toBe(0);
  });
});
