import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import Negotiator from 'negotiator';
import { addVary } from '../ogc/languages.js';
import { DOCS_PATH } from './docs-page.js';
import { FOREVER, makeNonce, noncePolicy, VIEWPORT } from './nonce-policy.js';

/** Where Redoc shows the API definition. */
export const REDOC_PATH = `${DOCS_PATH}/redoc`;

/** What Redoc would ask another host for: the logo of its maker. In its place nothing. */
const LOGO = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini\.svg/g;
const NOTHING = 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E';

/** Digests of the styles that Redoc makes without the nonce: an empty one, and that of its scroll bars. */
const STYLES = [
  'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc=',
];

/**
 * Without search, for which Redoc makes a program of a text (a worker of a `blob:`), and with the nonce of the page for the styles that it
 * makes. Descriptions of processes are cleaned before they are shown.
 */
const START =
  "Redoc.init('../openapi?f=json', { nonce: document.currentScript.nonce, disableSearch: true, sanitize: true, " +
  "hideDownloadButtons: true }, document.getElementById('redoc'));\n";

/** Redoc's bundle and its start, as they are sent; read and compressed once, when somebody wants them. */
class Script {
  private made: { readonly plain: Buffer; readonly gzipped: Buffer } | undefined;

  constructor(private readonly read: () => string) {}

  get text(): { readonly plain: Buffer; readonly gzipped: Buffer } {
    if (this.made) return this.made;
    const plain = Buffer.from(`${this.read().replace(LOGO, NOTHING)}\n${START}`);
    return (this.made = { plain, gzipped: gzipSync(plain, { level: 9 }) });
  }

  /** Of what it is, so that it can be kept for ever. */
  get name(): string {
    return `redoc-${createHash('sha256').update(this.text.plain).digest('hex').slice(0, 16)}.js`;
  }
}

/**
 * Serves Redoc at {@link REDOC_PATH}, all of it from here, under a `Content-Security-Policy` of its own: the page runs what it names
 * itself, by a nonce that is another one for each answer, and asks this server alone. To be called before the hooks that make entity tags
 * and compress have seen a request.
 * @param title of the page
 * @param read gives Redoc's bundle; by default that which the build has put beside this file
 */
export function serveRedoc(fastify: FastifyInstance, title: string, read = readBundle): void {
  const script = new Script(read);
  fastify.get(REDOC_PATH, (_request, reply) => {
    const nonce = makeNonce();
    void reply
      .header('cache-control', 'no-store')
      .header('content-security-policy', noncePolicy(nonce, STYLES, ["'self'"]));
    return reply.type('text/html; charset=utf-8').send(page(title, `redoc/${script.name}`, nonce));
  });
  fastify.get(`${REDOC_PATH}/:name`, (request, reply) => {
    if ((request.params as { name: string }).name !== script.name) return reply.callNotFound();
    addVary(reply, 'Accept-Encoding');
    void reply.type('text/javascript; charset=utf-8').header('cache-control', FOREVER);
    if (new Negotiator(request.raw).encoding(['gzip', 'identity']) !== 'gzip') return reply.send(script.text.plain);
    return reply.header('content-encoding', 'gzip').send(script.text.gzipped);
  });
}

function readBundle(): string {
  return readFileSync(new URL('./redoc/redoc.standalone.js', import.meta.url), 'utf8');
}

/** The script's address is relative to the page, whose address has no slash at its end. */
function page(title: string, script: string, nonce: string): string {
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>${VIEWPORT}` +
    `<style nonce="${nonce}">body{margin:0}</style></head>` +
    `<body><div id="redoc"></div><script nonce="${nonce}" src="${script}"></script></body></html>\n`
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
