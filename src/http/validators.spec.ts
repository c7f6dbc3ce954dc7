import { describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validate } from './validators.js';

/** The status of an answer with the document `{}` to a client that has what these tags say. */
async function statusFor(tags: (tag: string) => string): Promise<number> {
  const headers = new Map<string, unknown>();
  const reply = {
    statusCode: 200,
    hasHeader: (name: string) => headers.has(name),
    getHeader: (name: string) => headers.get(name),
    header: (name: string, value: unknown) => headers.set(name, value) && reply,
    removeHeader: () => reply,
    status: (code: number) => Object.assign(reply, { statusCode: code }),
  };
  const ask = (condition?: string) =>
    validate(
      { method: 'GET', headers: { 'if-none-match': condition } } as unknown as FastifyRequest,
      reply as unknown as FastifyReply,
      '{}',
    );
  await ask();
  const opaque = String(headers.get('etag')).replace(/^W\/"(.*)"$/, '$1');
  await ask(tags(opaque));
  return reply.statusCode;
}

describe('a document that the client has', () => {
  it.each<[string, (tag: string) => string]>([
    ['as it was sent', (tag) => `W/"${tag}"`],
    ['as a strong one', (tag) => `"${tag}"`],
    ['marked by Apache', (tag) => `W/"${tag}-gzip"`],
    ['marked by Apache, for Brotli', (tag) => `"${tag}-br"`],
    ['marked by Jetty', (tag) => `W/"${tag}--gzip"`],
    ['marked with a semicolon', (tag) => `"${tag};gzip"`],
    ['among others', (tag) => `"a", W/"${tag}-gzip", "b-br"`],
    ['by an asterisk', () => '*'],
  ])('has not changed: a tag %s', async (_, tags) => expect(await statusFor(tags)).toBe(304));

  it.each<[string, (tag: string) => string]>([
    ['another', () => '"a-gzip"'],
    ['one with another end', (tag) => `"${tag}-other"`],
    ['one that is marked twice', (tag) => `"${tag}-gzip-br-x"`],
    ['no tag', (tag) => `${tag}-gzip`],
  ])('may have changed: %s', async (_, tags) => expect(await statusFor(tags)).toBe(200));
});
