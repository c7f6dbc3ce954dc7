import { afterEach, describe, expect, it } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { documentOf, type UnreadValue } from '../../json/unread-value.js';
import { UnauthorizedError } from '../../ogc/domain-errors.js';
import { ByteBudget } from '../../outbound/byte-budget.js';
import type { FormPart } from '../browser/form/form-part.js';
import { partsOfMultipart } from './multipart.js';
import { UploadReading, type UploadTerms } from './upload-reading.js';

const BOUNDARY = 'boundary';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A part of a form; with a file name it is a file. */
const part = (name: string, content: string | Buffer, fileName?: string) =>
  Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}\r\n` +
        `${fileName === undefined ? '' : 'Content-Type: application/octet-stream\r\n'}\r\n`,
    ),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ]);
const END = Buffer.from(`--${BOUNDARY}--\r\n`);
const disk = new ByteBudget(10_000_000);
const readings: UploadReading[] = [];
afterEach(async () => {
  for (const reading of readings.splice(0)) await reading.dispose();
  expect(disk.inUse).toBe(0);
});

const inPieces = (whole: Buffer, size: number) => {
  const count = Math.ceil(whole.length / size);
  const pieces = Array.from({ length: count }, (_, at) => whole.subarray(at * size, (at + 1) * size));
  return Readable.from(pieces, { objectMode: false });
};

const read = async (
  sent: readonly Buffer[] | Readable,
  {
    type = TYPE,
    most = 1_000_000,
    piece = 1000,
    ...terms
  }: Partial<UploadTerms> & { type?: string; most?: number; piece?: number } = {},
) => {
  const parts: FormPart[] = [];
  const reading = new UploadReading(
    {
      inputs: {
        features: { schema: { type: 'object' } },
        text: { schema: { type: 'string' } },
        image: { schema: { type: 'string', contentEncoding: 'base64' } },
      },
      inline: undefined,
      takesUnread: true,
      mostInMemory: 1000,
      mostOfUnknown: 200,
      authorize: () => Promise.resolve(),
      reserveMemory: () => undefined,
      disk: disk.open(),
      ...terms,
    },
    parts,
  );
  readings.push(reading);
  const body = sent instanceof Readable ? sent : inPieces(Buffer.concat(sent), piece);
  let size = 0;
  const received = (bytes: number) => {
    size += bytes;
    if (size > most) throw new Error('too large');
  };
  const options = { received, gaveWay: reading.gaveWay };
  for await (const arriving of partsOfMultipart(body, type, options)) await reading.take(arriving);
  reading.assertRight();
  return parts;
};
const valueOf = (found: FormPart | undefined) => (found && 'file' in found ? found.file.value : undefined);
const long = (size: number) => JSON.stringify({ name: 'ä'.repeat(size) });

describe('a form with files', () => {
  it.each([1, 7, 1000])('is read field by field, in pieces of %s bytes', async (piece) => {
    const parts = await read(
      [
        part('token', 'secret'),
        part('input.ü', 'ä\r\nb'),
        part('input.features', '{"a":1.0}', 'ä.geojson'),
        part('input.image', Buffer.from([0, 255]), 'i.tif'),
        part('input.text', '', ''),
        END,
      ],
      { piece },
    );
    expect(JSON.stringify(parts)).toBe(
      JSON.stringify([
        { name: 'token', text: 'secret' },
        { name: 'input.ü', text: 'ä\r\nb' },
        { name: 'input.features', file: { fileName: 'ä.geojson', value: 0, isArray: false } },
        { name: 'input.image', file: { fileName: 'i.tif', value: 'AP8=', isArray: false } },
      ]).replace('"value":0', '"value":{"a":1.0}'),
    );
  });

  it('gives files that are too large to be looked at as values that are written as they are', async () => {
    const features = long(300_000);
    const image = Buffer.from(Array.from({ length: 4000 }, (_, at) => at % 256));
    const words = 'ä"\n😀'.repeat(1000);
    const parts = await read([
      part('input.features', `\ufeff${features}`, 'a'),
      part('input.image', image, 'b'),
      part('input.text', words, 'c'),
      END,
    ]);
    const [one, two, three] = parts.map(valueOf) as UnreadValue[];
    expect([one?.type, two?.type, three?.type]).toEqual(['object', 'string', 'string']);
    const document = documentOf({ name: 'x', features: one, list: [two, 1], words: three });
    const written = await text(document.body());
    expect(Buffer.byteLength(written)).toBe(document.size);
    expect(JSON.parse(written)).toEqual({
      name: 'x',
      features: JSON.parse(features) as unknown,
      list: [image.toString('base64'), 1],
      words,
    });
    expect(JSON.parse(JSON.stringify({ one }))).toEqual({
      one: { omitted: { size: Buffer.byteLength(features) + 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    });
  });

  it('is at fault with each file that is no JSON, small or large, or of no input', async () => {
    const bytes = [
      part('input.features', '{"a":', 'a'),
      part('input.features', `${long(2000)},"other":2`, 'a'),
      part('input.other', 'x', 'a'),
      END,
    ];
    await expect(read(bytes)).rejects.toMatchObject({
      faults: [
        { pointer: '/inputs/features', message: expect.stringMatching(/^must be JSON \(Expected a value at line 1/) },
        { pointer: '/inputs/features', message: expect.stringContaining('nothing more after the value') },
        { pointer: '/inputs/other', message: 'is no input that takes a file; known are features, text, image' },
      ],
    });
  });

  it('is refused at the fields whose files are larger than the process takes, with what would allow them', async () => {
    const bytes = [part('input.features', long(100), 'a'), part('input.text', 'x'.repeat(2000), 'b'), END];
    const inline = { most: 150, reason: 'for the KEY says so.' };
    await expect(read(bytes, { inline })).rejects.toMatchObject({
      name: 'InputsTooLargeError',
      faults: [
        {
          pointer: '/inputs/features',
          message: 'has more than the 150 bytes that inputs of this process may have, for the KEY says so.',
        },
        { pointer: '/inputs/text' },
      ],
    });
    await expect(read(bytes, { takesUnread: false })).rejects.toMatchObject({
      faults: [{ pointer: '/inputs/text', message: expect.stringContaining('server.max_request_bytes') }],
    });
  });

  it('asks whether its sender may before a file is read, with the token that came before', async () => {
    const asked: unknown[] = [];
    const authorize = (token: string | undefined) => {
      asked.push(token);
      return token === 'right' ? Promise.resolve() : Promise.reject(new UnauthorizedError('no'));
    };
    await read([part('token', 'right'), part('input.text', 'a', 'a'), part('input.text', 'a', 'a'), END], {
      authorize,
    });
    await expect(read([part('input.text', 'a', 'a'), END], { authorize })).rejects.toThrow(UnauthorizedError);
    await expect(read([part('input.text', 'x'.repeat(201)), END], { authorize })).rejects.toThrow(UnauthorizedError);
    // Also of an empty file: what is wrong with it tells of the process.
    await expect(read([part('input.zz', '', 'a'), END], { authorize })).rejects.toThrow(UnauthorizedError);
    expect(asked).toEqual(['right', undefined, undefined, undefined]);
  });

  it('is refused where the token comes after a file', async () => {
    await expect(read([part('input.text', 'a', 'a'), part('token', 'x'), END])).rejects.toMatchObject({
      faults: [{ pointer: '/token', message: expect.stringContaining('must come before files') }],
    });
  });

  it.each([
    [
      'has another boundary',
      [part('input.text', 'a'), END],
      { type: 'multipart/form-data; boundary=other' },
      /no multipart\/form-data/,
    ],
    ['names no boundary', [END], { type: 'multipart/form-data' }, /Boundary not found/],
    ['is cut', [part('input.text', 'a', 'a').subarray(0, -4)], {}, /no multipart\/form-data: Unexpected end/],
    ['has too many parts', [...Array.from({ length: 501 }, () => part('a', '')), END], {}, /more than 500 parts/],
    ['has more bytes than it may', [part('input.text', 'x'.repeat(1000), 'a'), END], { most: 999 }, /too large/],
    ['has longer texts than may be held', [part('a', 'x'.repeat(1001)), END], {}, /at most 1000 bytes/],
    [
      'has a part without a name',
      [Buffer.from(part('a', 'b').toString().replace('; name="a"', '')), END],
      {},
      /without a name/,
    ],
  ])('is refused where it %s', async (_what, bytes, terms, message) => {
    await expect(read(bytes, terms)).rejects.toThrow(message);
  });

  it('is read no further where its files come slowly, and have to give way to those of others', async () => {
    let now = 0;
    const small = new ByteBudget(1000, () => now);
    const body = new PassThrough();
    const slow = read(body, { disk: small.open() });
    body.write(Buffer.concat([part('input.text', 'x'.repeat(900), 'a')]));
    for (let turns = 0; turns < 1000 && small.inUse === 0; turns += 1) await setImmediate();
    now = 60_000;
    small.open().reserve(1000);
    await expect(slow).rejects.toThrow('No more than 1000 bytes are held at a time.');
    expect([body.listenerCount('data'), small.inUse]).toEqual([0, 1000]);
  });

  it('is refused where the server holds as many files as it may', async () => {
    const small = new ByteBudget(100);
    await expect(read([part('input.text', 'x'.repeat(101), 'a'), END], { disk: small.open() })).rejects.toThrow(
      '100 bytes',
    );
  });
});
