import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isDeployed } from '../support/deployment.js';
import { TestBed } from '../support/test-bed.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const json = async (path: string): Promise<Record<string, unknown>> =>
  (await (await bed.get(path)).json()) as Record<string, unknown>;

describe('the API', () => {
  it('has a landing page whose links all answer', async () => {
    const { links, title } = (await json('/')) as {
      title: string;
      links: { href: string; rel: string; type: string }[];
    };
    expect(title).toBe('End-to-end');
    expect(links.map(({ rel }) => rel)).toEqual(expect.arrayContaining(['self', 'service-desc', 'service-doc']));
    for (const { href, type } of links) {
      const response = await fetch(href);
      expect([href, response.status]).toEqual([href, 200]);
      expect(response.headers.get('content-type')).toContain(type.split(';')[0]);
    }
  });

  it('declares conformance classes', async () => {
    const { conformsTo } = (await json('/conformance')) as { conformsTo: string[] };
    const classes = ['core', 'ogc-process-description', 'json', 'html', 'oas30', 'job-list', 'callback', 'dismiss'];
    for (const name of classes) {
      expect(conformsTo).toContain(`http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/${name}`);
    }
  });

  it('lists and describes the processes', async () => {
    const { processes, links } = (await json('/processes?limit=3')) as {
      processes: { id: string }[];
      links: { rel: string }[];
    };
    expect(processes.map(({ id }) => id)).toEqual(['hello', 'hello-async-only', 'hello-failing']);
    expect(links.map(({ rel }) => rel)).toContain('next');
    expect(await json('/processes/hello')).toMatchObject({
      id: 'hello',
      jobControlOptions: ['sync-execute', 'async-execute', 'dismiss'],
      outputTransmission: ['value', 'reference'],
      inputs: { name: { schema: { type: 'string' } } },
    });
    expect((await bed.get('/processes/none')).status).toBe(404);
  });

  it('has an OpenAPI document with one execute operation for each process', async () => {
    const response = await bed.get('/openapi');
    expect(response.headers.get('content-type')).toBe('application/vnd.oai.openapi+json;version=3.0');
    const document = (await response.json()) as {
      openapi: string;
      servers: unknown;
      paths: Record<string, { post?: { requestBody: unknown } }>;
    };
    expect([document.openapi, document.servers]).toEqual(['3.0.3', [{ url: bed.url }]]);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/',
        '/conformance',
        '/processes',
        '/processes/{processId}',
        '/jobs',
        '/jobs/{jobId}',
        '/jobs/{jobId}/results',
        '/jobs/{jobId}/logs',
      ]),
    );
    expect(document.paths['/processes/lines/execution']?.post?.requestBody).toMatchObject({
      content: {
        'application/json': {
          schema: { properties: { inputs: { properties: { count: { type: 'integer', maximum: 100000 } } } } },
        },
      },
    });
  });

  it('serves Swagger UI without anything from elsewhere', async () => {
    const page = await (await bed.get('/docs')).text();
    expect(page).toContain('swagger-ui');
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.filter((source) => /^(https?:)?\/\//.test(source))).toEqual([]);
    for (const source of sources.filter((candidate) => candidate.endsWith('.js') || candidate.endsWith('.css'))) {
      expect([source, (await fetch(new URL(source, `${bed.url}/docs`))).status]).toEqual([source, 200]);
    }
  });

  it('answers what it does not know as a problem', async () => {
    const response = await bed.get('/nothing');
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    const plain = await fetch(`${bed.url}/nothing`, { headers: { accept: 'application/json' } });
    expect(plain.headers.get('content-type')).toBe('application/json');
  });

  it('answers what it cannot even read as a problem', async () => {
    for (const path of ['/jobs/%', '/jobs/%ff', '/processes/%c0%af', '/?lang=a&lang=b']) {
      const response = await bed.get(path);
      expect([path, response.status < 500, response.headers.get('content-type')]).toEqual([
        path,
        true,
        expect.stringMatching(path.startsWith('/?') ? /^application\/json/ : /^application\/problem\+json/),
      ]);
    }
    expect((await bed.get(`/processes/${'x'.repeat(500)}`)).status).toBe(404);
  });

  it('has sane headers', async () => {
    const { headers } = await bed.get('/');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('says once where it listens', async () => {
    const said = (await bed.output()).match(/listening on http:\/\/[\d.]+:\d+$/gm);
    expect(said).toHaveLength(isDeployed ? 2 : 1);
  });
});
