import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a form was sent by a page of this server, or by no browser at all. Forms, unlike JSON, may be sent by the
 * page of any site without the browser asking first; a process that needs no token could be executed by them.
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

/**
 * Whether a `GET` that does something was meant to be sent: not by the page of another site, whatever it let the
 * browser load, and not by a browser that fetches ahead what nobody has asked for yet
 * (https://wicg.github.io/nav-speculation/prefetch.html, `Sec-Purpose`).
 * @param base as of {@link isSameOrigin}
 */
export function isDeliberate(headers: IncomingHttpHeaders, base: string): boolean {
  const purposes = [headers['sec-purpose'], headers['purpose'], headers['x-moz']].flat().join(' ');
  if (/\bpre(?:fetch|render|view)\b/i.test(purposes)) return false;
  if (!isSameOrigin(headers, base)) return false;
  // Older browsers say nothing else of what an <img> or a link makes them load.
  const { referer } = headers;
  return (
    headers['sec-fetch-site'] !== undefined ||
    referer === undefined ||
    URL.parse(referer)?.origin === URL.parse(base)?.origin
  );
}

/**
 * Whether a browser says that its request comes from a page of this server, or from its user alone. Unlike of {@link isSameOrigin}, who
 * says nothing is not believed: browsers leave `Sec-Fetch-Site` out where the connection is neither HTTPS nor this machine's own
 * (https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header), and then have to name a page of this server by `Origin` or
 * `Referer`.
 * @param base as of {@link isSameOrigin}
 */
export function isProvenSameOrigin(headers: IncomingHttpHeaders, base: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const own = URL.parse(base)?.origin;
  const named = [headers.origin, headers.referer].filter((address) => address !== undefined);
  return own !== undefined && named.length > 0 && named.every((address) => URL.parse(address)?.origin === own);
}
