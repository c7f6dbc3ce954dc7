import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';

/**
 * Destroys the streams that answers to `HEAD` would have for bodies, whose headers stay. Fastify reads them to their ends, as fast as they come,
 * once the client has its answer: all of an object in the store, or an archive that is made for nobody.
 */
export function readNothingForHead(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, _reply, payload: unknown, done) => {
    if (request.method !== 'HEAD' || !(payload instanceof Readable)) return done(null, payload);
    // What fails at the freeing of a body that nobody gets has nobody to be told of it.
    payload.on('error', () => undefined).destroy();
    // Fastify's own hook of such routes, which comes next, knows streams and no null.
    done(null, Readable.from([]));
  });
}
