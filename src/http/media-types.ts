import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StreamedForm } from '../ogc/requests/streamed-form.js';

/** In the configuration of a route (`@RouteConfig`): it takes a form. */
export interface FormRoute {
  readonly takesForms?: boolean;
  /** Also with files: their bodies are streams. */
  readonly takesFiles?: boolean;
}

/** Whether a request has a form with files. */
export function isMultipartForm({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return mediaTypeOf(headers['content-type']) === MULTIPART;
}

const MULTIPART = 'multipart/form-data';

function mediaTypeOf(contentType = ''): string | undefined {
  return contentType.split(';', 1)[0]?.trim().toLowerCase();
}

function refusalOf({ headers, routeOptions, is404 }: FastifyRequest): Error | undefined {
  const type = mediaTypeOf(headers['content-type']);
  if ((type !== 'application/x-www-form-urlencoded' && type !== MULTIPART) || is404) return undefined;
  const { takesForms, takesFiles } = routeOptions.config as FormRoute;
  if (type === MULTIPART ? takesFiles : takesForms) return undefined;
  return new UnsupportedMediaTypeException(
    takesForms
      ? 'This address takes forms without files (application/x-www-form-urlencoded).'
      : 'This resource takes JSON (application/json), not forms.',
  );
}

/**
 * Leaves JSON as the only media type of request bodies, and forms where a route says that it takes them; all others are refused with 415. A page of any
 * site may send forms and plain text without the browser asking first, so what is not meant for pages must not take them for JSON.
 */
export function restrictMediaTypes(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser(MULTIPART, (_request, payload, done) => done(null, new StreamedForm(payload)));
  fastify.addHook('onRequest', (request, _reply, done) => done(refusalOf(request)));
}
