import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Adds a hook for Fastify's `onRequest` that has to do with some requests only. What waits for a promise costs turns of the queue of
 * microtasks, and most hooks have nothing to do with most requests: these go by. Where there is a promise it is Fastify's, which looks whether
 * the request is answered, and catches what is thrown further on.
 * @param concerns whether there is anything to do; throws nothing
 */
export function hookRequests(
  fastify: FastifyInstance,
  concerns: (request: FastifyRequest) => boolean,
  hook: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!concerns(request)) return done();
    return hook(request, reply);
  });
}

/**
 * As {@link hookRequests}, for `onSend`.
 * @param hook resolves with what is sent in place of the payload
 */
export function hookAnswers(
  fastify: FastifyInstance,
  concerns: (request: FastifyRequest, reply: FastifyReply, payload: unknown) => boolean,
  hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<unknown>,
): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (!concerns(request, reply, payload)) return done(null, payload);
    return hook(request, reply, payload);
  });
}
