import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a form was sent by a page of this server, or by no browser at all. Forms, unlike JSON, may be sent by the page of any site without the
 * browser asking first; a process that needs no token could be executed by them.
 *
 * Browsers say where a request comes from (https://w3c.github.io/webappsec-fetch-metadata/); older ones at least send `Origin`.
 * @param base the API's address, whose origin is this server's
 */
export function isSameOrigin(headers: IncomingHttpHeaders, base: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = headers;
  return origin === undefined || origin === URL.parse(base)?.origin;
}
