import { NotFoundException } from '@nestjs/common';
import { errorCodes, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Access, callerOf, executionOf } from '../../access/access.js';
import { inputLimitOf } from '../../access/limits/input-limit.js';
import type { Observer } from '../../observation/observer.js';
import {
  PayloadTooLargeError,
  ProcessNotFoundError,
  UnauthorizedError,
  UnsupportedCodingError,
} from '../../ogc/domain-errors.js';
import { onceClosed } from '../../ogc/requests/client-gone.js';
import { hookRequests } from '../../ogc/requests/hooks.js';
import { giveBodyRoom } from '../../ogc/requests/streamed-form.js';
import { onceBodyIsNeededNoMore } from '../../ogc/requests/needed-bodies.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { BodyBudget, BodyHold } from './body-budget.js';
import { codingOf } from './body-codings.js';

/**
 * Bytes of a body whose sender has not shown by a header that it may execute what it names: the token may be in the body (the input
 * `token`, a form's field). Twice what reaches a container in a variable.
 */
export const UNKNOWN_LIMIT = 256 * 1024;

/** Routes whose bodies are for a process, by what is done with it. */
const EXECUTING = new Set(['execution', 'jobs', 'validation', 'form'].map((name) => `/processes/:processId/${name}`));
/** Of those, the routes that make jobs, by a name of the standard or of the predecessor. */
const EXECUTIONS = new Set(['execution', 'jobs'].map((name) => `/processes/:processId/${name}`));
/** How a body is read that may be sent. */
export interface AdmittedBody {
  /** Bytes at the most, sent or decoded. */
  readonly limit: number;
  /** What is said where it is more. @param what as in `has 5 bytes` */
  readonly refusal: (what: string) => Error;
  readonly hold: BodyHold;
  /** Whether its length is reserved already. */
  readonly isReserved: boolean;
}

export interface Admission {
  /** Absent: no processes are served. */
  readonly access?: Access;
  readonly processes?: ProcessRegistry;
  readonly observer?: Observer;
  readonly budget: BodyBudget;
  /** Whether the body is a form with files, which who reads it as a stream measures; its bytes at the most. Default: none is. */
  readonly uploads?: { readonly isOne: (request: FastifyRequest) => boolean; readonly most: number };
  /** Says of which requests bodies are streamed elsewhere, and are nobody's business here. */
  readonly isStreamed: (request: FastifyRequest) => boolean;
}

