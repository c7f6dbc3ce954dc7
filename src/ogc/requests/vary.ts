import type { FastifyReply } from 'fastify';

/** Has nobody but who asks keep the answer, as far as it is kept at all (RFC 9111, section 5.2.2.7). */
export function keepPrivate(reply: FastifyReply): void {
  const caching = String(reply.getHeader('cache-control') ?? '');
  if (!/\b(?:no-store|private)\b/.test(caching))
    void reply.header('cache-control', caching === '' ? 'private' : `private, ${caching}`);
}

/** Adds to the `Vary` header (RFC 9110, section 12.5.5). */
export function addVary(reply: FastifyReply, field: string): void {
  const fields = [reply.getHeader('vary') ?? []].flat().flatMap((value) => String(value).split(/\s*,\s*/));
  if (!fields.some((known) => known.toLowerCase() === field.toLowerCase()))
    void reply.header('vary', [...fields, field].join(', '));
}
