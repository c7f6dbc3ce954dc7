import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { readShown } from './log-page.js';

const log = (...pieces: (string | Buffer)[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));

describe('what a page shows of a log', () => {
  it('is all of a short one, to its last byte', async () => {
    expect(await readShown(log('first\nsec', 'ond ä'))).toEqual({ text: 'first\nsecond ä', bytes: 15, isCut: false });
    expect(await readShown(log())).toEqual({ text: '', bytes: 0, isCut: false });
  });

  it('is whole lines of a long one, and it is closed', async () => {
    const long = log(...Array.from({ length: 700 }, () => `${'ä'.repeat(49)}\n`.repeat(10)));
    const { text, bytes, isCut } = await readShown(long);
    expect([isCut, text.split('\n').length - 1, bytes]).toEqual([true, 5000, 5000 * 99]);
    expect(text.endsWith('ä\n')).toBe(true);
    expect(long.destroyed).toBe(true);
  });

  it('ends behind a whole character where no line ends', async () => {
    const { text, bytes, isCut } = await readShown(log('x', Buffer.from('ä'.repeat(400_000))));
    expect([isCut, bytes, text.includes('\ufffd')]).toEqual([true, Buffer.byteLength(text), false]);
    expect(bytes).toBeLessThanOrEqual(512 * 1024);
  });
});
