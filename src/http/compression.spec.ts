import { describe, expect, it } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import fastify, { type FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Links } from '../ogc/links.js';
import type { Pages } from '../ogc/pages.js';
import { ProblemFilter } from '../ogc/problem.filter.js';
import { compressAnswers } from './compression.js';
import { validate } from './validators.js';

const text = 'OGC API - Processes '.repeat(200);

async function answer(send: (reply: FastifyReply) => FastifyReply, headers: Record<string, string> = {}) {
  const server = fastify();
  compressAnswers(server);
  server.get('/', (_request, reply) => send(reply));
  const response = await server.inject({ url: '/', headers });
  await server.close();
  return response;
}
const plain = (reply: FastifyReply) => reply.type('text/plain').send(text);
const accepting = { 'accept-encoding': 'deflate, gzip;q=0.8' };

describe('an answer', () => {
  it('is compressed for who asks for gzip', async () => {
    const { headers, rawPayload } = await answer(plain, accepting);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(Number(headers['content-length'])).toBe(rawPayload.length);
    expect(gunzipSync(rawPayload).toString()).toBe(text);
  });

  it('is compressed as a stream, without a length that is wrong', async () => {
    const { headers, rawPayload } = await answer(
      (reply) =>
        reply
          .type('application/geo+json')
          .header('content-length', text.length)
          .send(Readable.from([text])),
      accepting,
    );
    expect(headers['content-length']).toBeUndefined();
    expect(gunzipSync(rawPayload).toString()).toBe(text);
  });

  it('has a weak tag and no ranges where it is compressed, for these are of the bytes as they are', async () => {
    const tagged = (tag: string) => (reply: FastifyReply) =>
      plain(reply.headers({ etag: tag, 'accept-ranges': 'bytes' }));
    expect((await answer(tagged('"a"'), accepting)).headers).toMatchObject({ etag: 'W/"a"' });
    expect((await answer(tagged('W/"a"'), accepting)).headers).toMatchObject({ etag: 'W/"a"' });
    expect((await answer(tagged('"a"'), accepting)).headers['accept-ranges']).toBeUndefined();
    expect((await answer(tagged('"a"'))).headers).toMatchObject({ etag: '"a"', 'accept-ranges': 'bytes' });
  });

  it('that the client has, compressed or not, is not sent again', async () => {
    const server = fastify();
    server.addHook('onSend', validate);
    compressAnswers(server);
    server.get('/', (_request, reply) => plain(reply.header('etag', '"a"')));
    expect((await server.inject({ url: '/', headers: accepting })).headers.etag).toBe('W/"a"');
    for (const tag of ['W/"a"', '"a"']) {
      const { statusCode, payload } = await server.inject({
        url: '/',
        headers: { ...accepting, 'if-none-match': tag },
      });
      expect([statusCode, payload]).toEqual([304, '']);
    }
    await server.close();
  });

  it('whose stream breaks before anything is sent is a problem as it is, not one in gzip', async () => {
    const server = fastify();
    compressAnswers(server);
    const problems = new ProblemFilter({ base: () => '' } as unknown as Links, { areServed: false } as Pages);
    server.setErrorHandler((error, request, reply) => problems.answer(error, request, reply));
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new NotFoundException('It is gone.'));
        },
      });
    server.get('/', (_request, reply) => reply.type('text/plain').send(broken()));
    const { statusCode, headers, json } = await server.inject({ url: '/', headers: accepting });
    await server.close();
    expect([statusCode, headers['content-encoding'], json()]).toMatchObject([
      404,
      undefined,
      { detail: 'It is gone.' },
    ]);
  });

  it.each([
    [{}],
    [{ 'accept-encoding': 'br' }],
    [{ 'accept-encoding': 'gzip;q=0' }],
    [{ 'accept-encoding': 'identity, gzip;q=0.5' }],
  ])('stays as it is for %j', async (headers) => {
    const response = await answer(plain, headers as Record<string, string>);
    expect([response.headers['content-encoding'], response.payload]).toEqual([undefined, text]);
    expect(response.headers['vary']).toBe('Accept-Encoding');
  });

  it.each([
    ['binary', (reply: FastifyReply) => reply.type('image/tiff').send(Buffer.from(text))],
    ['of no media type', (reply: FastifyReply) => reply.send(Readable.from([text]))],
    ['short', (reply: FastifyReply) => reply.type('text/plain').send('short')],
    [
      'encoded already',
      (reply: FastifyReply) => reply.type('text/plain').header('content-encoding', 'br').send(Buffer.from(text)),
    ],
    ['a stream of events', (reply: FastifyReply) => reply.type('text/event-stream').send(Readable.from([text]))],
    ['a part', (reply: FastifyReply) => reply.type('text/plain').status(206).send(text)],
  ])('stays as it is when it is %s', async (_what, send) => {
    expect((await answer(send, accepting)).headers['content-encoding']).not.toBe('gzip');
  });

  it('comes out as it was even where its media type is wrong and it is gzip itself', async () => {
    const bytes = gzipSync(Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * index) % 251)));
    const { rawPayload, headers } = await answer(
      (reply) => reply.type('application/json').send(Readable.from([bytes])),
      accepting,
    );
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(rawPayload)).toEqual(bytes);
  });

  it('keeps what it depends on otherwise', async () => {
    const { headers } = await answer((reply) => plain(reply.header('vary', 'Accept-Language')), accepting);
    expect(headers['vary']).toBe('Accept-Language, Accept-Encoding');
  });
});
