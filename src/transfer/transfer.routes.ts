import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { PartDigests } from '../object-store/uploads.js';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import type { TransfersService } from './transfers.service.js';
import type { Holder } from './upload-register.js';

/** Beneath it stands what jobs ask for; for pods, not for clients. */
export const TRANSFER_PATH = '/transfer';

export interface TransferRoutesOptions {
  readonly transfers: TransfersService;
  readonly sendProblem: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;
}

interface Address {
  Params: { readonly jobId: string; readonly outputId: string };
  Querystring: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * The addresses in the environment of a job's main container, beside the Nest controllers: here bodies are streams whatever their media type, of any length. Not part of the API, so not in the
 * OpenAPI document; docs/results.md describes them.
 */
export async function transferRoutes(
  fastify: FastifyInstance,
  { transfers, sendProblem }: TransferRoutesOptions,
): Promise<void> {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  fastify.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  fastify.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'));
  answerBeforeBodies(fastify);

  fastify.get<Address>('/:jobId/inputs', async (request, reply) => {
    const given = await transfers.giveInputs(holderOf(request));
    if ('redirect' in given) return reply.redirect(given.redirect, 307);
    return reply.header('content-type', given.mediaType).header('content-length', given.size).send(given.body);
  });

  fastify.put<Address>('/:jobId/outputs/:outputId', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    const route = await transfers.receiveOutput(holderOf(request), {
      outputId: request.params.outputId,
      part: integer(request, 'part'),
      size: lengthOf(request),
      sha256: text(request, 'sha256'),
      digests: digestsOf(request),
      mediaType: request.headers['content-type'],
    });
    if ('redirect' in route) return reply.redirect(route.redirect, 307);
    if (expectsContinue(request.raw)) reply.raw.writeContinue();
    await route.receive(request.body instanceof Readable ? request.body : Readable.from([]));
    return reply.status(201).send();
  });

  fastify.post<Address>('/:jobId/outputs/:outputId', async (request) =>
    transfers.completeOutput(holderOf(request), {
      outputId: request.params.outputId,
      parts: integer(request, 'parts'),
      sha256: text(request, 'sha256'),
    }),
  );
}

/**
 * `Expect: 100-continue` (curl has it for every larger file) is answered for the transfer routes by themselves, once it is known that the body shall come here. Node would
 * ask for the body at once, and it would be sent twice where a redirect follows.
 */
function answerBeforeBodies({ server, prefix }: FastifyInstance): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.includes(`${prefix}/`)) response.writeContinue();
    server.emit('request', request, response);
  });
}

function expectsContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === '100-continue';
}

function holderOf(request: FastifyRequest<Address>): Holder {
  return { jobId: request.params.jobId, capability: text(request, 'capability') ?? '' };
}

function text({ query }: FastifyRequest<Address>, name: string): string | undefined {
  const value = query[name];
  if (Array.isArray(value)) throw wrong(name, 'must be given once');
  return value;
}

function integer(request: FastifyRequest<Address>, name: string): number | undefined {
  const value = text(request, name);
  if (value !== undefined && !/^\d{1,9}$/.test(value)) throw wrong(name, 'must be an integer');
  return value === undefined ? undefined : Number(value);
}

/** The headers of S3 by which a sender says what its bytes are. */
function digestsOf({ headers }: FastifyRequest<Address>): PartDigests | undefined {
  const [sha256, md5] = ['x-amz-checksum-sha256', 'content-md5'].map((name) => headers[name]?.toString().trim());
  if (sha256 === undefined && md5 === undefined) return undefined;
  return { ...(sha256 === undefined ? {} : { sha256 }), ...(md5 === undefined ? {} : { md5 }) };
}

/** Of a request without body it is 0; undefined where it is not known before the end. */
function lengthOf({ headers }: FastifyRequest<Address>): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}

function wrong(pointer: string, message: string): InvalidRequestError {
  return new InvalidRequestError('A parameter is wrong.', [{ pointer, message }]);
}
