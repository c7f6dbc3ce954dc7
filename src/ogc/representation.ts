import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import { InvalidRequestError, NotAcceptableError } from './domain-errors.js';
import { addVary } from './requests/vary.js';

/** How a resource is written: what the parameter `f` says. */
export type Format = 'json' | 'html';

const MEDIA_TYPES: Readonly<Record<Format, string>> = { json: 'application/json', html: 'text/html' };
const FORMATS = Object.keys(MEDIA_TYPES) as Format[];

export type Asked = Pick<FastifyRequest, 'query' | 'headers'>;

/**
 * The format that a client wants (OGC API - Common, `f`; RFC 9110, section 12.5.1): the parameter goes before the header, and JSON before HTML where
 * both are as welcome.
 * @throws InvalidRequestError for an `f` that there is not; NotAcceptableError where `Accept` names neither
 */
export function negotiateFormat(request: Asked): Format {
  return negotiate(request, MEDIA_TYPES);
}

/** As {@link negotiateFormat}, of a resource with formats of its own. @param mediaTypes by what the parameter calls them, the preferred first */
export function negotiate<F extends string>(request: Asked, mediaTypes: Readonly<Record<F, string>>): F {
  const formats = Object.keys(mediaTypes) as F[];
  const named = formatParameter(request);
  if (named !== undefined) return checkedFormat(named, formats);
  const available: string[] = Object.values(mediaTypes);
  const [best] = acceptable(request.headers.accept, available);
  const format = formats.find((candidate) => mediaTypes[candidate] === best);
  if (format) return format;
  throw new NotAcceptableError(
    `This resource is there as ${available.join(' and as ')}; the request accepts only ${request.headers.accept ?? 'nothing'}.`,
  );
}

/**
 * Whether a page is wanted of what has a media type of its own: `f=html`, or HTML is welcome more than anything else.
 * @throws InvalidRequestError for an `f` that there is not
 */
export function prefersHtml(request: Asked): boolean {
  const named = formatParameter(request);
  if (named !== undefined) return checkedFormat(named, FORMATS) === 'html';
  return wantsHtml(request);
}

/** As {@link prefersHtml}, but never rejects: for problems, which must be answered anyhow. */
export function wantsHtml(request: Asked): boolean {
  const named = formatParameter(request);
  if (named === 'html' || named === 'json') return named === 'html';
  const available = ['application/problem+json', MEDIA_TYPES.json, MEDIA_TYPES.html];
  return acceptable(request.headers.accept, available)[0] === MEDIA_TYPES.html;
}

/** Notes in the answer that it depends on the request's `Accept`. */
export function variesByFormat(reply: FastifyReply): void {
  addVary(reply, 'Accept');
}

/** An address with the parameter `f`, in the place of the one that it had. */
export function withFormat(address: string, format: string | undefined): string {
  return withParameter(address, 'f', format);
}

/** An address with a parameter, in the place of the one that it had. @param value undefined: without it */
export function withParameter(address: string, name: string, value: string | undefined): string {
  const [path = '', query = ''] = address.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  parameters.delete(name);
  if (value !== undefined) parameters.append(name, value);
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

function acceptable(accept: string | undefined, available: string[]): string[] {
  return new Negotiator({ headers: accept === undefined ? {} : { accept } }).mediaTypes(available);
}

function formatParameter({ query }: Asked): unknown {
  return (query as Readonly<Record<string, unknown>> | undefined)?.['f'];
}

function checkedFormat<F extends string>(named: unknown, formats: readonly F[]): F {
  const format = formats.find((candidate) => candidate === named);
  if (format) return format;
  const message = Array.isArray(named)
    ? 'must be given once'
    : `must be ${formats.join(' or ')} (is ${JSON.stringify(named)})`;
  throw new InvalidRequestError(`A parameter of the request is wrong: f ${message}.`, [{ pointer: 'f', message }]);
}
