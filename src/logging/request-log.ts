import type { FastifyReply, FastifyRequest } from 'fastify';
import { REQUEST_LOG } from './log-levels.js';
import type { ServerLogger } from './server-logger.js';

/**
 * A hook for Fastify's `onResponse` that logs each answer at DEBUG: method, path, status, milliseconds. Neither the query string nor any header,
 * which may hold what is nobody's business. Undefined where it would write nothing.
 */
export function requestLog(
  logger: ServerLogger,
): ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) | undefined {
  if (!logger.isEnabled(REQUEST_LOG, 'DEBUG')) return undefined;
  return async (request, reply) => {
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    const duration = Math.round(reply.elapsedTime);
    logger.debug(`${request.method} ${encodeControls(path)} ${reply.statusCode} ${duration} ms`, REQUEST_LOG);
  };
}

/** A path can hold no line end: Node refuses it. Other controls could still play with a terminal. */
function encodeControls(path: string): string {
  return path.replaceAll(/\p{Cc}/gu, (control) => encodeURIComponent(control));
}
