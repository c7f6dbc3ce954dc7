import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { PrintedResult } from '../../../processes/processor.js';
import { previewOutputs } from './results-preview.js';

const KIB = 1024;
const addressOf = (id: string) => `https://example.org/${id}`;

/** Counts the bytes that were read of it. */
function aResult(mediaType: string, bytes: Buffer, withRange = true) {
  const read = { bytes: 0 };
  const stream = (part: Buffer) =>
    Readable.from(
      (function* () {
        for (let at = 0; at < part.length; at += 16 * KIB) {
          const chunk = part.subarray(at, at + 16 * KIB);
          read.bytes += chunk.length;
          yield chunk;
        }
      })(),
      { objectMode: false },
    );
  const printed: PrintedResult = {
    mediaType,
    size: bytes.length,
    body: () => stream(bytes),
    ...(withRange ? { range: ({ start, end }) => stream(bytes.subarray(start, end + 1)) } : {}),
  };
  return { printed, read };
}

describe('the preview of outputs', () => {
  it('shows text and says of everything what and how large it is', async () => {
    const outputs = [
      { id: 'text', printed: aResult('text/plain; charset=utf-8', Buffer.from('grün')).printed },
      { id: 'json', printed: aResult('application/geo+json', Buffer.from('{}')).printed },
      { id: 'picture', printed: aResult('image/png', Buffer.alloc(7)).printed },
      { id: 'nothing', printed: aResult('text/plain', Buffer.alloc(0)).printed },
    ];
    expect(await previewOutputs(outputs, addressOf)).toEqual([
      {
        id: 'text',
        href: addressOf('text'),
        mediaType: 'text/plain; charset=utf-8',
        size: 5,
        text: 'grün',
        isCut: false,
      },
      {
        id: 'json',
        href: addressOf('json'),
        mediaType: 'application/geo+json',
        size: 2,
        text: '{}',
        isCut: false,
      },
      { id: 'picture', href: addressOf('picture'), mediaType: 'image/png', size: 7, isCut: false },
      { id: 'nothing', href: addressOf('nothing'), mediaType: 'text/plain', size: 0, text: '', isCut: false },
    ]);
  });

  it.each([true, false])('reads no more than the beginning of a large text (by range: %s)', async (withRange) => {
    const { printed, read } = aResult('text/csv', Buffer.from('ü'.repeat(512 * KIB)), withRange);
    const [preview] = await previewOutputs([{ id: 'large', printed }], addressOf);
    expect(preview).toMatchObject({ size: 1024 * KIB, isCut: true, text: 'ü'.repeat(32 * KIB) });
    expect(read.bytes).toBeLessThanOrEqual(128 * KIB);
  });

  it('cuts no character in two', async () => {
    const { printed } = aResult('text/plain', Buffer.from('a' + 'ü'.repeat(64 * KIB)));
    const [preview] = await previewOutputs([{ id: 'large', printed }], addressOf);
    expect(preview?.text).toBe('a' + 'ü'.repeat(32 * KIB - 1));
  });

  it('shows no more than a page holds', async () => {
    const outputs = Array.from({ length: 20 }, (_, index) => ({
      id: String(index),
      printed: aResult('text/plain', Buffer.alloc(64 * KIB, 'x')).printed,
    }));
    const previews = await previewOutputs(outputs, addressOf);
    expect(previews).toHaveLength(20);
    expect(previews.filter(({ text }) => text !== undefined)).toHaveLength(16);
  });
});
