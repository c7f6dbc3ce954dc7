import { SCRIPTS_PATH } from './scripts.js';

/**
 * The `Content-Security-Policy` of a page: it runs the scripts of the server, from their folder only, for results of jobs are of the same
 * origin (https://www.w3.org/TR/CSP3/#match-paths); it asks the server and nobody else.
 * @param base the API's address
 * @param images origins that pictures may come from beside the server
 */
export function pagePolicy(base: string, images: readonly string[]): string {
  return [
    "default-src 'self'",
    `script-src ${base.replaceAll(/[;,]/g, encodeURIComponent)}${SCRIPTS_PATH}/`,
    "style-src 'self'",
    ["img-src 'self' data:", ...images].join(' '),
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join(';');
}
