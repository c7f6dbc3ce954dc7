import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { hookAnswers } from '../ogc/requests/hooks.js';

/** Bytes of a body that is refused which are read nevertheless, and thrown away. */
const READ_OUT = 64 * 1024 ** 2;

/**
 * Lets who sends a body that is refused send it to its end. A connection that is closed with the
 * answer is reset by the system where more arrives: then a proxy, which sends on until it is done, never sees the answer and gives its
 * client a 502 of its own. What is left of a body is read out on a connection that is kept, before the answer on one that the client wants
 * closed. What is larger still is cut, and what does not say its size once it is.
 */
export function readOutRefused(fastify: FastifyInstance): void {
  hookAnswers(fastify, isRefused, readRest);
}

async function readRest(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const { raw, headers } = request;
  const isChunked = headers['transfer-encoding'] !== undefined;
  const length = Number(headers['content-length'] ?? (isChunked ? Infinity : 0));
  if (reply.statusCode === 413 && length <= READ_OUT) void reply.removeHeader('connection');
  if (length > READ_OUT && !isChunked) void reply.header('connection', 'close');
  if (reply.getHeader('connection') === 'close') return payload;
  const isOver = readOut(raw);
  if (length <= READ_OUT && /\bclose\b/i.test(headers.connection ?? '')) await isOver;
  return payload;
}

/** Whether the answer is a refusal, and the body has not been read to its end. One that is streamed is its reader's. */
function isRefused({ raw, body }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return statusCode >= 400 && !raw.complete && !(body instanceof Readable);
}

function readOut(raw: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    raw.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen > READ_OUT) raw.destroy();
    });
    raw.on('error', () => resolve());
    raw.once('close', resolve).once('end', resolve);
    raw.resume();
    if (raw.destroyed) resolve();
  });
}
