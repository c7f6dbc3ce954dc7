import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';
import { logFields } from '../../logging/log-fields.js';
import type { ApiToken } from '../../ogc/api-token.js';
import { notedOf } from '../../ogc/requests/record.js';
import { actionOf, isRecorded } from './audited-routes.js';
import type { AuditEntry, AuditLog } from './audit-log.js';
import { whoOf } from './who.js';

/** A request that is not answered yet. */
interface Open {
  readonly reply: FastifyReply;
  /** In the scope of the request, where the log's fields are its. */
  readonly within: <T>(work: () => T) => T;
}

/**
 * Writes a line of each request that matters when its answer has ended, however that was; those that are under way when the server closes
 * are written then. By its route it is decided what matters: `isRecorded`.
 *
 * To be called after the log's fields are set for each request, and before all that refuses any.
 * @param hidesThings whether 404 can mean that the caller may not know of it
 */
export function recordRequests(
  fastify: FastifyInstance,
  log: AuditLog,
  { apiToken, hidesThings }: { readonly apiToken: ApiToken; readonly hidesThings: boolean },
): void {
  const open = new Map<FastifyRequest, Open>();
  const end = (request: FastifyRequest, isCut: boolean): void => {
    const one = open.get(request);
    if (!one || !open.delete(request)) return;
    const { method, routeOptions, is404 } = request;
    const asked = { method, route: is404 ? undefined : routeOptions.url };
    const isTold = notedOf(request).handsOut || isRecorded({ ...asked, status: one.reply.raw.statusCode }, hidesThings);
    if (!isTold) return;
    log.write(entryOf(request, one, { ...asked, isCut }, apiToken));
  };
  fastify.addHook('onRequest', (request, reply, done) => {
    open.set(request, { reply, within: AsyncLocalStorage.snapshot() as Open['within'] });
    reply.raw.once('close', () => end(request, true));
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    end(request, false);
    done();
  });
  fastify.addHook('onClose', async () => {
    for (const request of [...open.keys()]) end(request, true);
    log.close();
  });
}

function entryOf(
  request: FastifyRequest,
  { reply, within }: Open,
  { method, route, isCut }: { readonly method: string; readonly route: string | undefined; readonly isCut: boolean },
  apiToken: ApiToken,
): AuditEntry {
  const { processId, jobId } = (request.params ?? {}) as { readonly processId?: string; readonly jobId?: string };
  const { problem, jobs } = notedOf(request);
  const status = reply.raw.statusCode;
  const job = jobId ?? within(logFields).jobId;
  return {
    requestId: request.id,
    who: whoOf(request, apiToken),
    address: request.ip,
    action: actionOf({ method, route }),
    method,
    ...(route === undefined ? {} : { route }),
    ...(processId === undefined ? {} : { process: processId }),
    ...(job === undefined ? {} : { job }),
    ...(jobs ? { jobs } : {}),
    outcome: {
      status,
      // What is refused for too many wrong tokens was another problem before.
      ...(problem && (problem.status ?? status) === status ? { problem: problem.type } : {}),
      ...(isCut ? { cut: true as const } : {}),
    },
    milliseconds: Math.round(reply.elapsedTime),
  };
}
