import etag from 'etag';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fresh from 'fresh';

/**
 * A hook for Fastify's `onSend` that gives documents an entity tag and answers 304 to a client that has them already (RFC 9110, section 13.1.2). What
 * streams (results, logs) and what must not be stored has none.
 *
 * The tag is weak, for the same document goes out plain and compressed. It is not `@fastify/etag`, which tags problems too, answers them with 304,
 * and knows neither lists nor `*`.
 */
export async function validate(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (!isRead(request)) return payload;
  if (reply.statusCode !== 200 || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) return payload;
  if (/\bno-store\b/.test(String(reply.getHeader('cache-control') ?? ''))) return payload;
  if (!reply.hasHeader('etag')) void reply.header('etag', etag(payload, { weak: true }));
  const condition = request.headers['if-none-match'];
  if (condition === undefined || !holds(condition, String(reply.getHeader('etag')))) return payload;
  void reply.status(304).removeHeader('content-length').removeHeader('content-type');
  return '';
}

export function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/**
 * What servers on the way append to an entity tag where they compress: Apache `-gzip` and `-br`, Jetty `--gzip`, others
 * `;gzip`. The client sends back what it got;
 * that the tag is weak, as nginx and HAProxy make it, is no difference here.
 */
const MARK = /(?:--?|[;:])(?:x-)?(?:gzip|br|deflate|zstd|compress)(?=")/g;

function holds(condition: string, tag: string): boolean {
  return [condition, condition.replaceAll(MARK, '')].some((tags) => fresh({ 'if-none-match': tags }, { etag: tag }));
}
