import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';

/** Where Swagger UI is served. */
export const DOCS_PATH = '/docs';

const PAGES = ['', '/', '/index.html'].map((rest) => `${DOCS_PATH}${rest}`);

/** What Swagger UI's page loads or has in itself; no other element of a page has scripts or styles. */
const LOADING = /<(?=script\b|style\b|link rel="stylesheet"|link rel='stylesheet')(\w+)/g;

/** Of the only element that has a style of its own: its place is the same without. */
const HIDDEN = ' style="position:absolute;width:0;height:0"';

/** Digest of the style that Swagger UI makes itself, of its logo. */
const LOGO_STYLE = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=';

/**
 * Gives Swagger UI's page a `Content-Security-Policy` of its own: it runs what it names itself, marked by a nonce that is another one for each answer,
 * and nothing else of this origin, where results of jobs are served, too; and it asks the public address.
 *
 * To be called before the hooks that make entity tags and compress.
 * @param publicUrl `server.url`
 */
export function guardDocsPage(fastify: FastifyInstance, publicUrl: string | undefined): void {
  const connect = ["'self'", ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin])].join(' ');
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || !PAGES.includes(request.routeOptions.url ?? '') || reply.statusCode !== 200)
      return payload;
    const nonce = randomBytes(16).toString('base64');
    void reply
      .header('cache-control', 'no-store')
      .header(
        'content-security-policy',
        [
          "default-src 'none'",
          `script-src 'nonce-${nonce}'`,
          `style-src 'nonce-${nonce}' '${LOGO_STYLE}'`,
          "img-src 'self' data:",
          `connect-src ${connect}`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'self'",
        ].join(';'),
      );
    return payload.replaceAll(LOADING, `<$1 nonce="${nonce}"`).replace(HIDDEN, ' width="0" height="0"');
  });
}
