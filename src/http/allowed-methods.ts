import { MethodNotAllowedException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import findMyWay from 'find-my-way';
import { hookRequests } from '../ogc/requests/hooks.js';

/**
 * Answers what a path has no method for: 405 with `Allow` (RFC 9110, section 15.5.6), and `OPTIONS` by 204 with `Allow` (section 9.3.7). Fastify itself
 * only knows that a method and a path together have no route. Preflights are left to CORS.
 *
 * To be called before there are routes.
 * @param options as those of Fastify's router, so that both find the same paths
 */
export function answerAllowedMethods(
  fastify: FastifyInstance,
  options: { readonly ignoreTrailingSlash: boolean; readonly maxParamLength: number },
): void {
  const router = findMyWay({ ...options });
  const known = new Map<string, Set<string>>();
  fastify.addHook('onRoute', ({ url, method }: RouteOptions) => {
    // CORS takes preflights of every path, and Swagger UI's files are all beneath one.
    if (url === '*' || url === '/*') return;
    const methods = known.get(url) ?? new Set();
    if (!known.has(url)) {
      known.set(url, methods);
      router.on('GET', url, () => undefined, { methods });
    }
    for (const name of [method].flat()) methods.add(name);
  });
  const asksForMethods = ({ method, headers }: FastifyRequest) =>
    method === 'OPTIONS' && !headers['access-control-request-method'];
  const concerns = (request: FastifyRequest) => request.is404 || asksForMethods(request);
  hookRequests(fastify, concerns, async (request, reply) => {
    const found = router.find('GET', request.url.split('?', 1)[0] ?? '')?.store as { methods: Set<string> } | undefined;
    if (!found) return;
    void reply.header('allow', [...new Set([...found.methods, 'OPTIONS'])].sort().join(', '));
    if (asksForMethods(request)) return reply.status(204).send();
    if (request.method !== 'OPTIONS')
      throw new MethodNotAllowedException(`${request.method} is no method of this resource.`);
  });
}
