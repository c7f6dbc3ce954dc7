import { describe, expect, it, test } from '@jest/globals';
import fastify from 'fastify';
import type { Configuration, ServerSection } from '../config/configuration.js';
import { Links } from './links.js';
import { trustedProxies } from './trusted-proxies.js';

type Settings = Partial<Pick<ServerSection, 'url' | 'pathPrefix' | 'trustProxy'>>;

/** The base address of links for a request that comes from 127.0.0.1. */
async function baseFor(settings: Settings, headers: Record<string, string> = {}): Promise<string> {
  const section = { pathPrefix: '', trustProxy: false, ...settings };
  const links = new Links({ server: section } as unknown as Configuration);
  const server = fastify({ trustProxy: trustedProxies(section.trustProxy) });
  server.get('/', (request) => links.base(request));
  const { payload } = await server.inject({ url: '/', headers: { host: 'pod:5000', ...headers } });
  await server.close();
  return payload;
}

const forwarded = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'public.example.org',
  'x-forwarded-prefix': '/ogc/',
};

describe('the base of all links', () => {
  it('is what the client addressed', async () => {
    await expect(baseFor({})).resolves.toBe('http://pod:5000');
  });

  it('is the configured address, whatever a request says', async () => {
    const settings = { url: 'https://example.org/processes', pathPrefix: '/pygeoapi', trustProxy: true };
    await expect(baseFor(settings, forwarded)).resolves.toBe('https://example.org/processes');
  });

  it('has the path prefix', async () => {
    await expect(baseFor({ pathPrefix: '/pygeoapi' })).resolves.toBe('http://pod:5000/pygeoapi');
  });

  test.each([[false], [['10.0.0.0/8', '::1']]])(
    'does not change for forwarded headers of who is not trusted (%j)',
    async (trustProxy) => {
      await expect(baseFor({ trustProxy }, forwarded)).resolves.toBe('http://pod:5000');
    },
  );

  test.each([[true], [['loopback']], [['10.1.2.3', '127.0.0.0/8']]])(
    'is what a trusted proxy says (%j)',
    async (trustProxy) => {
      await expect(baseFor({ trustProxy }, forwarded)).resolves.toBe('https://public.example.org/ogc');
    },
  );

  it('has the prefix that a trusted proxy took off instead of the configured one', async () => {
    const settings = { trustProxy: true, pathPrefix: '/pygeoapi' };
    await expect(baseFor(settings, { 'x-forwarded-prefix': '/ogc' })).resolves.toBe('http://pod:5000/ogc');
    await expect(baseFor(settings, { 'x-forwarded-prefix': '/' })).resolves.toBe('http://pod:5000');
  });

  test.each(['//evil.example.org', 'evil', '/a b', '/a"b', '/a?b', '/a#b'])(
    'has no prefix that is no path: %s',
    async (prefix) => {
      await expect(baseFor({ trustProxy: true }, { 'x-forwarded-prefix': prefix })).resolves.toBe('http://pod:5000');
    },
  );
});
