import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type LogFields, withLogFields } from './log-fields.js';
import { REQUEST_LOG } from './log-levels.js';
import type { HttpFields } from './log-record.js';
import type { ServerLogger } from './server-logger.js';

export const REQUEST_ID_HEADER = 'x-request-id';

/** Of a client's id: nothing that plays with a terminal, a query or the reader's patience. */
const SANE_ID = /^[\w.:=+/@~-]{1,128}$/;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The client's `X-Request-Id`, so that a request is found in the logs of all that it went through; a new one where it has none or one that is odd. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/**
 * Gives every line that a request causes its `requestId`, and `jobId` and `processId` where its path names them; answers the id in `X-Request-Id`; and logs each answer at DEBUG: method, path, status,
 * milliseconds. Neither the query string nor any header, which may hold what is nobody's business.
 */
export function followRequests(
  fastify: FastifyInstance,
  logger: ServerLogger,
  who: (request: FastifyRequest) => Pick<HttpFields, 'subject' | 'means'> = () => ({}),
): void {
  // Cheaper than AsyncLocalStorage.snapshot(), which makes a function for each.
  const scopes = new WeakMap<FastifyRequest, AsyncResource>();
  const within = (request: FastifyRequest, work: () => void) => {
    const scope = scopes.get(request);
    if (scope) scope.runInAsyncScope(work);
    else work();
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
    withLogFields({ requestId: request.id, ...namedIn(request) }, () => {
      scopes.set(request, new AsyncResource('Request', { requireManualDestroy: true }));
      done();
    });
  });
  // Bodies arrive by events of the connection, which know nothing of the request.
  fastify.addHook('preValidation', (request, _reply, done) => within(request, done));
  if (!logger.isEnabled(REQUEST_LOG, 'DEBUG')) return;
  fastify.addHook('onResponse', (request, reply, done) =>
    within(request, () => {
      logRequest(logger, request, reply, who(request));
      done();
    }),
  );
}

function logRequest(
  logger: ServerLogger,
  { method, originalUrl }: FastifyRequest,
  reply: FastifyReply,
  who: Pick<HttpFields, 'subject' | 'means'>,
): void {
  const path = encodeControls(originalUrl.split('?', 1)[0] ?? '');
  logger.request(REQUEST_LOG, {
    method,
    path,
    status: reply.statusCode,
    milliseconds: Math.round(reply.elapsedTime),
    ...who,
  });
}

function namedIn({ params }: FastifyRequest): Pick<LogFields, 'jobId' | 'processId'> {
  const { jobId, processId } = (params ?? {}) as Record<string, string | undefined>;
  return {
    ...(jobId !== undefined && UUID.test(jobId) ? { jobId } : {}),
    ...(processId === undefined ? {} : { processId: encodeControls(processId) }),
  };
}

/** A path can hold no line end: Node refuses it. Other controls could still play with a terminal, and what a parameter encodes may be anything. */
function encodeControls(path: string): string {
  return path.replaceAll(/\p{Cc}/gu, (control) => encodeURIComponent(control));
}
