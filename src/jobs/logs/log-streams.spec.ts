import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { RangeNotSatisfiableError } from '../../ogc/domain-errors.js';
import { FellBehindError } from './shared-logs.js';
import { SILENCE, untilSilent, withoutFirst, withSilences } from './log-streams.js';

const logOf = (...chunks: string[]) =>
  Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );
const never = new Promise<Readable>(() => undefined);

describe('a log without its first bytes', () => {
  it.each([
    [0, 'abcdef'],
    [1, 'bcdef'],
    [2, 'cdef'],
    [3, 'def'],
    [6, ''],
  ])('%d of six is the rest', async (from, rest) => {
    expect(await text(await withoutFirst(logOf('ab', 'c', 'def'), from))).toBe(rest);
  });

  it('is refused where there are not so many, with how many there are', async () => {
    const refused = withoutFirst(logOf('ab', 'c', 'def'), 7);
    await expect(refused).rejects.toThrow(RangeNotSatisfiableError);
    await expect(refused).rejects.toMatchObject({ size: 6 });
  });

  it('goes on with what comes later, and fails where the log does', async () => {
    const log = new PassThrough();
    const coming = withoutFirst(log, 3);
    log.write('ab');
    log.write('cd');
    const rest = await coming;
    log.write('e');
    log.end();
    expect(await text(rest)).toBe('de');
    const broken = new PassThrough();
    const failing = withoutFirst(broken, 3);
    broken.destroy(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
  });
});

describe('a log whose reader fell behind', () => {
  it('ends where that may be, for the client to go on', async () => {
    const log = new PassThrough();
    const opening = untilSilent(Promise.resolve(log), 60_000);
    log.write('begin');
    const followed = (await opening)[Symbol.asyncIterator]();
    expect(String((await followed.next()).value)).toBe('begin');
    log.destroy(new FellBehindError('too slow'));
    expect(await followed.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a log that is quiet', () => {
  it('has silences between its chunks, for as long as it takes', async () => {
    const log = new PassThrough();
    const found: unknown[] = [];
    for await (const chunk of withSilences(Promise.resolve(log), 5)) {
      found.push(chunk === SILENCE ? 'silence' : String(chunk));
      if (found.length === 2) log.write('a');
      if (found.includes('a')) log.end();
    }
    const at = found.indexOf('a');
    expect(at).toBeGreaterThanOrEqual(2);
    expect(found.filter((entry) => entry !== 'silence')).toEqual(['a']);
  });

  it('has silences, too, while it is only being opened', async () => {
    let open: (log: Readable) => void = () => undefined;
    const opening = new Promise<Readable>((resolve) => (open = resolve));
    const found: unknown[] = [];
    for await (const chunk of withSilences(opening, 5)) {
      found.push(chunk === SILENCE ? 'silence' : String(chunk));
      if (found.length === 1) open(logOf('a'));
    }
    expect([found[0], found.at(-1)]).toEqual(['silence', 'a']);
  });

  it('ends, and lets go of what it comes from', async () => {
    const log = new PassThrough();
    const closed = once(log, 'close');
    log.write('a line\n');
    expect(await text(await untilSilent(Promise.resolve(log), 5))).toBe('a line\n');
    await closed;
  });

  it('ends empty where it could not be opened in that time', async () => {
    expect(await text(await untilSilent(never, 5))).toBe('');
  });

  it('that is opened too late is let go of', async () => {
    let open: (log: Readable) => void = () => undefined;
    const opening = new Promise<Readable>((resolve) => (open = resolve));
    expect(await text(await untilSilent(opening, 5))).toBe('');
    const late = new PassThrough();
    open(late);
    await once(late, 'close');
  });

  it('that fails is not taken for one that has ended', async () => {
    await expect(untilSilent(Promise.reject(new Error('none')), 1000)).rejects.toThrow('none');
    const log = new PassThrough();
    log.write('a');
    const shown = text(await untilSilent(Promise.resolve(log), 60_000));
    log.destroy(new Error('broken'));
    await expect(shown).rejects.toThrow('broken');
  });
});
