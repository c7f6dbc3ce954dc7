import type { FastifyReply } from 'fastify';

/**
 * Sends JSON as the server serializes it (indented with `server.pretty_print`) under exactly this media type: an object or a text would be given a
 * charset, which JSON has not.
 */
export function sendJson(reply: FastifyReply, mediaType: string, value: unknown): FastifyReply {
  return reply.header('content-type', mediaType).send(Buffer.from(String(reply.serialize(value))));
}
