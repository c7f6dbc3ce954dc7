import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { compressAnswers } from './compression.js';
import { readNothingForHead } from './head-answers.js';
import { validate } from './validators.js';

/** A body of 10,000 bytes that says whether it was read. */
class Body extends Readable {
  hasBeenRead = false;

  constructor(private readonly failure: Error | null = null) {
    super();
  }

  override _read(): void {
    this.hasBeenRead = true;
    this.push(Buffer.alloc(10_000));
    this.push(null);
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    done(this.failure);
  }
}

const HEADERS = { 'content-type': 'text/csv', 'content-length': '10000', etag: '"a"', 'accept-ranges': 'bytes' };
const accepting = { 'accept-encoding': 'gzip' };

let fastify: FastifyInstance;
let body: Body;
beforeEach(() => {
  fastify = Fastify();
  fastify.addHook('onSend', validate);
  compressAnswers(fastify);
  readNothingForHead(fastify);
  fastify.get('/stream', (_request, reply) => reply.headers(HEADERS).send(body));
  fastify.head('/own', (_request, reply) => reply.headers(HEADERS).send(body));
  fastify.get('/text', (_request, reply) => reply.type('text/plain').send('a'.repeat(2000)));
  fastify.get('/nothing', (_request, reply) => reply.status(204).send());
});
afterEach(() => fastify.close());

describe('an answer to HEAD', () => {
  it.each(['/stream', '/own'])('has the headers of a stream that is not read (%s)', async (url) => {
    body = new Body();
    const { statusCode, headers, rawPayload } = await fastify.inject({ method: 'HEAD', url, headers: accepting });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject(HEADERS);
    expect([rawPayload.length, body.hasBeenRead, body.destroyed]).toEqual([0, false, true]);
  });

  it('is one though its stream cannot be freed', async () => {
    body = new Body(new Error('The file is gone.'));
    const { statusCode } = await fastify.inject({ method: 'HEAD', url: '/stream' });
    expect([statusCode, body.errored?.message]).toEqual([200, 'The file is gone.']);
  });

  it('is that of GET where there is no stream', async () => {
    const { headers } = await fastify.inject({ method: 'HEAD', url: '/text' });
    expect(headers).toMatchObject({ 'content-length': '2000', etag: expect.stringMatching(/^W\//) });
    const ask = { method: 'HEAD', url: '/text', headers: { 'if-none-match': String(headers.etag) } } as const;
    expect((await fastify.inject(ask)).statusCode).toBe(304);
    expect((await fastify.inject({ method: 'HEAD', url: '/nothing' })).statusCode).toBe(204);
  });
});

it('an answer to GET has its stream', async () => {
  body = new Body();
  const { rawPayload, headers } = await fastify.inject({ url: '/stream' });
  expect([rawPayload.length, headers['content-length']]).toEqual([10_000, '10000']);
});
