import { expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { Access } from '../../access/access.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { admitBodies } from './body-admission.js';
import { BodyBudget } from './body-budget.js';

it('a body whose sender went while it was asked who that is takes no room', async () => {
  const fastify = Fastify();
  const budget = new BodyBudget(1_000_000);
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<boolean>();
  const access = {
    permits: () => {
      asked.resolve();
      return answered.promise;
    },
  } as unknown as Access;
  const processes = { find: () => ({}) } as unknown as ProcessRegistry;
  const closed = Promise.withResolvers<void>();
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.raw.once('close', () => closed.resolve());
    done();
  });
  admitBodies(fastify, { access, processes, budget, isStreamed: () => false });
  // Next after the body was admitted.
  const admitted = Promise.withResolvers<void>();
  fastify.addHook('onRequest', async () => admitted.resolve());
  fastify.post('/processes/:processId/execution', async () => ({}));
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  try {
    const client = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    client.write(
      'POST /processes/echo/execution HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}',
    );
    await asked.promise;
    client.destroy();
    await closed.promise;
    answered.resolve(true);
    await admitted.promise;
    expect(budget.inFlight).toBe(0);
  } finally {
    await fastify.close();
  }
});
