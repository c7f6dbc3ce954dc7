import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContainerLogs, type LogOptions, LogWriter } from './container-log.js';

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

  it('leaves out what a full disk does not take, says so once there is room, and fails nobody', async () => {
    let room = Infinity;
    const writeAt = (file: number, bytes: Buffer, from: number, length: number, at: number) => {
      if (room === 0) throw new Error('ENOSPC: no space left on device, write');
      const written = writeSync(file, bytes, from, Math.min(room, length), at);
      room -= written;
      return written;
    };
    mkdirSync(path.join(folder, 'uid'));
    const writer = new LogWriter(path.join(folder, 'uid', 'main.0.log'), () => undefined, writeAt);
    const write = (text: string) => writer.write('stdout', Buffer.from(text));
    write('one\n');
    room = 16 + 4;
    write('two and three\n');
    for (const bytes of [0, 10, 16, 20, 0]) {
      room = bytes;
      write('lost\n');
    }
    room = Infinity;
    write('four\n');
    room = 0;
    write('five\n');
    writer.end();
    const said = (bytes: number) =>
      `embedded cluster: ${bytes} bytes of output are left out here: ENOSPC: no space left on device, write\n`;
    expect((await read()).subarray(0, writer.size).toString()).toBe(`one\ntwo \n${said(10 + 5 * 5)}four\n`);
    expect((await read({ tailLines: 1, since: 0, timestamps: true })).toString()).toMatch(/^20\d\d-\S+Z four\n$/);
  });

  it('of which nothing can be written at all ends as any other', async () => {
    mkdirSync(path.join(folder, 'uid'));
    symlinkSync('/dev/full', path.join(folder, 'uid', 'main.0.log.times'));
    write(['stdout', 'a\n'], ['stderr', 'b']).end();
    expect((await read()).length).toBe(0);
  });
});
