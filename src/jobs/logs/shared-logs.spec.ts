import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import type { OpenLog } from './shared-log.js';
import { FellBehindError, KEPT, SharedLogs } from './shared-logs.js';

/** At least so many bytes, of which no two lines are the same. */
const lines = (bytes: number) =>
  Buffer.from(Array.from({ length: Math.ceil(bytes / 10) }, (_, n) => `${String(n).padStart(9, '0')}\n`).join(''));
const { signal } = new AbortController();

/** A container whose log can be opened often. */
class Container {
  readonly streams: PassThrough[] = [];
  written: Buffer = Buffer.alloc(0);

  readonly open: OpenLog = async (until) => {
    const stream = new PassThrough();
    until.addEventListener('abort', () => stream.destroy());
    stream.write(this.written);
    this.streams.push(stream);
    return stream;
  };

  write(bytes: Buffer): void {
    this.written = Buffer.concat([this.written, bytes]);
    for (const stream of this.streams) stream.write(bytes);
  }

  end(): void {
    for (const stream of this.streams) stream.end();
  }
}

async function all(log: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of log) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads at least so many bytes, or to the end. */
async function some(log: AsyncGenerator<Buffer>, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let read = 0; read < bytes;) {
    const { done, value } = await log.next();
    if (done) break;
    chunks.push(value);
    read += value.length;
  }
  return Buffer.concat(chunks);
}

function setUp() {
  const container = new Container();
  const logs = new SharedLogs();
  return { container, follow: (until = signal) => logs.follow('c', container.open, until) };
}

describe('the log of a container that many follow', () => {
  it('is one stream, and the same for each, whenever each came', async () => {
    const { container, follow } = setUp();
    container.written = lines(100_000);
    const readers = Array.from({ length: 50 }, () => follow());
    const firsts = await Promise.all(readers.map((reader) => some(reader, 1)));
    container.write(lines(33_333));
    const late = follow();
    const first = await some(late, 40_000);
    container.write(lines(30));
    container.end();
    for (const [n, reader] of [...readers, late].entries())
      expect(Buffer.concat([[...firsts, first][n] as Buffer, await all(reader)]).equals(container.written)).toBe(true);
    expect(container.streams).toHaveLength(1);
  });

  it('is as it was read, while the bytes behind it come', async () => {
    const { container, follow } = setUp();
    container.written = Buffer.from('first');
    const reader = follow();
    const read = await some(reader, 5);
    container.write(Buffer.from('second'));
    const rest = await some(reader, 6);
    expect([String(read), String(rest)]).toEqual(['first', 'second']);
    await reader.return();
  });

  it('is whole for a single reader however slow it is, and not read ahead of it', async () => {
    const { container, follow } = setUp();
    container.written = lines(5 * KEPT);
    const reader = follow();
    const first = await some(reader, 1);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    container.end();
    expect(Buffer.concat([first, await all(reader)]).equals(container.written)).toBe(true);
  });

  it('is a stream of its own for who comes when its beginning is no longer kept', async () => {
    const { container, follow } = setUp();
    container.written = lines(3 * KEPT);
    const early = follow();
    await some(early, 2.5 * KEPT);
    const late = follow();
    const first = await some(late, 1);
    expect(container.streams).toHaveLength(2);
    container.end();
    expect(Buffer.concat([first, await all(late)]).equals(container.written)).toBe(true);
    await all(early);
  });

  it('is one stream, too, for who comes for its last lines, which are those of when each came', async () => {
    const { container } = setUp();
    const logs = new SharedLogs();
    const follow = (count: number) => logs.follow('c', container.open, signal, count);
    container.written = Buffer.from('one\ntwo\n');
    const early = follow(2);
    expect(String(await some(early, 8))).toBe('one\ntwo\n');
    container.write(Buffer.from('three\nfour'));
    expect(String(await some(early, 10))).toBe('three\nfour');
    const late = follow(2);
    expect(String(await some(late, 10))).toBe('three\nfour');
    const [rest, lateRest] = [all(early), all(late)];
    container.write(Buffer.from(' and five\n'));
    container.end();
    expect([String(await rest), String(await lateRest)]).toEqual(Array(2).fill(' and five\n'));
    expect(container.streams).toHaveLength(1);
  });

  it('has its last lines where its beginning is no longer kept; a stream of its own has who wants more', async () => {
    const { container } = setUp();
    const logs = new SharedLogs();
    container.written = lines(3 * KEPT);
    const early = logs.follow('c', container.open, signal, 1);
    await some(early, 2.5 * KEPT);
    const late = logs.follow('c', container.open, signal, 3);
    const first = String(await some(late, 30)).split('\n');
    expect(first[0]).toMatch(/^\d{9}$/);
    expect(container.streams).toHaveLength(1);
    const more = logs.follow('c', container.open, signal, KEPT);
    await some(more, 1);
    expect(container.streams).toHaveLength(2);
    for (const reader of [early, late, more]) await reader.return();
  });

  it('is ended for who is slower than another by more than is kept, and waits for nobody', async () => {
    const { container, follow } = setUp();
    container.written = lines(3 * KEPT);
    const [fast, slow] = [follow(), follow()];
    await some(slow, 1);
    container.end();
    const pending = container.streams.length;
    expect((await all(fast)).equals(container.written)).toBe(true);
    await expect(all(slow)).rejects.toThrow(FellBehindError);
    expect(pending).toBe(1);
  });

  it('keeps less of each, where many logs are followed', async () => {
    const logs = new SharedLogs();
    const containers = Array.from({ length: 128 }, () => new Container());
    const written = lines(KEPT);
    for (const container of containers) container.written = written;
    const readers = containers.map(({ open }, n) => logs.follow(`c${n}`, open, signal));
    await Promise.all(readers.map((reader) => some(reader, KEPT / 2)));
    // A quarter of what would be kept of one alone has gone by.
    const [container] = containers;
    const late = logs.follow('c0', (container as Container).open, signal);
    await some(late, 1);
    expect(container?.streams).toHaveLength(2);
    for (const reader of [...readers, late]) await reader.return();
  });

  it('ends at the node with its last reader, and begins anew with the next', async () => {
    const { container, follow } = setUp();
    container.written = lines(1);
    const gone = new AbortController();
    const [one, two] = [follow(), follow(gone.signal)];
    await Promise.all([some(one, 10), some(two, 10)]);
    await one.return();
    expect(container.streams[0]?.destroyed).toBe(false);
    const rest = all(two);
    gone.abort();
    expect(await rest).toHaveLength(0);
    expect(container.streams[0]?.destroyed).toBe(true);
    const next = follow();
    await some(next, 10);
    expect(container.streams).toHaveLength(2);
    await next.return();
  });

  it('fails for each where it cannot be opened, or breaks off, behind what there was', async () => {
    const logs = new SharedLogs();
    const failing: OpenLog = () => Promise.reject(new Error('no log'));
    for (const reader of [logs.follow('f', failing, signal), logs.follow('f', failing, signal)].map(all))
      await expect(reader).rejects.toThrow('no log');
    const { container, follow } = setUp();
    container.written = lines(10);
    const readers = [follow(), follow()];
    for (const reader of readers) await some(reader, 10);
    container.streams[0]?.destroy(new Error('broken'));
    for (const reader of readers) await expect(all(reader)).rejects.toThrow('broken');
  });

  it('is nothing for who has gone already', async () => {
    const { container, follow } = setUp();
    container.written = lines(10);
    expect(await all(follow(AbortSignal.abort()))).toHaveLength(0);
    for (const stream of container.streams) expect(stream.destroyed).toBe(true);
  });
});
