import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createRequire } from 'node:module';
import type { OidcClient, OidcSettings } from '../config/sections/access/oidc.js';
import { hookAnswers } from '../ogc/requests/hooks.js';
import { FOREVER, makeNonce, noncePolicy, VIEWPORT } from './nonce-policy.js';

/** Where Swagger UI is served. */
export const DOCS_PATH = '/docs';

/** Swagger UI's page that the provider leads back to, in a window of its own. */
export const OAUTH_REDIRECT_PATH = `${DOCS_PATH}/oauth2-redirect.html`;

const PAGES = ['', '/', '/index.html'].map((rest) => `${DOCS_PATH}${rest}`);

/** What Swagger UI's page loads or has in itself; no other element of a page has scripts or styles. */
const LOADING = /<(?=script\b|style\b|link rel="stylesheet"|link rel='stylesheet')(\w+)/g;

/** Of the only element that has a style of its own: its place is the same without. */
const HIDDEN = ' style="position:absolute;width:0;height:0"';

/** Of Swagger UI's files, which change with it alone. */
const VERSION = (createRequire(import.meta.url)('swagger-ui-dist/package.json') as { version: string }).version;

const FILES = /(\/swagger-ui(?:-bundle|-standalone-preset)?\.(?:js|css))"/g;

/** What there is where no scripts run. */
const WITHOUT_SCRIPTS = `<noscript>
<p>Swagger UI needs scripts. Without them there are the definition itself
(<a href="./openapi">OpenAPI 3.0</a>, <a href="./openapi/3.1">3.1</a>) and the pages of the
<a href="./processes">processes</a> and the <a href="./jobs">jobs</a>.</p>
</noscript>
`;

/** Digest of the style that Swagger UI makes itself, of its logo. */
const LOGO_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=';

/** Of {@link OAUTH_REDIRECT_PATH}: its one script, beside it. */
function redirectPolicy(publicUrl: string): string {
  const script = `${publicUrl.replaceAll(/[;,]/g, encodeURIComponent)}${DOCS_PATH}/oauth2-redirect.js`;
  return `default-src 'none';script-src ${script};base-uri 'none';form-action 'none';frame-ancestors 'none'`;
}

/**
 * Gives Swagger UI's page a `Content-Security-Policy` of its own: it runs what it names itself, marked by a nonce that is another one for each answer,
 * and nothing else of this origin, where results of jobs are served, too; and it asks the public address.
 *
 * To be called before the hooks that make entity tags and compress.
 * @param publicUrl `server.url`
 * @param oidc of which it gets tokens, where there is a client without secret
 */
export function guardDocsPage(fastify: FastifyInstance, publicUrl: string | undefined, oidc?: OidcSettings): void {
  const issuer = oidc && publicClientOf(oidc) ? [new URL(oidc.issuer).origin] : [];
  const connect = ["'self'", ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]), ...issuer];
  const concerns = ({ url, routeOptions }: FastifyRequest) =>
    url.startsWith(DOCS_PATH) || routeOptions.url?.startsWith(DOCS_PATH) === true;
  hookAnswers(fastify, concerns, async (request, reply, payload) => {
    const { v } = (request.query ?? {}) as { v?: unknown };
    if (request.routeOptions.url === `${DOCS_PATH}/*` && v === VERSION && reply.statusCode === 200)
      void reply.header('cache-control', FOREVER);
    if (issuer.length > 0 && request.url.split('?', 1)[0] === OAUTH_REDIRECT_PATH)
      void reply
        .header('cache-control', 'no-store')
        .header('content-security-policy', redirectPolicy(publicUrl ?? ''))
        .header('cross-origin-opener-policy', 'unsafe-none');
    if (typeof payload !== 'string' || !PAGES.includes(request.routeOptions.url ?? '') || reply.statusCode !== 200)
      return payload;
    const nonce = makeNonce();
    // The window in which one signs in has to find back, from another host's page.
    if (issuer.length > 0) void reply.header('cross-origin-opener-policy', 'same-origin-allow-popups');
    void reply
      .header('cache-control', 'no-store')
      .header('content-security-policy', noncePolicy(nonce, [LOGO_STYLE], connect));
    return payload
      .replaceAll(LOADING, `<$1 nonce="${nonce}"`)
      .replace(HIDDEN, ' width="0" height="0"')
      .replace('<title>', `${VIEWPORT}<title>`)
      .replace('<div id="swagger-ui">', (element) => withRoot(WITHOUT_SCRIPTS, request.url) + element)
      .replaceAll(FILES, `$1?v=${VERSION}"`);
  });
}

/** A client that has no secret, so that a browser can be it. */
export function publicClientOf(oidc: OidcSettings | undefined): OidcClient | undefined {
  return oidc?.client?.secret === undefined ? oidc?.client : undefined;
}

/** Addresses of this API, as seen from the page: it answers with a slash at its end, and beneath itself, too. */
function withRoot(html: string, url: string): string {
  return new URL(url, 'http://any').pathname.endsWith(DOCS_PATH) ? html : html.replaceAll('"./', '"../');
}
