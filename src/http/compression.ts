import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import { addVary } from '../ogc/languages.js';
import { hookAnswers } from '../ogc/requests/hooks.js';

const gzipBytes = promisify(gzip);

/** Texts; what else a job's result is goes out as it is. */
const compressible =
  /^(?:text\/(?!event-stream)|application\/(?:[^;]+\+)?(?:json|xml|yaml|javascript)\b|image\/svg\+xml\b)/i;

/** Bytes; below it compression gains nothing. */
const LEAST_SIZE = 1024;

/**
 * Answers in gzip to those who ask for it (RFC 9110, section 12.5.3). Each chunk of a stream is sent when it
 * comes, so that who follows a log is not kept waiting.
 *
 * It is not `@fastify/compress` because that declares bytes that look like gzip to be so encoded: a job's result would come out of the client's
 * decoder as something else than the job printed.
 */
export function compressAnswers(fastify: FastifyInstance): void {
  hookAnswers(fastify, isCompressible, compress);
}

async function compress(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : undefined;
  addVary(reply, 'Accept-Encoding');
  if (new Negotiator(request.raw).encoding(['gzip', 'identity']) !== 'gzip') return payload;
  // Ranges are of the bytes as they are: who has the beginning of these must not go on with those (RFC 9110, sections 8.8.3 and 13.1.5).
  void reply.header('content-encoding', 'gzip').removeHeader('content-length').removeHeader('accept-ranges');
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && !tag.startsWith('W/')) void reply.header('etag', `W/${tag}`);
  if (bytes) return gzipBytes(bytes);
  const encoder = createGzip({ flush: constants.Z_SYNC_FLUSH });
  // A failure of either ends the other; Fastify, which reads the encoder, tells of it.
  return pipeline(payload as Readable, encoder, () => undefined);
}

/** Whether an answer gains by compression, for those who take it. */
function isCompressible({ method }: FastifyRequest, reply: FastifyReply, payload: unknown): boolean {
  const size = sizeOf(reply, payload);
  if (size === undefined || size < LEAST_SIZE || reply.statusCode === 206 || method === 'HEAD') return false;
  return compressible.test(String(reply.getHeader('content-type') ?? '')) && !reply.hasHeader('content-encoding');
}

/** Bytes; undefined: of what is no answer. */
function sizeOf(reply: FastifyReply, payload: unknown): number | undefined {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return Buffer.byteLength(payload);
  return payload instanceof Readable ? Number(reply.getHeader('content-length') ?? Infinity) : undefined;
}
