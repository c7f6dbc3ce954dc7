import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Configuration } from '../config/configuration.js';
import { Links } from '../ogc/links.js';
import { Pages } from '../ogc/pages.js';
import { ProblemFilter } from '../ogc/problem.filter.js';
import { ProcessesModule } from './processes.module.js';

const processor = (title: unknown) => ({
  name: 'pygeoapi_k8s_manager.process.HelloWorldK8sProcessor',
  metadata: { title, links: [{ href: 'https://example.org', rel: 'about' }] },
});
const titles: Record<string, unknown> = { c: { en: 'Third', de: 'Dritter' }, a: 'First', 'b ü': 'Second' };

const configuration = {
  file: 'config.yaml',
  server: {
    url: 'https://api.example.org/ogc',
    trustProxy: false,
    languages: ['en-US', 'de-DE'],
    ignoreParameters: ['utm_*', 'o*', 'gclid'],
    limits: { defaultItems: 10, maxItems: 2 },
    manager: { pods: {} },
  },
  processes: Object.entries(titles).map(([id, title]) => ({
    id,
    path: `resources.${id}.processor`,
    processor: processor(title),
  })),
};

@Global()
@Module({
  providers: [{ provide: Configuration, useValue: configuration }, Links, Pages],
  exports: [Configuration, Links, Pages],
})
class Surroundings {}

interface Body {
  readonly id: string;
  readonly title: string;
  readonly links: { rel: string; href: string }[];
  readonly processes: { id: string; title: string; links: { rel: string; href: string }[] }[];
}

describe('the processes over HTTP', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [Surroundings, ProcessesModule] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    app.useGlobalFilters(new ProblemFilter(app.get(Links), new Pages(app.get(Links), app.get(Configuration))));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  afterAll(() => app.close());

  const get = async (url: string, headers: Record<string, string> = {}) => {
    const response = await app.inject({ method: 'GET', url, headers });
    return { status: response.statusCode, headers: response.headers, body: response.json<Body>() };
  };
  it('ignore the unknown parameters that the configuration lists, and repeat them nowhere', async () => {
    const tracked = '/processes?gclid=a&gclid=b&utm_source=x&utm_campaign=y&limit=1';
    const { status, body } = await get(tracked);
    expect([status, body.processes.length]).toEqual([200, 1]);
    expect(body.links.filter(({ href }) => /utm|gclid/.test(href))).toEqual([]);
    expect((await get('/processes?gclids=a')).status).toBe(400);
    expect((await get('/processes?offset=x')).status).toBe(400);
  });

  const hrefs = (links: Body['links']) => Object.fromEntries(links.map(({ rel, href }) => [rel, href]));

  it('come in pages, in the order of the configuration', async () => {
    const first = await get('/processes');
    expect(first.body.processes.map(({ id }) => id)).toEqual(['c', 'a']);
    expect(hrefs(first.body.links)).toEqual({
      self: 'https://api.example.org/ogc/processes',
      next: 'https://api.example.org/ogc/processes?limit=2&offset=2',
    });
    const second = await get('/processes?limit=2&offset=2&lang=de');
    expect(second.body.processes.map(({ id }) => id)).toEqual(['b ü']);
    expect(hrefs(second.body.links)).toEqual({
      self: 'https://api.example.org/ogc/processes?limit=2&offset=2&lang=de',
      prev: 'https://api.example.org/ogc/processes?limit=2&lang=de',
    });
  });

  it('are summaries with links', async () => {
    const { body } = await get('/processes?limit=1');
    expect(body.processes[0]).toEqual({
      id: 'c',
      version: '1.0.0',
      title: 'Third',
      description: expect.any(String),
      keywords: expect.any(Array),
      jobControlOptions: ['async-execute'],
      outputTransmission: ['value', 'reference'],
      links: expect.any(Array),
    });
    expect(hrefs(body.processes[0]?.links ?? [])).toEqual({
      self: 'https://api.example.org/ogc/processes/c',
      about: 'https://example.org',
      'http://www.opengis.net/def/rel/ogc/1.0/execute': 'https://api.example.org/ogc/processes/c/execution',
      'http://www.opengis.net/def/rel/ogc/1.0/job-list': 'https://api.example.org/ogc/jobs?processID=c',
    });
  });

  it('are described one by one, also under an id that needs encoding', async () => {
    const { body } = await get('/processes/b%20%C3%BC');
    expect(body).toMatchObject({
      id: 'b ü',
      title: 'Second',
      inputs: { name: { schema: { type: 'string' } } },
      outputs: { echo: {} },
    });
    expect(hrefs(body.links)['self']).toBe('https://api.example.org/ogc/processes/b%20%C3%BC');
  });

  test.each([
    ['/processes/c', {}, 'Third', 'en-US'],
    ['/processes/c', { 'accept-language': 'de;q=0.9, fr' }, 'Dritter', 'de-DE'],
    ['/processes/c?lang=en', { 'accept-language': 'de' }, 'Third', 'en-US'],
  ])('answer %s with %j in the language asked for', async (url, headers, title, language) => {
    const response = await get(url, headers);
    expect(response.body.title).toBe(title);
    expect(response.headers).toMatchObject({ 'content-language': language, vary: 'Accept-Language' });
  });

  test.each([
    ['/processes?limit=0', 400],
    ['/processes?page=1', 400],
    ['/processes/none', 404],
    ['/processes/c?limit=1', 400],
  ])('refuse %s', async (url, status) => {
    expect((await get(url)).status).toBe(status);
  });
});
