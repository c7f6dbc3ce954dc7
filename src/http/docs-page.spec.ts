import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { guardDocsPage } from './docs-page.js';

const PAGE = `<link rel="stylesheet" href="a.css"><style>p {}</style><svg style="position:absolute;width:0;height:0"></svg>
<script src="a.js"></script><link rel="icon" href="a.png">`;
const SWAGGER = `<head><title>API</title></head><div id="swagger-ui"></div><script src="./docs/swagger-ui-bundle.js"></script>`;

describe("Swagger UI's page", () => {
  let server: FastifyInstance;
  beforeEach(() => {
    server = fastify();
    guardDocsPage(server, 'https://public.example.org/api');
    for (const url of ['/docs', '/docs/', '/docs/index.html', '/other'])
      server.get(url, (_, reply) =>
        reply
          .header('content-security-policy', 'usual')
          .type('text/html')
          .send(PAGE + SWAGGER),
      );
    server.get('/docs/*', (_, reply) => reply.header('cache-control', 'usual').type('text/javascript').send('file'));
  });
  afterEach(() => server.close());

  it.each(['/docs', '/docs/', '/docs/index.html'])('runs only what it names itself, at %s', async (url) => {
    const [first, second] = [await server.inject(url), await server.inject(url)];
    const policy = String(first.headers['content-security-policy']);
    const [, nonce = ''] = /script-src 'nonce-([^']{22,})';/.exec(policy) ?? [];
    expect(first.body.slice(0, first.body.indexOf('<head>'))).toBe(
      `<link nonce="${nonce}" rel="stylesheet" href="a.css"><style nonce="${nonce}">p {}</style><svg width="0" height="0"></svg>
<script nonce="${nonce}" src="a.js"></script><link rel="icon" href="a.png">`,
    );
    expect(policy).toContain("default-src 'none';");
    expect(policy).toContain("connect-src 'self' https://public.example.org;");
    expect(policy).not.toMatch(/unsafe|(?:script|style)-src[^;]*'self'/);
    expect(first.headers['cache-control']).toBe('no-store');
    expect(second.headers['content-security-policy']).not.toBe(policy);
  });

  it.each([
    ['/docs', './jobs'],
    ['/docs/', '../jobs'],
    ['/docs/index.html', '../jobs'],
  ])('at %s fits a phone, and leads on where no scripts run', async (url, jobs) => {
    const { body } = await server.inject(url);
    expect(body).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"><title>');
    expect(/<noscript>[^]*<\/noscript>\n<div id="swagger-ui">/.exec(body)?.[0]).toContain(`<a href="${jobs}">`);
  });

  it('has files that may be kept until there is another Swagger UI', async () => {
    const { body } = await server.inject('/docs');
    const [, path = ''] = /src="\.(\/docs\/swagger-ui-bundle\.js\?v=[^"]+)"/.exec(body) ?? [];
    const cacheOf = async (address: string) => (await server.inject(address)).headers['cache-control'];
    expect(await cacheOf(path)).toBe('public, max-age=31536000, immutable');
    expect([await cacheOf(`${path}0`), await cacheOf('/docs/swagger-ui-bundle.js')]).toEqual(['usual', 'usual']);
  });

  it('alone has that policy', async () => {
    const { headers, body } = await server.inject('/other');
    expect([headers['content-security-policy'], body]).toEqual(['usual', PAGE + SWAGGER]);
  });

  it('may have the style of the logo of the Swagger UI that is installed', async () => {
    const folder = (createRequire(import.meta.url)('swagger-ui-dist/absolute-path.js') as () => string)();
    const preset = await readFile(join(folder, 'swagger-ui-standalone-preset.js'), 'utf8');
    const [logo = ''] = /\.logo_small_svg__[^"<]+/.exec(preset) ?? [];
    const digest = createHash('sha256').update(logo).digest('base64');
    const { headers } = await server.inject('/docs');
    expect(headers['content-security-policy']).toContain(`'sha256-${digest}'`);
  });
});
