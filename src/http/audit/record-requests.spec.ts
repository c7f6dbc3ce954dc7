import { afterEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { addLogFields } from '../../logging/log-fields.js';
import { followRequests, requestIdOf } from '../../logging/request-log.js';
import { ServerLogger } from '../../logging/server-logger.js';
import { ApiToken } from '../../ogc/api-token.js';
import { noteIdentity } from '../../ogc/requests/identity.js';
import { noteForRecord } from '../../ogc/requests/record.js';
import { AuditLog } from './audit-log.js';
import { recordRequests } from './record-requests.js';

const ANN = { issuer: 'tokens', subject: 'ann', name: 'Ann', groups: ['g'], roles: ['user'], means: 'token' } as const;

let server: FastifyInstance;
afterEach(() => server?.close());

function record({ hidesThings = true, status = 200 } = {}) {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const destination = {
    write: (line: string) => void (texts.push(line) && lines.push(JSON.parse(line) as Record<string, unknown>)),
    close: () => undefined,
  };
  server = fastify({ genReqId: requestIdOf });
  const silent = { write: () => undefined, close: () => undefined };
  followRequests(server, new ServerLogger({ logging: { level: 'ERROR' }, libraries: {}, destination: silent }));
  const log = new AuditLog(
    destination,
    (line) => line.replaceAll('secret', '[redacted]'),
    () => new Date('2026-01-01T00:00:00Z'),
  );
  recordRequests(server, log, { apiToken: new ApiToken('of-api'), hidesThings });
  server.addHook('onRequest', async (request) => {
    if (request.headers.authorization === 'Bearer of-ann') noteIdentity(request, ANN);
  });
  server.post('/processes/:processId/execution', async (_request, reply) => {
    addLogFields({ jobId: 'j-1' });
    return reply.status(201).send({});
  });
  server.get('/jobs/:jobId', async (_request, reply) => reply.status(status).send({}));
  server.get('/jobs/:jobId/results', async () => ({}));
  server.get('/jobs/:jobId/new-thing', async () => ({}));
  server.get('/jobs', async () => ({}));
  server.post('/jobs/dismissal', async (request) => {
    noteForRecord(request, { actor: { issuer: 'tokens', subject: 'bob', means: 'token' }, jobs: ['a', 'b'] });
    return {};
  });
  server.post('/sign-in', async (request, reply) => {
    noteForRecord(request, { showsToken: true });
    return reply.status(401).send({});
  });
  server.get('/jobs/:jobId/logs', (_request, reply) => void reply.hijack().raw.write('a line\n'));
  return { lines, texts };
}

describe('the record of requests', () => {
  it('says who did what with what outcome, and shows neither token, query nor body', async () => {
    const { lines, texts } = record();
    const headers = { authorization: 'Bearer of-ann', 'x-request-id': 'r-1' };
    const url = '/processes/hello/execution?key=hidden';
    await server.inject({
      method: 'POST',
      url,
      headers,
      payload: { inputs: { x: 'hidden' } },
      remoteAddress: '10.1.1.1',
    });
    expect(lines).toEqual([
      {
        stream: 'audit',
        time: '2026-01-01T00:00:00.000Z',
        requestId: 'r-1',
        who: { issuer: 'tokens', subject: 'ann', name: 'Ann', means: 'token' },
        address: '10.1.1.1',
        action: 'execute',
        method: 'POST',
        route: '/processes/:processId/execution',
        process: 'hello',
        job: 'j-1',
        outcome: { status: 201 },
        milliseconds: expect.any(Number),
      },
    ]);
    expect(texts.join()).not.toMatch(/hidden|of-ann/);
  });

  it('has who acted by a token in the body, and the jobs that were meant', async () => {
    const { lines } = record();
    await server.inject({ method: 'POST', url: '/jobs/dismissal' });
    expect(lines).toMatchObject([
      { who: { subject: 'bob', means: 'token' }, action: 'dismiss', jobs: ['a', 'b'], outcome: { status: 200 } },
    ]);
  });

  it('tells who showed a token in the body that is nobody’s from who showed none', async () => {
    const { lines } = record();
    for (const url of ['/sign-in', '/processes/hello/execution']) await server.inject({ method: 'POST', url });
    expect(lines.map(({ who }) => who)).toEqual([{ means: 'unknown token' }, { means: 'anonymous' }]);
  });

  it('has what a route does that it does not know, and no polls', async () => {
    const { lines } = record();
    for (const url of ['/jobs', '/jobs/j', '/jobs/j/results', '/jobs/j/new-thing', '/nothing'])
      await server.inject({ url });
    expect(lines.map(({ action }) => action)).toEqual(['results', 'GET /jobs/:jobId/new-thing']);
  });

  it.each([
    [401, true, 1],
    [403, true, 1],
    [429, false, 1],
    [404, true, 1],
    [404, false, 0],
    [304, true, 0],
  ])('has a poll that is answered %i where things are hidden (%s): %i lines', async (status, hidesThings, count) => {
    const { lines } = record({ status, hidesThings });
    await server.inject({ url: '/jobs/j' });
    expect(lines).toHaveLength(count);
  });

  it.each([
    [undefined, { means: 'anonymous' }],
    ['of-api', { issuer: 'tokens', subject: 'api', means: 'token' }],
    ['of-eve', { means: 'unknown token' }],
  ])('knows who has the token %s where there are no roles', async (token, who) => {
    const { lines } = record({ hidesThings: false });
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    await server.inject({ url: '/jobs/j/results', headers });
    expect(lines).toMatchObject([{ who }]);
  });

  it('escapes what is no text, and takes secrets out', async () => {
    const { texts } = record();
    await server.inject({ url: `/jobs/${encodeURIComponent('\u009b\n secret')}/results` });
    expect(texts.join()).toContain('"job":"\\u009b\\n [redacted]"');
    expect(texts.join().trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  it('has what is cut, by the client or the end of the server', async () => {
    const { lines } = record();
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.server.address() as AddressInfo;
    const ask = async (job: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`GET /jobs/${job}/logs HTTP/1.1\r\nhost: x\r\n\r\n`);
      await once(socket, 'data');
      return socket;
    };
    const [gone, left] = await Promise.all([ask('gone'), ask('left')]);
    gone?.destroy();
    const closing = server.close();
    server.server.closeAllConnections();
    await closing;
    left?.destroy();
    expect(lines.map(({ job, outcome }) => [job, outcome]).toSorted()).toEqual([
      ['gone', { status: 200, cut: true }],
      ['left', { status: 200, cut: true }],
    ]);
  });
});
