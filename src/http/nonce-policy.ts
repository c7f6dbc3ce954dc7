import { randomBytes } from 'node:crypto';

/** `Cache-Control` of files whose address changes with what is in them. */
export const FOREVER = 'public, max-age=31536000, immutable';

/** A phone's own width, not that of a desk. */
export const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">';

/** Marks what a page loads itself; another one for each answer. */
export function makeNonce(): string {
  return randomBytes(16).toString('base64');
}

/**
 * The `Content-Security-Policy` of a page that runs what it names itself, marked by a nonce, and nothing else of this origin, where results of
 * jobs are served, too (https://www.w3.org/TR/CSP3/).
 * @param styles digests of styles that the page's scripts make without the nonce
 * @param connect origins that they may ask
 */
export function noncePolicy(nonce: string, styles: readonly string[], connect: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}' ${styles.map((digest) => `'${digest}'`).join(' ')}`,
    "img-src 'self' data:",
    `connect-src ${connect.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join(';');
}
