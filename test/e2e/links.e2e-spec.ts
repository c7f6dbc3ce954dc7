import { describe, expect, it } from '@jest/globals';
import { hrefs, json, rawGet, statusOf } from '../support/http.js';
import { serverFixture, ServerPair } from '../support/server-pair.js';
import type { StatusInfo, TestBed } from '../support/test-bed.js';

const forwarded = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'spoofed.example.org',
  'x-forwarded-prefix': '/spoofed',
  'x-forwarded-for': '203.0.113.7',
};

interface Links {
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

const swaggerServers = async (url: string) =>
  /"servers": (\[[^\]]*\])/.exec(await (await fetch(`${url}/docs/swagger-ui-init.js`)).text())?.[1];

let servers: ServerPair;
let bed: TestBed;
let plainUrl: string;
ServerPair.forSuite((started) => {
  servers = started;
  ({ bed, plainUrl } = started);
});

/** The only link that leads elsewhere: what a process description is, by OGC's name for it. */
const PROFILE = 'https://www.opengis.net/def/profile/OGC/0/ogc-process-description';

describe('links', () => {
  it('are right everywhere beneath a path prefix that arrives (SCRIPT_NAME), and answer', async () => {
    const base = `${bed.url}/pygeoapi`;
    const created = await bed.execute('json', {}, { prefer: 'respond-async' });
    const jobId = ((await created.json()) as StatusInfo).jobID;
    expect(created.headers.get('location')).toBe(`${base}/jobs/${jobId}`);
    await bed.ended(jobId);
    const found = new Set<string>();
    for (const path of [
      '/',
      '/?lang=de',
      '/processes',
      '/processes?limit=1',
      '/processes/json',
      '/jobs',
      `/jobs/${jobId}`,
    ]) {
      for (const href of hrefs(await json(base + path))) if (href !== PROFILE) found.add(href);
    }
    expect(found.size).toBeGreaterThan(15);
    expect([...found].filter((href) => !href.startsWith(`${base}/`))).toEqual([]);
    for (const href of found) {
      const status = await statusOf(href, href.endsWith('/execution') ? 'POST' : 'GET');
      expect([href, status === 200 || (status === 400 && href.endsWith('/execution'))]).toEqual([href, true]);
    }
    expect(await json(`${base}/openapi`)).toMatchObject({ servers: [{ url: base }] });
  });

  it('are the same for who asks the pod itself, without the prefix', async () => {
    const { links } = await json<Links>(bed.url);
    expect(links[0]?.href).toBe(`${bed.url}/pygeoapi/`);
    for (const path of ['/pygeoapi', '/pygeoapi/', '/pygeoapi?lang=de', '/pygeoapi/processes/', '/processes'])
      expect([path, await statusOf(bed.url + path)]).toEqual([path, 200]);
    expect(await statusOf(`${bed.url}/pygeoapiprocesses`)).toBe(404);
  });

  it('of a synchronous execution stand in its Link header', async () => {
    const response = await bed.execute('json');
    expect(response.headers.get('link')).toMatch(
      new RegExp(`^<${bed.url}/pygeoapi/jobs/[-0-9a-f]{36}>; rel="monitor"$`),
    );
  });

  it('are those of server.url where it is set: landing page, lists, next pages, Location, OpenAPI, Swagger UI', async () => {
    const base = 'https://public.example.org/pygeoapi';
    const all = [
      ...hrefs(await json(plainUrl)),
      ...hrefs(await json(`${plainUrl}/processes`)),
      ...hrefs(await json(`${plainUrl}/processes/one`)),
      ...hrefs(await json(`${plainUrl}/jobs`)),
    ];
    expect(all).toContain(`${base}/processes?limit=1&offset=1`);
    expect(all.filter((href) => !href.startsWith(`${base}/`))).toEqual([PROFILE]);
    const created = await fetch(`${plainUrl}/processes/one/execution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: { name: 'x' } }),
    });
    expect(created.headers.get('location')).toMatch(`${base}/jobs/`);
    expect(await json(`${plainUrl}/openapi`)).toMatchObject({ servers: [{ url: base }] });
    expect(JSON.parse((await swaggerServers(plainUrl)) ?? '')).toEqual([{ url: base }]);
    expect((await fetch(`${plainUrl}/docs`)).headers.get('content-security-policy')).toContain(
      "connect-src 'self' https://public.example.org",
    );
  });

  it('of Swagger UI are relative, so that its files are found beneath the prefix; Try it out asks the public address', async () => {
    for (const address of [`${bed.url}/pygeoapi/docs`, `${bed.url}/pygeoapi/docs/`, `${plainUrl}/docs`]) {
      const page = await (await fetch(address)).text();
      const files = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css)(?:\?v=[^"]+)?)"/g)].map(
        ([, file]) => file ?? '',
      );
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) {
        expect(file).toMatch(/^\.\//);
        expect([file, await statusOf(new URL(file, address).href)]).toEqual([file, 200]);
      }
    }
    expect(JSON.parse((await swaggerServers(`${bed.url}/pygeoapi`)) ?? '')).toEqual([{ url: `${bed.url}/pygeoapi` }]);
  });

  it('do not change for forwarded headers that nobody configured', async () => {
    for (const [url, path] of [
      [bed.url, '/pygeoapi/'],
      [bed.url, '/jobs'],
      [plainUrl, '/'],
      [plainUrl, '/openapi'],
    ] as const) {
      const [usual, spoofed] = [await rawGet(url + path), await rawGet(url + path, forwarded)];
      expect([spoofed.status, spoofed.body.toString()]).toEqual([usual.status, usual.body.toString()]);
      expect(spoofed.body.toString()).not.toContain('spoofed');
    }
  });

  it('are what a trusted proxy forwards, and only a trusted one', async () => {
    const trusting = await servers.startAnother({ PYGEOAPI_CONFIG: serverFixture('proxied'), TRUST_PROXY: 'loopback' });
    const wary = await servers.startAnother({ PYGEOAPI_CONFIG: serverFixture('proxied') });
    try {
      const base = 'https://spoofed.example.org/spoofed';
      for (const path of ['/', '/processes', '/jobs'])
        expect(
          hrefs(await json(trusting.url + path, forwarded)).filter((href) => !href.startsWith(`${base}/`)),
        ).toEqual([]);
      expect(await json(`${trusting.url}/openapi`, forwarded)).toMatchObject({ servers: [{ url: base }] });
      expect((await rawGet(`${wary.url}/`, forwarded)).body.toString()).not.toContain('spoofed');
    } finally {
      await Promise.all([trusting.child.end(), wary.child.end()]);
    }
  });
});
