import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Of whatever has none of its own, as pages have: no script, for results of jobs, of the same origin, are not to
 * become theirs. No `upgrade-insecure-requests`: the server itself speaks HTTP.
 */
const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  upgradeInsecureRequests: null,
};

/**
 * Gives every answer the headers that keep browsers from doing what nobody wants, as helmet chooses them. They are the same for all, and made once;
 * `@fastify/helmet` makes them again for each request. To be called before whatever gives answers headers of the same names.
 * @param isForOthers whether pages of other origins may load what the server answers (CORS)
 */
export function setSecurityHeaders(fastify: FastifyInstance, isForOthers: boolean): void {
  const headers = headersOf({
    contentSecurityPolicy: { directives: CONTENT_SECURITY_POLICY },
    crossOriginResourcePolicy: { policy: isForOthers ? 'cross-origin' : 'same-origin' },
    // Between pages of this server a browser that sends no Sec-Fetch-Site says so by Origin and Referer; others are told nothing.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

/** None of them depends on a request. */
function headersOf(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error?: unknown) => {
    if (error !== undefined) throw error;
  });
  return headers;
}
