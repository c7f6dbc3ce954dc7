import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, badRequest, unknownResource } from '../objects/api-error.js';
import type { Resource } from '../objects/resource.js';
import { RESOURCES } from '../objects/resources.js';

/** etcd's and the API server's limit of a request body. */
const MAX_BODY = 3 * 1024 * 1024;

/** A request for a resource, taken apart. */
export interface ApiRequest {
  readonly method: string;
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly mediaType: string;
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
}

const PATH = /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?<rest>\/.*)$/;

/** @throws ApiError 404 for a path that is no resource's */
export function parseRequest(raw: IncomingMessage, response: ServerResponse, url: URL): ApiRequest {
  const match = PATH.exec(url.pathname)?.groups;
  if (!match) throw unknownResource();
  const { core, group = '', version = core, rest = '' } = match;
  const parts = rest.slice(1).split('/').map(decode);
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2 && !(core && parts[2] === 'status');
  const [plural, name, subresource, ...more] = isNamespaced ? parts.slice(2) : parts;
  const resource = RESOURCES.find((each) => each.group === group && each.version === version && each.plural === plural);
  if (
    !resource ||
    more.length > 0 ||
    (isNamespaced && !resource.namespaced) ||
    (!isNamespaced && resource.namespaced && name !== undefined)
  ) {
    throw unknownResource();
  }
  const mediaType = (raw.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return {
    method: raw.method ?? 'GET',
    resource,
    namespace: isNamespaced ? parts[1] : undefined,
    name: name === '' ? undefined : name,
    subresource,
    query: url.searchParams,
    accept: raw.headers.accept ?? '',
    mediaType,
    raw,
    response,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`"${text}" in the path is not well encoded`);
  }
}

export function wantsTable({ accept }: ApiRequest): boolean {
  return accept.split(',').some((each) => /;\s*as=Table/.test(each) && /;\s*v=v1\s*(;|$)/.test(each));
}

/** A number in the query. @throws ApiError 400 */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value)) throw badRequest(`${name}: strconv.ParseInt: parsing "${text}": invalid syntax`);
  return value;
}

/** The JSON body; undefined where there is none. @throws ApiError 400, 413, 415 */
export async function readBody({ raw, mediaType, method }: ApiRequest): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size > MAX_BODY)
    throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
  if (size === 0) return undefined;
  const isPatch = method === 'PATCH';
  if (!isPatch && mediaType !== '' && mediaType !== 'application/json' && mediaType !== '*/*') {
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    );
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // A server-side apply may be YAML; its media type is refused later.
    if (isPatch && !mediaType.endsWith('json')) return {};
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

export function sendJson(response: ServerResponse, code: number, body: string | object): void {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
  });
  response.end(bytes);
}
