import type { FastifyReply } from 'fastify';

/** Adds to the `Vary` header (RFC 9110, section 12.5.5). */
export function addVary(reply: FastifyReply, field: string): void {
  const fields = [reply.getHeader('vary') ?? []].flat().flatMap((value) => String(value).split(/\s*,\s*/));
  if (!fields.some((known) => known.toLowerCase() === field.toLowerCase()))
    void reply.header('vary', [...fields, field].join(', '));
}
