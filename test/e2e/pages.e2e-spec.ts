import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, type HTMLElement } from 'node-html-parser';
import { hrefs } from '../support/http.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const HOSTILE = '<script>alert(1)</script>';

/** A process whose result is itself a page that would do harm. */
const HTML_PROCESS = `
  html:
    type: process
    processor:
      <<: *image
      mimetype: text/html
      metadata: *both
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo "${HOSTILE}"']
`;

/** Who runs the server; the addresses are nobody's. */
const WHO = `    terms_of_service: https://example.org/terms
    url: javascript:alert(1)
  license: { name: CC-BY 4.0, url: https://example.org/by }
  provider: { name: The institute, url: https://example.org/ }
  contact: { name: Ann Example, email: ann@example.org, city: Nowhere, phone: '+49 30 0' }
`;

let bed: TestBed;
let successful: string;
let failed: string;
beforeAll(async () => {
  const shipped = (text: string) => text.replace(/^server:\n/m, (line) => `${line}  pretty_print: true\n`);
  bed = await TestBed.start(
    {},
    { configuration: (text) => shipped(text).replace('    keywords: [test]\n', (line) => line + WHO) + HTML_PROCESS },
  );
  [successful, failed] = await Promise.all([
    bed.submit('inputs', { text: HOSTILE }),
    bed.submit('secret-failing', {}, { token: TOKEN }),
  ]);
  await Promise.all([bed.until(successful, 'successful'), bed.until(failed, 'failed')]);
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const browse = (path: string, headers: Record<string, string> = {}) =>
  fetch(path.startsWith('http') ? path : bed.url + path, {
    headers: { accept: BROWSER, ...headers },
    redirect: 'manual',
  });
const pageOf = async (path: string): Promise<HTMLElement> => parse(await (await browse(path)).text());
const anchors = (page: HTMLElement) =>
  page.querySelectorAll('a[href]').map((anchor) => anchor.getAttribute('href') ?? '');
const postForm = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(bed.url + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { accept: BROWSER, ...headers },
    redirect: 'manual',
  });

describe('for a browser', () => {
  it('every resource is a page that has every link of its JSON as an <a>', async () => {
    const paths = [
      '/',
      '/?lang=de',
      '/conformance',
      '/processes?limit=2',
      '/processes?limit=2&offset=2',
      '/processes/hello',
      '/processes/geojson-features',
      '/jobs',
      '/jobs?limit=1&status=failed,successful',
      `/jobs/${successful}`,
      `/jobs/${failed}`,
      '/problems',
      '/problems/out-of-memory',
    ];
    for (const path of paths) {
      const response = await browse(path);
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
      expect(response.headers.get('vary')).toContain('Accept');
      const page = parse(await response.text());
      const json = await (await bed.get(path)).json();
      const missing = hrefs(json)
        .filter((href) => !href.endsWith('f=html'))
        .filter((href) => !anchors(page).includes(href));
      expect([path, missing]).toEqual([path, []]);
      const alternates = page.querySelectorAll('link[rel=alternate]').map((link) => link.getAttribute('href') ?? '');
      if ('links' in (json as object)) expect(alternates).toHaveLength(1);
      for (const alternate of alternates)
        expect((await browse(alternate)).headers.get('content-type')).toMatch(/^application\/json/);
    }
  });

  it.each([
    ['Execute the process', () => '/processes/hello', '#execute'],
    ['Why the job failed', () => `/jobs/${failed}`, '#cause'],
  ])('the link "%s" leads to what a browser can show', async (title, path, place) => {
    const page = await pageOf(path());
    const link = page.querySelectorAll('a').find(({ text }) => text === title);
    expect(link?.getAttribute('href')).toBe(place);
    expect(page.getElementById(place.slice(1))).not.toBeNull();
  });

  it('the links of pages all answer', async () => {
    const seen = new Set<string>();
    for (const path of [
      '/',
      '/processes',
      '/processes/hello',
      '/jobs',
      `/jobs/${successful}`,
      `/jobs/${failed}`,
      `/jobs/${successful}/results`,
      '/problems',
    ])
      for (const href of anchors(await pageOf(path))) if (href.startsWith(bed.url)) seen.add(href);
    expect(seen.size).toBeGreaterThan(30);
    for (const href of seen) {
      const { status } = await browse(href);
      // Addresses for programs.
      const expected = href.endsWith('/execution')
        ? [405]
        : href.endsWith(`${failed}/results`)
          ? [500]
          : href.endsWith(`${failed}/logs`)
            ? [401]
            : [200, 302, 303];
      expect([href, expected.includes(status)]).toEqual([href, true]);
    }
  });

  it('the landing page says who runs the server, as do its JSON and the API definition', async () => {
    const page = await pageOf('/');
    const facts = page.querySelectorAll('section[aria-labelledby=who] dd').map(({ text }) => text);
    expect(facts).toEqual([
      'The institute',
      'CC-BY 4.0',
      'https://example.org/terms',
      'Ann Example',
      'ann@example.org',
      'Nowhere',
      '+49 30 0',
    ]);
    expect(anchors(page)).toEqual(
      expect.arrayContaining(['https://example.org/', 'https://example.org/by', 'mailto:ann@example.org']),
    );
    expect(anchors(page).filter((href) => /^javascript:/.test(href))).toEqual([]);
    expect(await (await bed.get('/')).json()).toMatchObject({
      keywords: ['test'],
      provider: { name: 'The institute' },
      contact: { city: 'Nowhere' },
    });
    for (const path of ['/openapi', '/openapi/3.1']) {
      const { info, externalDocs } = (await (await bed.get(path)).json()) as { info: object; externalDocs?: object };
      expect(info).toMatchObject({
        termsOfService: 'https://example.org/terms',
        contact: { name: 'Ann Example', email: 'ann@example.org' },
        license: { name: 'CC-BY 4.0', url: 'https://example.org/by' },
      });
      expect(externalDocs).toBeUndefined();
    }
  });

  it('texts are in its language, and say which', async () => {
    const page = parse(await (await browse('/', { 'accept-language': 'de' })).text());
    expect(page.querySelector('h1')?.text).toBe('Ende zu Ende');
    expect(page.querySelector('h1')?.getAttribute('lang')).toBe('de');
    expect(page.querySelector('title')?.text).toBe('Ende zu Ende');
  });

  it('nothing is loaded from elsewhere, and scripts and the stylesheet may be kept for ever', async () => {
    const page = await pageOf('/');
    const scripts = page.querySelectorAll('script').map((script) => script.getAttribute('src') ?? '');
    expect(scripts).toEqual([expect.stringMatching(/\/static\/scripts\/[0-9a-f]{16}\/page\.js$/)]);
    const script = await fetch(scripts[0] ?? '');
    expect([script.status, script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      expect.stringContaining('immutable'),
    ]);
    expect(await script.text()).toContain("from './times.js'");
    const [stylesheet = '', ...others] = page
      .querySelectorAll('link[rel=stylesheet]')
      .map((link) => link.getAttribute('href') ?? '');
    expect(others).toEqual([]);
    const response = await fetch(stylesheet);
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'text/css; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
  });

  it('the results of a job are shown, and nothing of them is markup', async () => {
    const response = await browse(`/jobs/${successful}/results`);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).not.toContain(HOSTILE);
    const page = parse(html);
    expect(JSON.parse(page.querySelector('pre')?.text ?? '')).toEqual({ text: HOSTILE });
    const raw =
      page
        .querySelectorAll('a')
        .find(({ text }) => text === 'The results as they are')
        ?.getAttribute('href') ?? '';
    expect(await (await browse(raw)).json()).toEqual({ text: HOSTILE });
    expect(await (await bed.get(`/jobs/${successful}/results`)).json()).toEqual({ text: HOSTILE });
  });

  it.each(['/', '/processes/html', '/jobs', '/jobs/none'])(
    'run no scripts but those of the server, and have no styles but the stylesheet: %s',
    async (path) => {
      const { headers } = await browse(path);
      const policy = headers.get('content-security-policy');
      expect(policy).toMatch(new RegExp(`(?:^|;)script-src ${bed.url}/static/scripts/[0-9a-f]{16}/(?:;|$)`));
      expect(policy).toMatch(/(?:^|;)style-src 'self'(?:;|$)/);
      expect(policy).not.toContain('unsafe-');
    },
  );

  it('a result that is a page itself is opened in a sandbox', async () => {
    const jobId = await bed.submit('html');
    await bed.until(jobId, 'successful');
    const shown = await pageOf(`/jobs/${jobId}/results`);
    const scripts = shown.querySelectorAll('script').map((script) => script.getAttribute('src') ?? script.text);
    expect(shown.querySelector('pre')?.text).toBe(HOSTILE);
    expect(scripts.filter((source) => !source.startsWith(`${bed.url}/static/scripts/`))).toEqual([]);
    const raw = await browse(`/jobs/${jobId}/results?f=json`);
    expect(await raw.text()).toBe(HOSTILE);
    expect(raw.headers.get('content-security-policy')).toMatch(/^sandbox;/);
    expect(raw.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('a failed job says why, and where to read what to do; its log only to who has the token', async () => {
    const page = await pageOf(`/jobs/${failed}`);
    expect(page.text).toContain('ended with exit code 7');
    expect(page.text).not.toContain('a confidential line');
    const remedy = anchors(page).find((href) => href.includes('/problems/non-zero-exit')) ?? '';
    expect((await pageOf(remedy)).querySelector('h1')?.text).toBe('The program failed');
    const withToken = await (await browse(`/jobs/${failed}`, { authorization: `Bearer ${TOKEN}` })).text();
    expect(withToken).toContain('a confidential line');
  });

  it('a problem is a page, with every fault', async () => {
    const response = await browse('/jobs?limit=x&nothing=1');
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    const page = parse(await response.text());
    expect(page.querySelectorAll('tbody td.id').map(({ text }) => text)).toEqual(['nothing', 'limit']);
    for (const [path, status] of [
      ['/nothing', 404],
      ['/processes/none', 404],
      ['/jobs/none', 404],
      ['/problems/none', 404],
      [`/jobs/${failed}/logs`, 401],
      [`/jobs/${failed}/results`, 500],
    ] as const) {
      const answer = await browse(path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        path,
        status,
        'text/html; charset=utf-8',
      ]);
    }
  });

  it('the API definition leads to its documentation', async () => {
    const response = await browse('/openapi');
    expect([response.status, response.headers.get('location')]).toEqual([303, `${bed.url}/docs`]);
    expect((await bed.get('/openapi?f=html')).headers.get('content-type')).toMatch(/^text\/html/);
  });
});

describe('the filters of the job list', () => {
  it('that are left empty, as forms send them, filter nothing', async () => {
    const query = 'processID=&datetime=&minDuration=&maxDuration=&limit=&status=failed';
    const page = await pageOf(`/jobs?${query}`);
    expect(page.querySelectorAll('tbody .status').every(({ text }) => text === 'failed')).toBe(true);
    expect(page.querySelector('input[value=failed]')?.hasAttribute('checked')).toBe(true);
    expect(page.querySelector('input[value=running]')?.hasAttribute('checked')).toBe(false);
    expect(anchors(page)).toContain(`${bed.url}/jobs/${failed}`);
  });
});

describe('a form', () => {
  it('executes a process without scripts and leads to its job', async () => {
    const form = (await pageOf('/processes/inputs')).querySelector('form[method=post]');
    const action = form?.getAttribute('action') ?? '';
    const names = form
      ?.querySelectorAll('[name^="input."]:not([type=file])')
      .map((control) => control.getAttribute('name'));
    expect(names?.filter((name) => !/\.(?:href|json)$/.test(name ?? ''))).toEqual([
      'input.text',
      'input.number',
      'input.password',
    ]);
    const response = await postForm(action.slice(bed.url.length), {
      'input.text': 'hello',
      'input.number': '2.5',
      'input.password': '',
    });
    const location = response.headers.get('location') ?? '';
    expect([response.status, location]).toEqual([303, expect.stringContaining(`${bed.url}/jobs/`)]);
    const jobId = location.split('/').at(-1) ?? '';
    await bed.until(jobId, 'successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).json()).toEqual({ text: 'hello', number: 2.5 });
  });

  it('that is wrong is shown filled, with every fault at its control, and executes nothing', async () => {
    const before = await jobIds();
    const sent = { 'input.number': 'ten', 'input.text': '', 'input.password': 'sesame', token: TOKEN };
    const response = await postForm('/processes/inputs/form', sent);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    const text = await response.text();
    expect(text).not.toMatch(new RegExp(`sesame|${TOKEN}`));
    const page = parse(text);
    const faults = page.querySelectorAll('.notice li a').map((anchor) => anchor.getAttribute('href'));
    expect(faults.sort()).toEqual(['#input.number', '#input.text']);
    for (const href of faults) {
      const control = page.getElementById(href?.slice(1) ?? '');
      expect(control?.getAttribute('aria-invalid')).toBe('true');
      const [fault = ''] = control?.getAttribute('aria-describedby')?.split(' ') ?? [];
      expect(page.getElementById(fault)?.text).toMatch(/^(?:must |is missing)/);
    }
    expect(page.querySelector('[name="input.number"]')?.getAttribute('value')).toBe('ten');
    expect(page.querySelectorAll('form [aria-invalid]')).toHaveLength(2);
    expect(before).toEqual(expect.arrayContaining(await jobIds()));
  });

  it('asks for the token where the process does, and keeps what was filled in', async () => {
    const refused = await postForm('/processes/secret-failing/form', { token: 'wrong' });
    expect(refused.status).toBe(401);
    expect(
      parse(await refused.text())
        .querySelector('.notice li a')
        ?.getAttribute('href'),
    ).toBe('#token');
    expect((await postForm('/processes/secret-failing/form', { token: TOKEN })).status).toBe(303);
  });

  it('dismisses a job, with the token where the process asks for it', async () => {
    const jobId = await bed.submit('endless');
    const form = async (fields: Record<string, string>) => {
      const response = await postForm(`/jobs/${jobId}/dismissal`, { token: '', ...fields });
      return [response.status, response.headers.get('location')];
    };
    const fields = async () =>
      parse(await (await bed.get(`/jobs/${jobId}?f=html`)).text())
        .querySelectorAll('form input[type=hidden]')
        .map((field) => [field.getAttribute('name'), field.getAttribute('value')]);
    expect(await fields()).toEqual([['as', 'dismiss']]);
    expect(await form({ as: 'dismiss' })).toEqual([303, `${bed.url}/jobs/${jobId}`]);
    expect(await (await bed.get(`/jobs/${jobId}?f=html`)).text()).toContain('dismissed');
    // Whoever still sees a page that says "Dismiss" removes nothing.
    expect(await form({ as: 'dismiss' })).toEqual([303, `${bed.url}/jobs/${jobId}`]);
    expect(await fields()).toEqual([]);
    expect(await form({})).toEqual([303, `${bed.url}/jobs`]);
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect((await postForm(`/jobs/${failed}/dismissal`, { token: 'wrong' })).status).toBe(401);
    expect((await bed.get(`/jobs/${failed}`)).status).toBe(200);
  });

  it('of another site is refused, and is not taken for JSON either', async () => {
    const before = await jobIds();
    const fields = { 'input.text': 'x' };
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example.org' },
    ];
    for (const headers of foreign) {
      expect((await postForm('/processes/inputs/form', fields, headers)).status).toBe(403);
      expect((await postForm(`/jobs/${failed}/dismissal`, {}, headers)).status).toBe(403);
    }
    expect((await postForm('/processes/lines/execution', {})).status).toBe(415);
    const text = await fetch(`${bed.url}/processes/lines/execution`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(text.status).toBe(415);
    // One that was dismissed before may go meanwhile.
    expect(before).toEqual(expect.arrayContaining(await jobIds()));
  });
});

async function jobIds(): Promise<string[]> {
  const { jobs } = (await (await bed.get('/jobs?limit=100')).json()) as { jobs: { jobID: string }[] };
  return jobs.map(({ jobID }) => jobID);
}
