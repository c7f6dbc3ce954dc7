import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { TestBed, TOKEN } from '../support/test-bed.js';

/** Stands in the log and the result of every job of this suite. */
const SAID = 'said-by-the-job';
const FIXTURES = resolve('test/fixtures/access');
const html = { accept: 'text/html' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const sameOrigin = { 'sec-fetch-site': 'same-origin' };
/** Another address each time: wrong tokens of one are answered ever more slowly. */
let addresses = 0;
const ofAnother = () => ({ 'x-forwarded-for': `10.9.${(addresses += 1) >> 8}.${addresses & 255}` });

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

describe('who signs in with a browser', () => {
  let bed: TestBed;
  /** As in a `Cookie` header. */
  let cookie = '';
  let [done, failed] = ['', ''];

  beforeAll(async () => {
    bed = await TestBed.startProcess(
      { TRUST_PROXY: 'true', PYGEOAPI_CONFIG: 'test/fixtures/access/config.yaml' },
      {
        configuration: (text) =>
          text.replace('level: WARNING', 'level: INFO').replace('./processor.mjs', `${FIXTURES}/processor.mjs`),
      },
    );
    [done, failed] = (await Promise.all([made('x'), made('fail')])) as [string, string];
    cookie = cookieOf(await signIn(TOKEN));
  });
  afterAll(() => bed.stop());

  async function made(text: string): Promise<string> {
    const id = await bed.submit('token', { text }, { token: TOKEN });
    await bed.until(id, 'successful', 'failed');
    return id;
  }
  const ask = (path: string, { headers, ...asked }: Asked = {}) =>
    fetch(bed.url + path, { redirect: 'manual', headers: { ...ofAnother(), ...headers }, ...asked });
  const signIn = (token: string, next = '/', headers = {}) =>
    ask('/sign-in', {
      method: 'POST',
      headers: { ...form, ...sameOrigin, ...html, ...headers },
      body: String(new URLSearchParams({ token, next })),
    });
  const cookieOf = (response: Response) => response.headers.getSetCookie().join().split(';', 1)[0] ?? '';
  /** Its status, and whether it tells what the job said. */
  const answer = async (path: string, asked: Asked = {}) => {
    const response = await ask(path, asked);
    const text = await response.text();
    return `${response.status}${text.includes(SAID) ? ' said' : ''}`;
  };

  it('is led to where they came from, with a cookie of this server alone that no script reads', async () => {
    const response = await signIn(TOKEN, `/jobs/${done}/logs?follow`);
    expect([response.status, response.headers.get('location')]).toEqual([303, `${bed.url}/jobs/${done}/logs?follow`]);
    const given = response.headers.getSetCookie();
    expect(given).toEqual([expect.stringMatching(/^pygeoapi-session=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/)]);
    expect(given.join().length).toBeLessThan(4096);
    expect(given.join()).not.toContain(TOKEN);
  });

  it('has the cookie for HTTPS, and beneath the path of the server, as a trusted proxy says it', async () => {
    const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.org' };
    const [whole, beneath] = await Promise.all([
      signIn(TOKEN, '/jobs', proxied),
      signIn(TOKEN, '/jobs', { ...proxied, 'x-forwarded-prefix': '/ogc' }),
    ]);
    expect([whole, beneath].map(({ headers }) => headers.get('location'))).toEqual([
      'https://api.example.org/jobs',
      'https://api.example.org/ogc/jobs',
    ]);
    expect(whole.headers.getSetCookie().join()).toMatch(
      /^__Host-pygeoapi-session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(beneath.headers.getSetCookie().join()).toMatch(
      /^__Secure-pygeoapi-session=.*; Path=\/ogc; HttpOnly; Secure; SameSite=Lax$/,
    );
    const headers = { ...proxied, 'x-forwarded-prefix': '/ogc', ...sameOrigin, cookie: cookieOf(beneath) };
    expect(await answer(`/jobs/${done}/logs`, { headers })).toBe('200 said');
  });

  it.each(['//evil.example/', '/\\evil.example', 'https://evil.example/', '/\t/evil.example'])(
    'is not led to %j',
    async (next) => {
      expect((await signIn(TOKEN, next)).headers.get('location')).toBe(`${bed.url}/`);
      const page = await (await ask(`/sign-in?next=${encodeURIComponent(next)}`, { headers: html })).text();
      const leads = [...page.matchAll(/(?:href|action)="([^"]*)"/g)].map(
        ([, address = '']) => new URL(address, bed.url).host,
      );
      expect(leads.filter((host) => host.includes('evil'))).toEqual([]);
      expect(page).toContain('name="next" value="/"');
    },
  );

  it('is told so where the token is wrong or missing, and asked again', async () => {
    for (const [token, fault] of [
      ['wrong', 'The token does not match.'],
      ['', 'Fill in the token.'],
    ] as const) {
      const response = await signIn(token, '/jobs?limit=5');
      expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
      const page = await response.text();
      expect(page).toContain(fault);
      expect(page).toContain('name="next" value="/jobs?limit=5"');
      expect(page).not.toContain('value="wrong"');
    }
    const german = await signIn('wrong', '/', { 'accept-language': 'de' });
    expect(await german.text()).toContain('Das Token stimmt nicht.');
  });

  it('is slowed down by wrong tokens, as with them elsewhere', async () => {
    const headers = { 'x-forwarded-for': '10.8.0.1' };
    for (let n = 0; n < 3; n += 1) await signIn('wrong', '/', headers);
    expect(await bed.output()).toContain('A wrong token of 10.8.0.1 for POST /sign-in: number 3 of late');
  });

  it('stands in the log, without token and cookie', async () => {
    await signIn(TOKEN, '/', { 'x-forwarded-for': '10.8.0.2' });
    const output = await bed.output();
    expect(output).toContain('api signed in (token, 10.8.0.2) until ');
    expect([TOKEN, cookie.split('=')[1] ?? ''].filter((secret) => output.includes(secret))).toEqual([]);
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the site', { 'sec-fetch-site': 'same-site', origin: 'http://other.example' }],
    ['another origin', { origin: 'http://evil.example' }],
  ])('is not signed in or out by the page of %s', async (_, headers) => {
    const asked = { method: 'POST', body: `token=${TOKEN}`, headers: { ...form, ...headers } };
    for (const path of ['/sign-in', '/sign-out']) {
      const response = await ask(path, asked);
      expect([response.status, response.headers.getSetCookie()]).toEqual([403, []]);
    }
  });

  it('reads what asks for the token, and nobody else keeps it', async () => {
    const headers = { ...html, ...sameOrigin, cookie };
    const log = await ask(`/jobs/${done}/logs`, { headers });
    expect([log.status, log.headers.get('vary'), log.headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/\bCookie\b/),
      'no-store',
    ]);
    const results = await ask(`/jobs/${done}/results/notebook`, { headers });
    expect([results.status, results.headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/private|no-store/),
    ]);
    const page = await ask('/processes', { headers });
    expect([page.headers.get('cache-control'), page.headers.get('vary'), page.headers.has('etag')]).toEqual([
      'private, no-cache',
      expect.stringMatching(/\bCookie\b/),
      true,
    ]);
    expect(await page.text()).toContain('Signed in as api');
    const anonymous = await ask('/processes', { headers: { ...html, ...sameOrigin } });
    expect([anonymous.headers.get('cache-control'), anonymous.headers.get('vary')]).toEqual([
      'no-cache',
      expect.stringMatching(/\bCookie\b/),
    ]);
    expect((await ask('/processes', { headers: { cookie, ...sameOrigin } })).headers.get('vary')).not.toMatch(/Cookie/);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['of a page of the server', sameOrigin, '200 said'],
    ['of the address bar', { 'sec-fetch-site': 'none' }, '200 said'],
    ['of a page of the server, over plain HTTP', { referer: 'BASE/jobs' }, '200 said'],
    ['of another site', { 'sec-fetch-site': 'cross-site' }, '401'],
    ['of another host of the site', { 'sec-fetch-site': 'same-site' }, '401'],
    ['of who knows, over plain HTTP', {}, '401'],
    ['of another site, over plain HTTP', { referer: 'http://evil.example/' }, '401'],
    ['with another token, which goes before', { ...sameOrigin, authorization: 'Bearer wrong' }, '401'],
    ['with another scheme, which goes before', { ...sameOrigin, authorization: 'Basic d3Jvbmc6d3Jvbmc=' }, '401'],
  ])('counts for a request %s or not', async (_, headers, expected) => {
    const resolved = Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, text.replace('BASE', bed.url)]),
    );
    for (const path of [`/jobs/${done}/logs`, `/jobs/${done}/request`, `/jobs/${done}/results/notebook`]) {
      expect(await answer(path, { headers: { ...resolved, cookie } })).toBe(
        path.endsWith('request') ? expected.replace(' said', '') : expected,
      );
    }
    expect(await answer(`/jobs/${done}/logs`, { method: 'HEAD', headers: { ...resolved, cookie } })).toBe(
      expected.replace(' said', ''),
    );
  });

  it.each([
    ['is changed', () => `${cookie.slice(0, -4)}AAAA`],
    ['is empty', () => 'pygeoapi-session='],
    ['is far too long', () => `${cookie}${'A'.repeat(5000)}`],
    ['is no session', () => 'pygeoapi-session=%%%'],
  ])('is nobody, and rid of the cookie, where it %s', async (_, value) => {
    const response = await ask(`/jobs/${done}/logs`, { headers: { ...html, ...sameOrigin, cookie: value() } });
    expect([response.status, response.headers.getSetCookie()]).toEqual([
      401,
      ['pygeoapi-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'],
    ]);
  });

  it('is offered the form where the token is missing, which leads back', async () => {
    const response = await ask(`/jobs/${done}/logs?attempt=1`, { headers: { ...html, ...sameOrigin } });
    const page = await response.text();
    expect(response.status).toBe(401);
    expect(page).toContain(`action="${bed.url}/sign-in"`);
    expect(page).toContain(`name="next" value="/jobs/${done}/logs?attempt=1"`);
    const held = await ask(`/jobs/${done}/logs`, { headers: { ...html, cookie, 'sec-fetch-site': 'cross-site' } });
    expect(await held.text()).toContain(`<a href="${bed.url}/jobs/${done}/logs">Go on as who you are</a>`);
  });

  it('is told what they would see: message, results and log', async () => {
    const read = async (path: string, headers = {}) => (await ask(path, { headers: { ...html, ...headers } })).text();
    const signedIn = { ...sameOrigin, cookie };
    expect(await read(`/jobs/${failed}`)).toContain('Sign in to see its message and results');
    expect(await read('/jobs?processID=token')).toContain('Sign in to see the messages and results of all jobs');
    for (const path of [`/jobs/${failed}`, '/jobs?processID=token', `/jobs/${done}`])
      expect(await read(path, signedIn)).not.toContain('Sign in');
    expect(await read(`/jobs/${failed}`, signedIn)).toContain(SAID);
  });

  it('executes and dismisses by the forms of pages, which do not ask for the token again', async () => {
    const headers = { ...form, ...html, ...sameOrigin, cookie };
    for (const path of ['/processes/token', `/jobs/${done}`]) {
      const fields = async (of: object) =>
        ((await (await ask(path, { headers: { ...html, ...of } })).text()).match(/name="token"/g) ?? []).length;
      expect([await fields({}), await fields({ ...sameOrigin, cookie })]).toEqual([1, 0]);
    }
    const executed = await ask('/processes/token/form', { method: 'POST', headers, body: 'input.text=x' });
    expect(executed.status).toBe(303);
    const [, id = ''] = /\/jobs\/(.*)$/.exec(executed.headers.get('location') ?? '') ?? [];
    await bed.until(id, 'successful');
    const crossSite = { ...headers, 'sec-fetch-site': 'cross-site' };
    expect((await ask(`/jobs/${id}/dismissal`, { method: 'POST', headers: crossSite, body: '' })).status).toBe(403);
    expect((await ask(`/jobs/${id}/dismissal`, { method: 'POST', headers, body: '' })).status).toBe(303);
    const wrong = await ask('/processes/token/form', { method: 'POST', headers, body: 'input.text=x&token=wrong' });
    expect([wrong.status, (await wrong.text()).includes('name="token"')]).toEqual([401, true]);
  });

  it('is nobody to a process that judges by itself and wants another token', async () => {
    const headers = { ...form, ...html, ...sameOrigin, cookie };
    const refused = await ask('/processes/own/form', { method: 'POST', headers, body: 'input.text=x' });
    expect([refused.status, (await refused.text()).includes('name="token"')]).toEqual([401, true]);
    const own = await ask('/processes/own/form', { method: 'POST', headers, body: 'input.text=x&token=zoe' });
    expect(own.status).toBe(303);
  });

  it('signs out', async () => {
    const response = await ask('/sign-out', { method: 'POST', headers: { ...form, ...sameOrigin, cookie }, body: '' });
    expect([response.status, response.headers.get('location'), response.headers.getSetCookie()]).toEqual([
      303,
      `${bed.url}/`,
      ['pygeoapi-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'],
    ]);
  });

  it('is led on by the form’s address where they are signed in already', async () => {
    const headers = { ...html, ...sameOrigin, cookie };
    const response = await ask('/sign-in?next=/jobs', { headers });
    expect([response.status, response.headers.get('location')]).toEqual([303, `${bed.url}/jobs`]);
  });

  describe('has of the API', () => {
    interface Operation {
      readonly security?: readonly Readonly<Record<string, unknown>>[];
    }
    type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    let paths: Paths = {};
    beforeAll(async () => {
      paths = ((await (await ask('/openapi?f=json')).json()) as { paths: Paths }).paths;
    });
    const operations = () =>
      Object.entries(paths).flatMap(([path, item]) =>
        ['get', 'post', 'put', 'patch', 'delete']
          .filter((method) => method in item)
          .map((method) => ({ path, method })),
      );
    const filled = (path: string) =>
      path
        .replace('{jobId}', path === '/jobs/{jobId}' ? failed : done)
        .replace('{processId}', 'token')
        .replace('{outputId}', 'notebook')
        .replace('{index}', '0')
        .replace('{name}', 'unauthorized')
        .replace('{version}', '3.1');
    const request = (method: string, headers: Readonly<Record<string, string>>): Asked => ({
      method: method.toUpperCase(),
      headers: { ...headers, ...(method === 'post' ? { 'content-type': 'application/json' } : {}) },
      ...(method === 'post' ? { body: JSON.stringify({ inputs: { text: 'x' } }) } : {}),
    });

    it('nothing that changes anything, by whatever page', async () => {
      // Paths of single processes are the same as that of all.
      const changing = operations().filter(({ path, method }) => method !== 'get' && path.includes('{'));
      expect(changing.length).toBeGreaterThan(3);
      for (const { path, method } of changing)
        for (const site of ['same-origin', 'none', 'same-site', 'cross-site']) {
          const outcome = await answer(filled(path), request(method, { cookie, 'sec-fetch-site': site }));
          expect([method, path, site, outcome]).toEqual([method, path, site, '401']);
        }
      expect((await bed.get(`/jobs/${done}`, TOKEN)).status).toBe(200);
    });

    it('no execution by GET', async () => {
      const headers = { cookie, ...sameOrigin };
      expect(await answer('/processes/token/execution?text=x', { headers })).toBe('401');
      expect(await answer('/processes/open/execution?text=x', { headers })).toBe('200 said');
    });

    it('what reads, by pages of the server alone', async () => {
      const found: Record<string, string> = {};
      for (const { path } of operations().filter(
        ({ path, method }) => method === 'get' && !/\/(?:execution|events)$/.test(path),
      )) {
        const [nobody, own, cross, same, token] = await Promise.all([
          answer(filled(path)),
          answer(filled(path), request('get', { cookie, ...sameOrigin })),
          answer(filled(path), request('get', { cookie, 'sec-fetch-site': 'cross-site' })),
          answer(filled(path), request('get', { cookie, 'sec-fetch-site': 'same-site' })),
          answer(filled(path), request('get', { authorization: `Bearer ${TOKEN}` })),
        ]);
        expect([path, cross, same]).toEqual([path, nobody, nobody]);
        const takesSession = paths[path]?.['get']?.security?.some((requirement) => 'session' in requirement) === true;
        expect([path, own]).toEqual([path, token]);
        if (own !== nobody) found[path] = takesSession ? 'documented' : 'undocumented';
      }
      expect(found).toEqual({
        '/jobs': 'documented',
        '/jobs/{jobId}': 'documented',
        '/jobs/{jobId}/prov': 'documented',
        '/jobs/{jobId}/inputs': 'documented',
        '/jobs/{jobId}/request': 'documented',
        '/jobs/{jobId}/request/inputs': 'documented',
        '/jobs/{jobId}/request/inputs/{inputId}': 'documented',
        '/jobs/{jobId}/logs': 'documented',
        '/jobs/{jobId}/results': 'documented',
        '/jobs/{jobId}/results/{outputId}': 'documented',
        '/jobs/{jobId}/results/{outputId}/{index}': 'documented',
      });
    });
  });
});

describe('a server without a token', () => {
  it('says at start why nobody can sign in, offers it nowhere, and says so at the address', async () => {
    const bed = await TestBed.startProcess({ PYGEOAPI_K8S_MANAGER_API_TOKEN: '' });
    try {
      expect(await bed.output()).toMatch(/^sign-in: off, no token is set .*PYGEOAPI_K8S_MANAGER_API_TOKEN/m);
      const page = await (await fetch(`${bed.url}/`, { headers: html })).text();
      expect(page).not.toContain('Sign in');
      const answers = await Promise.all(
        (['GET', 'POST'] as const).map((method) =>
          fetch(`${bed.url}/sign-in`, { method, ...(method === 'POST' ? { headers: form, body: 'token=x' } : {}) }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      const { paths } = (await (await fetch(`${bed.url}/openapi?f=json`)).json()) as { paths: object };
      expect(JSON.stringify(paths)).not.toContain('"session"');
    } finally {
      await bed.stop();
    }
  });
});
