import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bytes of a body that is too large which are read nevertheless, and thrown away. */
const READ_OUT = 64 * 1024 ** 2;

/**
 * A hook for Fastify's `onSend` that lets who sends too large a body send it to its end. Fastify closes the connection with
 * its answer, which the system makes a reset
 * where more arrives: then a proxy, which sends on until it is done, never sees the answer and gives its client a 502 of its
 * own. Node reads out what is left of a body
 * on a connection that it keeps. What is larger still, or does not say its size, is cut as before.
 */
export async function readOutRefused(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (reply.statusCode === 413 && Number(request.headers['content-length'] ?? Infinity) <= READ_OUT)
    void reply.removeHeader('connection');
  return payload;
}
