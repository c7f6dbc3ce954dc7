import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { hookAnswers, hookRequests } from './hooks.js';

describe('hooks that have to do with some requests', () => {
  let app: FastifyInstance;
  let handled: string[];

  beforeEach(() => {
    app = fastify();
    handled = [];
    hookRequests(
      app,
      ({ url }) => url !== '/other',
      async ({ url }, reply) => {
        if (url === '/refused') throw Object.assign(new Error('no'), { statusCode: 403 });
        if (url === '/answered') return reply.status(202).send('early');
      },
    );
    hookAnswers(
      app,
      (_request, reply) => reply.statusCode === 200,
      async ({ url }, _reply, payload) => {
        if (url === '/broken') throw new Error('broken');
        return `${String(payload)}, changed`;
      },
    );
    app.get('/unwritable', (_request, reply) => reply.header('content-type', 'text/plain; title=–').send('whole'));
    app.get('/*', async ({ url }, reply) => {
      handled.push(url);
      return reply.status(url === '/other' ? 201 : 200).send('whole');
    });
  });

  afterEach(() => app.close());

  it.each([
    ['/concerned', 200, 'whole, changed'],
    ['/other', 201, 'whole'],
  ])('answers %s by %i', async (url, status, text) => {
    const { statusCode, body } = await app.inject(url);
    expect([statusCode, body, handled]).toEqual([status, text, [url]]);
  });

  it.each([
    ['/refused', 403],
    ['/answered', 202],
  ])('do not let %s through', async (url, status) => {
    expect((await app.inject(url)).statusCode).toBe(status);
    expect(handled).toEqual([]);
  });

  it.each(['/broken', '/unwritable'])('fail with the answer %s', async (url) => {
    expect((await app.inject(url)).statusCode).toBe(500);
  });
});
