import { describe, expect, it } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { maskCapabilities } from './masked-log.js';

const capability = 'aB3_-'.repeat(9).slice(0, 43);
const stars = '*'.repeat(43);

const masked = (chunks: readonly string[]) =>
  text(
    maskCapabilities(
      Readable.from(
        chunks.map((chunk) => Buffer.from(chunk)),
        { objectMode: false },
      ),
    ),
  );

describe('a log as it is shown', () => {
  const log = `über http://s/a?capability=${capability}&part=1 "capability=${capability}"\ncapability=short capability=`;
  const expected = `über http://s/a?capability=${stars}&part=1 "capability=${stars}"\ncapability=short capability=`;

  it('holds no capability, and is as long as it was', async () => expect(await masked([log])).toBe(expected));

  it.each([1, 2, 7, 40, 54])('holds none where it comes in pieces of %d bytes', async (size) => {
    const bytes = Buffer.from(log).toString('latin1');
    const pieces = bytes.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const shown = maskCapabilities(
      Readable.from(
        pieces.map((piece) => Buffer.from(piece, 'latin1')),
        { objectMode: false },
      ),
    );
    expect(await text(shown)).toBe(expected);
  });

  it('is shown at once while it is followed', async () => {
    const source = new PassThrough();
    const shown = maskCapabilities(source);
    source.write('working on a cap\n');
    const [chunk] = await new Promise<Buffer[]>((resolve) => shown.once('data', (data: Buffer) => resolve([data])));
    expect(String(chunk)).toBe('working on a cap\n');
    source.end();
  });

  it('fails where the log does', async () => {
    const source = new PassThrough();
    const shown = text(maskCapabilities(source));
    source.write('a');
    source.destroy(new Error('broken'));
    await expect(shown).rejects.toThrow('broken');
  });
});
