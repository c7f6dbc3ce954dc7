import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { gunzipSync } from 'node:zlib';
import { REDOC_PATH, serveRedoc } from './redoc-page.js';

const BUNDLE = 'const logo = "https://cdn.redoc.ly/redoc/logo-mini.svg";';
const server = fastify();
serveRedoc(server, 'A <title> & more', () => BUNDLE);

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => server.inject({ url, headers });
const scriptOf = (body: string) => /src="([^"]+)"/.exec(body)?.[1] ?? '';

describe('the page of Redoc', () => {
  it('runs what it names, marked by a nonce that is another one each time, and nothing else', async () => {
    const pages = await Promise.all([get(REDOC_PATH), get(REDOC_PATH)]);
    const nonces = pages.map(({ headers }) => {
      const policy = String(headers['content-security-policy']);
      expect(policy).not.toMatch(/unsafe|blob|https?:/);
      return /script-src 'nonce-([^']+)';style-src 'nonce-([^']+)' 'sha256-/.exec(policy)?.slice(1) ?? [];
    });
    expect(new Set(nonces.flat()).size).toBe(2);
    pages.forEach(({ body, headers }, at) => {
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toContain('<title>A &lt;title> &amp; more</title>');
      const marked = [...body.matchAll(/<(?:script|style) nonce="([^"]+)"/g)].map(([, nonce]) => nonce);
      expect(marked).toEqual(nonces[at]);
    });
  });

  it('sends its bundle once for ever, compressed to who takes it', async () => {
    const address = `/docs/${scriptOf((await get(REDOC_PATH)).body)}`;
    const plain = await get(address);
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    expect(plain.body).toContain('Redoc.init(');
    expect(plain.body).not.toContain('cdn.redoc.ly');
    const compressed = await get(address, { 'accept-encoding': 'gzip' });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(plain.body);
  });

  it('has no other bundle', async () => expect((await get(`${REDOC_PATH}/redoc-0.js`)).statusCode).toBe(404));
});
