import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ByteRange } from '../../object-store/object-store.js';
import { RangeNotSatisfiableError } from '../../ogc/domain-errors.js';
import { documentPolicy } from './document-policy.js';
import type { ResultsAnswer } from './job-results.js';
import type { OutputLink } from './results-format.js';

/**
 * Sends results as they are, streaming; of one result a range where that is asked for (RFC 9110, section 14). Outputs by reference alone are 204 with a `Link` for each
 * (OGC API - Processes 1.0, section 7.11.4).
 * Large ones are read at the store where clients reach it: 307, for the method and a range stay as they are.
 * @throws RangeNotSatisfiableError
 */
export async function sendResults(request: FastifyRequest, reply: FastifyReply, answer: ResultsAnswer): Promise<void> {
  if (!answer.body) {
    if (answer.links) void reply.header('link', [...linkHeaders(reply), ...answer.links.map(toLinkHeader)]);
    await reply.status(204).send();
    return;
  }
  const { body, range, etag, size, profile } = answer;
  const elsewhere = request.method === 'GET' ? await answer.elsewhere?.() : undefined;
  if (elsewhere !== undefined) {
    body.destroy();
    await reply.header('cache-control', 'no-store').redirect(elsewhere, 307);
    return;
  }
  void reply.header('content-type', answer.mediaType);
  if (profile !== undefined) void reply.header('link', [...linkHeaders(reply), `<${profile}>; rel="profile"`]);
  const policy = documentPolicy(answer.mediaType ?? '');
  if (policy !== undefined) void reply.header('content-security-policy', policy);
  if (etag !== undefined) void reply.header('etag', etag);
  if (range) void reply.header('accept-ranges', 'bytes');
  const asked = range && request.method === 'GET' ? rangeOf(request, etag, size ?? 0) : undefined;
  if (!range || asked === undefined) {
    if (size !== undefined) void reply.header('content-length', size);
    await reply.status(200).send(body);
    return;
  }
  body.destroy();
  if (asked === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${size}`).removeHeader('content-security-policy');
    throw new RangeNotSatisfiableError(`The result has ${size} bytes; the range lies behind them.`);
  }
  await reply
    .status(206)
    .header('content-range', `bytes ${asked.start}-${asked.end}/${size}`)
    .header('content-length', asked.end - asked.start + 1)
    .send(range(asked));
}

/** Several ranges at once are answered by the whole, as RFC 9110 allows, and so is a header that is none of bytes, or wrong. */
function rangeOf({ headers }: FastifyRequest, etag: string | undefined, size: number) {
  const condition = headers['if-range'];
  if (headers.range === undefined || (condition !== undefined && condition !== etag)) return undefined;
  const [, listed] = /^bytes=(.*)$/i.exec(headers.range) ?? [];
  const asked = (listed ?? '').split(',').map((range) => range.trim());
  const ranges = asked.filter((range) => range !== '').map((range) => parseRange(range, size));
  if (ranges.length === 0 || ranges.includes('invalid')) return undefined;
  const [first, ...others] = ranges.filter((range) => typeof range === 'object');
  if (!first) return 'unsatisfiable';
  return others.length === 0 ? first : undefined;
}

/**
 * A range of bytes, both ends of it included (RFC 9110, section 14.1.2). A suffix that is longer than the result is all of it. It is not
 * `range-parser`, to which that one is unsatisfiable, and one that ends before it starts as well, where the header is to be ignored.
 */
function parseRange(range: string, size: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === '' && last === '') return 'invalid';
  if (first !== '' && last !== '' && Number(first) > Number(last)) return 'invalid';
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : 'unsatisfiable';
}

function linkHeaders(reply: FastifyReply): string[] {
  return [reply.getHeader('link') ?? []].flat().map(String);
}

function toLinkHeader({ id, href, type }: OutputLink): string {
  const parameters = ['rel="item"', `title*=UTF-8''${encodeURIComponent(id)}`];
  if (type !== undefined) parameters.push(`type="${type.replaceAll(/["\\]/g, '')}"`);
  return `<${href}>; ${parameters.join('; ')}`;
}