/** Whether the request has a body that the server would read. */
function hasBody({ method, headers }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Decides of each request with a body, before any of it is read, whether and how much of it is: path and method, media type and coding,
 * process, token and declared length come first, and only then what the server has room for. To be called after the hooks that answer
 * 405 and refuse forms.
 * @returns what was decided of a request; undefined where nothing is read, or somewhere else
 */
export function admitBodies(
  fastify: FastifyInstance,
  { access, processes, observer, budget, uploads, isStreamed }: Admission,
): (request: FastifyRequest) => AdmittedBody | undefined {
  const admitted = new WeakMap<FastifyRequest, AdmittedBody>();

  const limitOf = async (
    request: FastifyRequest,
  ): Promise<Pick<AdmittedBody, 'limit' | 'refusal'> & { readonly isKnown: boolean }> => {
    const { url = '', bodyLimit = Infinity } = request.routeOptions;
    const whole = { limit: bodyLimit, isKnown: true, refusal: (what: string) => tooLarge(what, bodyLimit) };
    const little = Math.min(UNKNOWN_LIMIT, bodyLimit);
    // A few words, for a page or about jobs. Some of it is read of anybody, before they are known.
    if (!EXECUTING.has(url))
      return {
        limit: little,
        isKnown: false,
        refusal: little === bodyLimit ? whole.refusal : (what) => tooMuchHere(what, little),
      };
    if (!access || !processes) return whole;
    const { processId } = request.params as { readonly processId: string };
    const mayAlready = await access
      .permits(processId, callerOf(request), { operation: 'execute' })
      // A processor that fails to decide is asked again, with the body, and its failure told then.
      .catch(() => false);
    const ofCaller = mayAlready ? inputLimitOf(access.rules, callerOf(request).identity) : undefined;
    if (ofCaller && ofCaller.bytes < bodyLimit)
      return {
        limit: ofCaller.bytes,
        isKnown: true,
        refusal: (what) => ofCaller.refusal(bytesIn(what) ?? ofCaller.bytes + 1),
      };
    if (mayAlready) return whole;
    return {
      limit: little,
      isKnown: false,
      refusal: little === bodyLimit ? whole.refusal : (what) => tooLargeForUnknown(what, processId),
    };
  };

  const decide = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { headers, routeOptions, method, url } = request;
    if (request.is404) throw new NotFoundException(`Cannot ${method} ${url}`);
    const mediaType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
    if (!fastify.hasContentTypeParser(mediaType)) throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE();
    const isMeasured =
      codingOf(headers['content-encoding']) !== undefined || headers['transfer-encoding'] !== undefined;
    const process = EXECUTING.has(routeOptions.url ?? '')
      ? (request.params as { processId: string }).processId
      : undefined;
    // Where roles decide, who shows nothing before the body is not told which there are.
    const mayKnow = !access?.rules || callerOf(request).identity !== undefined;
    if (process !== undefined && processes && mayKnow && !processes.find(process))
      throw new ProcessNotFoundError(process);
    const isUpload = uploads?.isOne(request) ?? false;
    if (isUpload && codingOf(headers['content-encoding']) !== undefined)
      throw new UnsupportedCodingError(String(headers['content-encoding']), 'identity');
    const { bodyLimit = Infinity } = routeOptions;
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    const said = length === undefined ? '' : `has ${length} bytes (Content-Length)`;
    const most = isUpload && uploads ? uploads.most : bodyLimit;
    if (length !== undefined && length > most) throw isUpload ? uploadTooLarge(said, most) : tooLarge(said, most);
    const { limit, refusal, isKnown } = await limitOf(request);
    if (!isUpload && length !== undefined && length > limit) throw refusal(said);
    const before = request.raw.socket.bytesRead;
    const hold = budget.open({
      isKnown,
      arrived: () => request.raw.socket.bytesRead - before,
      giveWay: (error) => {
        void reply.header('connection', 'close');
        // An error of the body, to whoever reads it: it ends the request with an answer, which destroying the connection would not.
        if (request.raw.listenerCount('error') > 0) request.raw.emit('error', error);
        else request.raw.destroy();
      },
    });
    request.raw.once('end', () => hold.arrived());
    onceClosed(reply.raw, () => hold.release());
    onceBodyIsNeededNoMore(request, () => hold.release());
    if (isUpload) return giveBodyRoom(request, hold);
    if (!isMeasured && length !== undefined) hold.reserve(length);
    admitted.set(request, { limit, refusal, hold, isReserved: !isMeasured });
  };

  const concerns = (request: FastifyRequest) => hasBody(request) && !isStreamed(request);
  hookRequests(fastify, concerns, async (request, reply) => {
    try {
      await decide(request, reply);
    } catch (error) {
      const { processId } = (request.params ?? {}) as { readonly processId?: string };
      if (processId !== undefined && EXECUTIONS.has(request.routeOptions.url ?? '')) {
        observer?.executionRefused(processId, error);
        access?.logRefusal(executionOf(processId), callerOf(request), error);
      }
      throw error;
    }
  });
  return (request) => admitted.get(request);
}

export function tooLarge(what: string, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `The server reads at most ${limit} bytes of a body (MAX_REQUEST_BYTES, server.max_request_bytes), and this one ${what}.`,
  );
}

/** @param what as in `has 5 bytes` */
function tooMuchHere(what: string, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`At most ${limit} bytes are read; the body ${what}.`);
}

/** @param what as in `has 5 bytes` */
function bytesIn(what: string): number | undefined {
  const [bytes] = /\d+/.exec(what) ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

/** @param what as in `has 5 bytes` */
function uploadTooLarge(what: string, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `The server reads at most ${limit} bytes of a form with files (server.max_upload_bytes), and this one ${what}.`,
  );
}

function tooLargeForUnknown(what: string, processId: string): UnauthorizedError {
  return new UnauthorizedError(
    `The body of a request to process "${processId}" has at most ${UNKNOWN_LIMIT} bytes where no token that opens it is in the header, ` +
      `and this one ${what}: send the token as "Authorization: Bearer TOKEN".`,
  );
}
