import { afterEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogLevel } from '../config/configuration.js';
import { addLogFields } from './log-fields.js';
import { followRequests, requestIdOf } from './request-log.js';
import { ServerLogger } from './server-logger.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const JOB = '0192a7f0-0000-7000-8000-000000000001';

let server: FastifyInstance;
afterEach(() => server?.close());

function serverWith(level: LogLevel, libraries: Record<string, LogLevel> = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as object as never), close() {} };
  const logger = new ServerLogger({ logging: { level }, libraries, destination });
  server = fastify({ genReqId: requestIdOf });
  followRequests(server, logger, () => ({ subject: 'ann', means: 'token' }));
  server.post('/processes/:processId/execution', async () => {
    logger.log('before', 'Test');
    addLogFields({ jobId: JOB });
    await delay(1);
    logger.log('after', 'Test');
    return {};
  });
  server.get('/jobs/:jobId', async () => ({}));
  return lines;
}

describe('requests', () => {
  it('have an id, which the answer and each line that they cause have, too', async () => {
    const lines = serverWith('INFO');
    const headers = { 'x-request-id': 'abc-1' };
    const answers = await Promise.all([
      server.inject({ method: 'POST', url: '/processes/a/execution', headers, payload: { inputs: {} } }),
      server.inject({ method: 'POST', url: '/processes/b/execution', payload: { inputs: {} } }),
    ]);
    const [given, made] = answers.map((answer) => answer.headers['x-request-id']);
    expect([given, made]).toEqual(['abc-1', expect.stringMatching(UUID)]);
    for (const [requestId, processId] of [
      [given, 'a'],
      [made, 'b'],
    ]) {
      const own = lines.filter((line) => line['requestId'] === requestId);
      expect(own).toMatchObject([
        { msg: 'before', processId },
        { msg: 'after', processId, jobId: JOB },
      ]);
    }
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a"b', 'a;b', '\u00e9'])(
    'have one of their own where the client’s is %j',
    (id) => {
      expect(requestIdOf({ headers: { 'x-request-id': id } })).toMatch(UUID);
    },
  );

  it('are logged at DEBUG, without query string and headers, under their id', async () => {
    const lines = serverWith('DEBUG');
    const headers = { authorization: 'Bearer hidden', 'x-request-id': 'r' };
    await server.inject({ url: `/jobs/${JOB}?token=hidden`, headers });
    await server.inject({ url: '/jobs/x%C2%9B%0A?token=hidden', headers });
    await server.inject({ url: '/nothing', headers });
    expect(lines).toMatchObject([
      {
        level: 'debug',
        logger: 'HttpRequest',
        requestId: 'r',
        jobId: JOB,
        http: {
          method: 'GET',
          path: `/jobs/${JOB}`,
          status: 200,
          milliseconds: expect.any(Number),
          subject: 'ann',
          means: 'token',
        },
        msg: expect.stringMatching(`^GET /jobs/${JOB} 200 \\d+ ms$`),
      },
      { requestId: 'r', msg: expect.stringMatching(/^GET \/jobs\/x%C2%9B%0A 200 \d+ ms$/) },
      { requestId: 'r', http: { status: 404 } },
    ]);
    expect(lines[1]).not.toHaveProperty('jobId');
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });

  it('are not logged otherwise, but by their library’s level', async () => {
    const silent = serverWith('INFO');
    await server.inject({ url: '/nothing' });
    expect(silent).toEqual([]);
    await server.close();
    const lines = serverWith('ERROR', { werkzeug: 'DEBUG' });
    await server.inject({ url: '/nothing' });
    expect(lines).toHaveLength(1);
  });
});
