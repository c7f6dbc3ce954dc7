import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { toProblem } from '../ogc/problem-mapper.js';
import { type Admission, admitBodies } from './admission/body-admission.js';
import { BodyBudget } from './admission/body-budget.js';
import { readBodies } from './request-bodies.js';

const LIMIT = 100_000;
const value = { text: 'Grüße 世界 '.repeat(1_000) };
const json = Buffer.from(JSON.stringify(value));

let fastify: FastifyInstance;
let seen: unknown;
beforeEach(async () => {
  seen = undefined;
  fastify = Fastify({ bodyLimit: LIMIT });
  const isStreamed: Admission['isStreamed'] = ({ routeOptions }) => routeOptions.url === '/as-sent';
  readBodies(fastify, admitBodies(fastify, { budget: new BodyBudget(20 * LIMIT), isStreamed }));
  fastify.setErrorHandler((error, _request, reply) => {
    const mapped = toProblem(error);
    return reply
      .status(mapped?.status ?? 500)
      .headers(mapped?.headers ?? {})
      .send(mapped?.problem ?? String(error));
  });
  fastify.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => body.toString('hex'),
  );
  for (const path of ['/', '/as-sent'])
    fastify.post(path, async ({ body }) => {
      seen = body;
      return { read: true };
    });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => fastify.close());

const port = () => (fastify.server.address() as AddressInfo).port;

/** @param chunked leaves the length open */
async function post(body: Buffer, headers: Record<string, string>, { path = '/', chunked = false } = {}) {
  const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
  const sent = request({
    port: port(),
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...length, ...headers },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const problem = JSON.parse(await text(answer)) as { type: string; detail: string };
  return { status: answer.statusCode, headers: answer.headers, problem };
}

const codings: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['br', (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ['identity', (bytes) => bytes],
];

describe('a body', () => {
  it.each(codings)('in the coding %s is read, of known length or not', async (coding, encode) => {
    for (const chunked of [false, true]) {
      seen = undefined;
      const { status } = await post(encode(json), { 'content-encoding': coding }, { chunked });
      expect([status, seen]).toEqual([200, value]);
    }
  });

  it.each(['deflate', 'compress', 'gzip, zstd', 'constructor'])(
    'in the coding %s is refused with those that are read',
    async (coding) => {
      const { status, headers, problem } = await post(deflateSync(json), { 'content-encoding': coding });
      expect([status, headers['accept-encoding'], problem.type]).toEqual([
        415,
        'gzip, zstd, br',
        '/problems/unsupported-content-coding',
      ]);
      expect(problem.detail).toContain(`"${coding}"`);
      expect(seen).toBeUndefined();
    },
  );

  it('larger than the limit is refused with the limit and what was sent', async () => {
    const large = Buffer.alloc(LIMIT + 1, ' ');
    const known = await post(large, {});
    expect([known.status, known.problem.type, known.headers.connection]).toEqual([
      413,
      '/problems/content-too-large',
      'keep-alive',
    ]);
    expect(known.problem.detail).toContain('at most 100000 bytes');
    expect(known.problem.detail).toContain('has 100001 bytes (Content-Length)');
    const counted = await post(Buffer.alloc(2 * LIMIT, ' '), {}, { chunked: true });
    expect(counted.status).toBe(413);
    const [, arrived] = /at most 100000 bytes.* (\d+) had arrived/.exec(counted.problem.detail) ?? [];
    expect(Number(arrived)).toBeGreaterThan(LIMIT);
    expect((await post(Buffer.concat([json, Buffer.alloc(LIMIT - json.length, ' ')]), {})).status).toBe(200);
  });

  it.each(codings.filter(([coding]) => ['gzip', 'zstd', 'br'].includes(coding)))(
    'of %s that unfolds to more is cut off where the limit is, not unfolded',
    async (coding, encode) => {
      const bomb = encode(Buffer.alloc(50_000_000));
      expect(bomb.length).toBeLessThan(LIMIT * 3);
      const part = bomb.subarray(0, LIMIT);
      const { status, problem } = await post(part, { 'content-encoding': coding });
      const [, unfolded] = new RegExp(`unfolds from ${coding} to more \\((\\d+) bytes`).exec(problem.detail) ?? [];
      expect([status, Number(unfolded) > LIMIT, Number(unfolded) < 3 * LIMIT]).toEqual([413, true, true]);
      expect(problem.detail).toContain(`the body has ${part.length} bytes`);
      expect(seen).toBeUndefined();
    },
  );

  it('asks for no more memory than HTTP allows a coding', async () => {
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 };
    const wide = zstdCompressSync(json, { params, pledgedSrcSize: undefined });
    // With the size of its content the frame needs no more than that; without it the whole window.
    expect((await post(wide, { 'content-encoding': 'zstd' })).status).toBe(200);
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (27 - 10) << 3]);
    const { status, problem } = await post(Buffer.concat([header, Buffer.from([0x01, 0, 0])]), {
      'content-encoding': 'zstd',
    });
    expect([status, problem.detail]).toEqual([400, expect.stringContaining('is not in the coding zstd')]);
  });

  it.each(codings.slice(0, 5))(
    'that is no %s although it says so, or breaks off, is refused',
    async (coding, encode) => {
      for (const wrong of [json, encode(json).subarray(0, -5)]) {
        const { status, problem } = await post(wrong, { 'content-encoding': coding });
        expect([status, problem.type]).toEqual([400, '/problems/invalid-request']);
        expect(problem.detail).toMatch(/is not in the coding (gzip|zstd|br) that Content-Encoding names/);
      }
    },
  );

  it('is taken as it is sent where that is asked for, and where there is none nothing is asked', async () => {
    const bytes = gzipSync(json);
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/octet-stream' };
    expect((await post(bytes, headers, { path: '/as-sent' })).status).toBe(200);
    expect(seen).toBe(bytes.toString('hex'));
    const empty = await fastify.inject({ method: 'GET', url: '/nowhere', headers: { 'content-encoding': 'odd' } });
    expect(empty.statusCode).toBe(404);
  });

  it('that breaks off with its connection harms nobody', async () => {
    const socket = connect(port(), '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n',
    );
    socket.write(gzipSync(json).subarray(0, 20));
    const [connection] = (await once(fastify.server, 'request')) as [IncomingMessage];
    socket.destroy();
    await new Promise((resolve) => connection.on('error', () => undefined).once('close', resolve));
    expect((await post(json, {})).status).toBe(200);
  });
});
