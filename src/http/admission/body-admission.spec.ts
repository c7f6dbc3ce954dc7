import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import type { Access } from '../../access/access.js';
import { toProblem } from '../../ogc/problem-mapper.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { admitBodies, UNKNOWN_LIMIT } from './body-admission.js';
import { BodyBudget, type BodySender } from './body-budget.js';

const LIMIT = 1024 * 1024;
const EXECUTING = ['execution', 'jobs', 'validation', 'form'].map((name) => `/processes/:processId/${name}`);
const OTHERS = ['/sign-in', '/sign-out', '/jobs/dismissal', '/jobs/:jobId/dismissal', '/jobs/:jobId/share', '/new'];

class Budget extends BodyBudget {
  readonly known: boolean[] = [];

  override open(sender: BodySender) {
    this.known.push(sender.isKnown);
    return super.open(sender);
  }
}

let server: FastifyInstance;
let budget: Budget;
afterEach(() => server.close());

function start(bodyLimit = LIMIT): void {
  server = fastify({ bodyLimit });
  budget = new Budget(8 * LIMIT);
  const access = {
    permits: async (_: string, { token }: { token?: string }) => token === 'right',
    logRefusal: () => undefined,
  };
  admitBodies(server, {
    access: access as unknown as Access,
    processes: { find: () => ({}) } as unknown as ProcessRegistry,
    budget,
    isStreamed: () => false,
  });
  server.setErrorHandler((error, _, reply) => reply.status(toProblem(error)?.status ?? 500).send(String(error)));
  for (const url of [...EXECUTING, ...OTHERS]) server.post(url, async () => 'read');
  server.delete('/jobs/:jobId', async () => 'read');
}

async function send(
  url: string,
  bytes: number,
  { token, method = 'POST' }: { token?: string; method?: 'DELETE' | 'POST' } = {},
) {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const payload = JSON.stringify('x'.repeat(bytes - 2));
  return (await server.inject({ method, url: url.replaceAll(/:\w+/g, 'a'), headers, payload })).statusCode;
}

describe('the body of a request', () => {
  beforeEach(() => start());

  it.each([...OTHERS.map((url) => [url, 'POST'] as const), ['/jobs/:jobId', 'DELETE'] as const])(
    'that executes nothing is a small one, and takes no room of those who are known: %s',
    async (url, method) => {
      for (const token of [undefined, 'right']) {
        expect(await send(url, UNKNOWN_LIMIT, { method, token })).toBe(200);
        expect(await send(url, UNKNOWN_LIMIT + 1, { method, token })).toBe(413);
      }
      expect(budget.known).toEqual([false, false]);
    },
  );

  it.each(EXECUTING)('that executes is as large as may be of who may, and a small one of others: %s', async (url) => {
    expect(await send(url, LIMIT, { token: 'right' })).toBe(200);
    expect(await send(url, UNKNOWN_LIMIT)).toBe(200);
    expect(await send(url, UNKNOWN_LIMIT + 1)).toBe(401);
    expect(budget.known).toEqual([true, false]);
  });

  it('takes no room of those who are known where all bodies are small ones, either', async () => {
    await server.close();
    start(1000);
    for (const url of [...EXECUTING, ...OTHERS]) {
      expect(await send(url, 1000)).toBe(200);
      expect(await send(url, 1001)).toBe(413);
    }
    expect(new Set(budget.known)).toEqual(new Set([false]));
  });
});
