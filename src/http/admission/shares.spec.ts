import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { PassThrough } from 'node:stream';
import type { Share, Shared } from '../../ogc/requests/share.js';
import { shareOf } from '../../ogc/requests/share.js';
import { readShares } from './shares.js';

describe('a request that follows a link for others', () => {
  let server: FastifyInstance;
  let asked: string[] = [];
  const noted: (Share | undefined)[] = [];
  let end = new Date(Date.now() + 60_000);

  beforeEach(() => {
    asked = [];
    noted.length = 0;
    end = new Date(Date.now() + 60_000);
    server = fastify({ forceCloseConnections: true });
    const open = (token: string) =>
      /^(?:page|results)$/.test(token)
        ? { for: token as Shared, end, isOf: (uid: string) => uid === 'uid' }
        : undefined;
    const find = async (jobId: string) => {
      asked.push(jobId);
      return jobId === 'none' ? undefined : { uid: jobId === 'again' ? 'another' : 'uid' };
    };
    readShares(server, { open }, { find });
    server.addHook('onRequest', async (request) => void noted.push(shareOf(request)));
    const answer = async () => 'answer';
    for (const path of ['', '/results', '/results/:outputId', '/results/:outputId/:index', '/logs'])
      server.get(`/jobs/:jobId${path}`, answer);
    server.delete('/jobs/:jobId', answer);
    server.get('/jobs/:jobId/events', (_, reply) => {
      const events = new PassThrough();
      events.write('event');
      return reply.send(events);
    });
  });
  afterEach(() => server.close());

  const statusOf = async (method: 'GET' | 'HEAD' | 'DELETE', url: string) =>
    (await server.inject({ method, url })).statusCode;

  it.each([
    ['GET', '/jobs/a?share=page', 'page'],
    ['GET', '/jobs/a/results?share=page', 'page'],
    ['HEAD', '/jobs/a/results/x/0?share=results', 'results'],
  ] as const)('has it noted: %s %s', async (method, url, what) => {
    expect(await statusOf(method, url)).toBe(200);
    expect(noted).toEqual([{ jobId: 'a', uid: 'uid', for: what, end, token: what }]);
  });

  it.each([
    '/jobs/a?share=results',
    '/jobs/again?share=page',
    '/jobs/none?share=page',
    '/jobs/a/results?share=page&share=page',
  ])('goes no further where the link opens nothing: %s', async (url) => {
    expect(await statusOf('GET', url)).toBe(500);
    expect(noted).toEqual([]);
  });

  it('is refused before any job is looked for, where the link is not genuine', async () => {
    for (const id of ['a', 'none']) expect(await statusOf('GET', `/jobs/${id}?share=x`)).toBe(500);
    expect(asked).toEqual([]);
  });

  it('is as any other elsewhere', async () => {
    expect(await statusOf('GET', '/jobs/a/logs?share=page')).toBe(200);
    expect(await statusOf('DELETE', '/jobs/a?share=page')).toBe(200);
    expect([noted, asked]).toEqual([[undefined, undefined], []]);
  });

  it('ends with the link, where it goes on', async () => {
    end = new Date(Date.now() + 200);
    const address = await server.listen({ port: 0, host: '127.0.0.1' });
    const all = fetch(`${address}/jobs/a/events?share=page`).then((answer) => answer.text());
    await expect(all).rejects.toThrow();
  });
});
