import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { toProblem } from '../../ogc/problem-mapper.js';
import { sendResults } from './send-results.js';

const ETAG = '"sha256"';

let fastify: FastifyInstance;
let bytes: Buffer;
beforeEach(() => {
  bytes = Buffer.from('0123456789');
  fastify = Fastify();
  fastify.setErrorHandler((error, _request, reply) => reply.status(toProblem(error)?.status ?? 500).send());
  fastify.get('/', (request, reply) =>
    sendResults(request, reply, {
      mediaType: 'text/csv',
      size: bytes.length,
      etag: ETAG,
      body: Readable.from([bytes], { objectMode: false }),
      range: ({ start, end = Infinity }) => Readable.from([bytes.subarray(start, end + 1)], { objectMode: false }),
    }),
  );
});
afterEach(() => fastify.close());

async function ask(range: string, others: Record<string, string> = {}) {
  const { statusCode, headers, payload } = await fastify.inject({ url: '/', headers: { range, ...others } });
  return [statusCode, headers['content-range'], ...(statusCode === 416 ? [] : [payload])];
}

describe('a result', () => {
  it.each([
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=0-0', 'bytes 0-0/10', '0'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=7-9999', 'bytes 7-9/10', '789'],
    ['bytes=-3', 'bytes 7-9/10', '789'],
    ['bytes=-9999', 'bytes 0-9/10', '0123456789'],
    ['Bytes= 2-4 , ', 'bytes 2-4/10', '234'],
    ['bytes=2-4, 10-', 'bytes 2-4/10', '234'],
  ])('gives the part that %s asks for', async (range, part, text) => {
    expect(await ask(range)).toEqual([206, part, text]);
  });

  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=10-, 20-'])('has nothing of %s', async (range) => {
    expect(await ask(range)).toEqual([416, 'bytes */10']);
  });

  it.each([
    'bytes=5-2',
    'bytes=0-1, 5-2',
    'bytes=-',
    'bytes=',
    'bytes=a-b',
    'bytes=1',
    'bytes',
    'lines=0-1',
    'bytes=0-1, 3-4',
  ])('is sent as a whole for %s', async (range) => expect(await ask(range)).toEqual([200, undefined, '0123456789']));

  it('that is empty has no part', async () => {
    bytes = Buffer.alloc(0);
    for (const range of ['bytes=0-', 'bytes=-5']) expect(await ask(range)).toEqual([416, 'bytes */0']);
  });

  it('is sent in part only to who has the beginning of the same bytes', async () => {
    expect(await ask('bytes=7-', { 'if-range': ETAG })).toEqual([206, 'bytes 7-9/10', '789']);
    for (const tag of [`W/${ETAG}`, '"other"'])
      expect(await ask('bytes=7-', { 'if-range': tag })).toEqual([200, undefined, '0123456789']);
  });
});
