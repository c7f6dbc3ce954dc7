import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** In the configuration of a route (`@RouteConfig`): it takes a form. */
export interface FormRoute {
  readonly takesForms?: boolean;
}

/**
 * Leaves JSON as the only media type of request bodies, and forms where a route says that it takes them; all others are refused with 415. A page of any
 * site may send forms and plain text without the browser asking first, so what is not meant for pages must not take them for JSON.
 */
export function restrictMediaTypes(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onRequest', async ({ headers, routeOptions, is404 }: FastifyRequest) => {
    const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/x-www-form-urlencoded' || is404) return;
    if ((routeOptions.config as FormRoute).takesForms) return;
    throw new UnsupportedMediaTypeException('This resource takes JSON (application/json), not forms.');
  });
}
