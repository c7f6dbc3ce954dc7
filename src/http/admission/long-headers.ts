import type { FastifyInstance } from 'fastify';
import { HeaderTooLongError } from '../../ogc/domain-errors.js';
import { LONGEST_HEADER } from '../../ogc/requests/longest-header.js';

/** What a client asks for by them cannot be guessed, so one that is too long is refused. */
const REFUSED = ['accept', 'accept-encoding', 'accept-language', 'accept-profile', 'prefer', 'link'] as const;
/** Without them the answer is whole, as HTTP allows (RFC 9110, sections 13.2.1 and 14.2): caches collect many entity tags. */
const PASSED_OVER = ['range', 'if-range', 'if-none-match'] as const;

/**
 * Keeps every header that is parsed short, whatever parses it: 431 (RFC 6585, section 5) for those that say what is wanted; those that
 * only save a transmission are as if they were not there. To be called before other hooks.
 */
export function limitHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    // Ranges without their condition would be another question.
    if (PASSED_OVER.some((name) => lengthOf(headers[name]) > LONGEST_HEADER))
      for (const name of PASSED_OVER) delete headers[name];
    const long = REFUSED.find((name) => lengthOf(headers[name]) > LONGEST_HEADER);
    if (long === undefined) return done();
    const length = lengthOf(headers[long]);
    // The problem itself is negotiated by these.
    for (const name of REFUSED) delete headers[name];
    done(new HeaderTooLongError(`The header ${long} has ${length} characters; at most ${LONGEST_HEADER} are read.`));
  });
}

function lengthOf(value: string | string[] | undefined): number {
  return (Array.isArray(value) ? value.join(', ') : (value ?? '')).length;
}
