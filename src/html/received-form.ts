import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CrossSiteError } from '../ogc/domain-errors.js';
import { isSameOrigin } from '../ogc/requests/same-origin.js';
import { TOKEN_FIELD } from './execute-form.js';

/** Of a route's configuration: all others refuse forms. */
export const TAKES_FORMS = { takesForms: true };

export type Form = Readonly<Record<string, unknown>>;

const FIELDS = 'application/x-www-form-urlencoded';
const FILES = 'multipart/form-data';

/** @throws as {@link assertForm} */
export function readableForm(request: FastifyRequest, body: unknown, base: string): Form {
  assertForm(request, base);
  return (body ?? {}) as Form;
}

/**
 * @param takesFiles whether forms may have files
 * @throws CrossSiteError where another site's page sent it; UnsupportedMediaTypeException where it is no form
 */
export function assertForm(request: FastifyRequest, base: string, takesFiles = false): void {
  const taken = takesFiles ? [FIELDS, FILES] : [FIELDS];
  const [mediaType = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!taken.includes(mediaType.trim()))
    throw new UnsupportedMediaTypeException(`This address takes forms (${taken.join(', or ')}).`);
  if (!isSameOrigin(request.headers, base)) throw new CrossSiteError();
}

export function tokenOf(form: Form): string | undefined {
  const token = form[TOKEN_FIELD];
  return typeof token === 'string' && token !== '' ? token : undefined;
}
