import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { type StatusInfo, TestBed, type TestReplica, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Stands in the log and the result of every job of this suite. */
const SAID = 'said-by-the-job';
/** Stands in the request of every job of this suite, and of whom it tells. */
const ASKED = 'asked-of-the-job';
const HOST = 'subscriber.invalid';
const FIXTURES = resolve('test/fixtures/access');
const KEYS = ['one', 'two'].map((text) => Buffer.alloc(32, text).toString('base64'));
const html = { accept: 'text/html' };
const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...html };

const named = (name: string, role: string) =>
  `    - {name: ${name}, sha256: ${createHash('sha256').update(`of-${name}`).digest('hex')}, roles: [${role}]}`;
const ROLES = `
access:
  links_max_days: 10
  tokens:
${[named('ann', 'user'), named('bob', 'user'), named('root', 'admin')].join('\n')}
  roles:
    user: {may: [read, execute, logs, dismiss]}
    admin: {may: [admin]}
`;

/** By their routes: what a link opens, of those that it is for. */
const OPEN: Readonly<Record<string, readonly string[]>> = {
  '/jobs/:jobId': ['page'],
  '/jobs/:jobId/events': ['page'],
  '/jobs/:jobId/results': ['page', 'results'],
  '/jobs/:jobId/results/:outputId': ['page', 'results'],
  '/jobs/:jobId/results/:outputId/:index': ['page', 'results'],
};

interface Made {
  readonly href: string;
  readonly expires: string;
  readonly for: string;
}

let addresses = 0;
/** Another address each time: wrong tokens of one are answered ever more slowly. */
const ofAnother = () => ({ 'x-forwarded-for': `10.8.${(addresses += 1) >> 8}.${addresses & 255}` });
const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

describe.each([
  ['roles decide', 'of-ann', 'of-bob'],
  ['the API token does', TOKEN, undefined],
] as const)('links for others, where %s', (mode, owner, stranger) => {
  const hasRoles = mode === 'roles decide';
  let bed: TestBed;
  let other: TestReplica;
  let [job, another] = ['', ''];
  let routes: readonly string[] = [];

  beforeAll(async () => {
    const environment = { TRUST_PROXY: 'true', PYGEOAPI_K8S_MANAGER_ACCESS_KEY: KEYS.join(' ') };
    bed = await TestBed.startProcess(
      {
        ...environment,
        PYGEOAPI_CONFIG: `${FIXTURES}/config.yaml`,
        NODE_OPTIONS: `--import ${new URL('../support/route-list.mjs', import.meta.url).href}`,
      },
      {
        configuration: (text) =>
          text.replace('WARNING', 'DEBUG').replace('./processor.mjs', `${FIXTURES}/processor.mjs`) +
          (hasRoles ? ROLES : ''),
      },
    );
    other = await bed.startReplica({ PYGEOAPI_K8S_MANAGER_ACCESS_KEY: KEYS.toReversed().join(' ') });
    [job = '', another = ''] = await Promise.all([made(), made()]);
    routes = JSON.parse(/^routes: (.*)$/m.exec(await bed.output())?.[1] ?? '[]') as string[];
  });
  afterAll(() => bed?.stop());

  async function made(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const body = { subscriber: { successUri: `https://${HOST}/` }, ...more };
    const id = await bed.submit('token', { text: ASKED }, { token: owner, body });
    await eventually('the job', async () => (await bed.status(id, owner)).status === 'successful');
    return id;
  }
  const make = (id: string, wish: unknown, token: string | undefined = owner) =>
    fetch(`${bed.url}/jobs/${id}/links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...ofAnother(), ...bearer(token) },
      body: JSON.stringify(wish),
    });
  const link = async (id: string, wish: unknown) => {
    const response = await make(id, wish);
    expect(response.status).toBe(201);
    return (await response.json()) as Made;
  };
  const shareIn = ({ href }: Made) => new URL(href).searchParams.get('share') ?? '';
  const follow = (address: string, headers = {}, options: RequestInit = {}) =>
    fetch(new URL(address, bed.url), { redirect: 'manual', headers: { ...ofAnother(), ...headers }, ...options });

  it('are made by who may, for as long as may be', async () => {
    const before = Date.now();
    const answer = await make(job, { for: 'page', expires_in: 3600 });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { href, expires, for: what } = (await answer.json()) as Made;
    expect([what, href]).toEqual(['page', expect.stringMatching(`^${bed.url}/jobs/${job}\\?share=[\\w-]{44}$`)]);
    expect((Date.parse(expires) - before) / 1000).toBeGreaterThan(3598);
    const usual = await link(job, {});
    expect(usual.href).toMatch(`/jobs/${job}/results?share=`);
    expect((Date.parse(usual.expires) - before) / (24 * 3600_000)).toBeCloseTo(7, 1);
    const wrong = [{ for: 'logs' }, { expires_in: 0 }, { expires_in: 1.5 }, { expires_in: '1' }, { days: 1 }, [1]];
    const most = (hasRoles ? 10 : 30) * 24 * 3600;
    for (const wish of [...wrong, { expires_in: most + 1 }]) expect((await make(job, wish)).status).toBe(400);
    expect((await make(job, { expires_in: most })).status).toBe(201);
    const refused = await Promise.all(
      [undefined, stranger, 'wrong'].map(async (token) =>
        fetch(`${bed.url}/jobs/${job}/links`, { method: 'POST', headers: { ...ofAnother(), ...bearer(token) } }),
      ),
    );
    expect(refused.map(({ status }) => status)).toEqual([401, hasRoles ? 404 : 401, 401]);
    if (hasRoles) expect((await make(job, {}, 'of-root')).status).toBe(201);
  });

  it.each(['results', 'page'] as const)('open what they are for and nothing else: the %s', async (what) => {
    const share = shareIn(await link(job, { for: what }));
    const wrong: string[] = [];
    const opened = new Set<string>();
    for (const route of routes) {
      const [method = '', pattern = ''] = route.split(' ');
      const pathOf = (id: string) =>
        pattern
          .replace(':jobId', id)
          .replace(':processId', 'token')
          .replace(':outputId', 'notebook')
          .replace(':index', '0')
          .replace(/:\w+/g, 'x')
          .replace('*', 'x');
      const ask = async (path: string) => {
        const headers = /POST|PUT/.test(method) ? { 'content-type': 'application/json' } : {};
        const body = /POST|PUT/.test(method) ? { body: '{}' } : {};
        const stopped = AbortSignal.timeout(10_000);
        const response = await follow(path, headers, { method, ...body, signal: stopped });
        const isList = pattern === '/jobs/events';
        const text = isList ? (await response.body?.cancel(), '') : await response.text();
        return { status: response.status, text, isPrivate: response.headers.get('cache-control') };
      };
      const isOpen = /GET|HEAD/.test(method) && (OPEN[pattern]?.includes(what) ?? false);
      const guarded = /GET|HEAD/.test(method) && Object.hasOwn(OPEN, pattern);
      for (const id of [job, another]) {
        const { status, text, isPrivate } = await ask(`${pathOf(id)}?share=${share}`);
        const expected = guarded ? (isOpen && id === job ? 200 : 404) : (await ask(pathOf(id))).status;
        // Lists take no such parameter.
        const isRefused = status === 400 && !pattern.includes(':jobId');
        if (status !== expected && !isRefused) wrong.push(`${route} of ${id}: ${status}, not ${expected}`);
        if (text.includes(SAID) && !(isOpen && id === job)) wrong.push(`${route} of ${id} tells what the job said`);
        if (text.includes(ASKED) || text.includes(HOST)) wrong.push(`${route} of ${id} tells what was asked`);
        if (guarded && isPrivate !== 'private, no-store') wrong.push(`${route} of ${id}: ${isPrivate}`);
        if (isOpen && status === 200) opened.add(pattern);
      }
    }
    expect(wrong).toEqual([]);
    expect([...opened].toSorted()).toEqual(
      Object.keys(OPEN)
        .filter((pattern) => OPEN[pattern]?.includes(what))
        .toSorted(),
    );
    expect((await bed.status(job, owner)).status).toBe('successful');
  });

  it('lead on by addresses that have them, and tell them to nobody', async () => {
    const { href } = await link(job, { for: 'results' });
    for (const accept of ['text/html', '*/*']) {
      const answer = await follow(href, { accept });
      expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
        200,
        expect.objectContaining({
          'cache-control': 'private, no-store',
          'referrer-policy': 'no-referrer',
          'x-robots-tag': 'noindex',
        }),
      ]);
      expect(await answer.text()).toContain(SAID);
    }
    const page = await (await follow(href, html)).text();
    const within = [...page.matchAll(/(?:href|src|data-raster|data-map)="([^"]*\/jobs\/[^"]*)"/g)].map(
      ([, address = '']) => address.replaceAll('&amp;', '&'),
    );
    expect(within.length).toBeGreaterThan(3);
    for (const address of within) expect([address, (await follow(address)).status]).toEqual([address, 200]);
    const zip = within.find((address) => /f=zip/.test(address)) ?? '';
    expect((await follow(zip)).headers.get('content-type')).toBe('application/zip');
    expect(page).not.toContain('/sign-in');
  });

  it('show the page and the status without log, request and whom the job tells', async () => {
    const { href } = await link(job, { for: 'page' });
    const status = (await (await follow(href)).json()) as StatusInfo;
    expect(status).toMatchObject({ jobID: job, status: 'successful', message: expect.any(String) });
    for (const member of ['parameters', 'request', 'subscriber']) expect(status).not.toHaveProperty(member);
    for (const address of status.links.map((each) => each.href))
      expect([address, (await follow(address)).status]).toEqual([address, 200]);
    expect(status.links.map(({ rel }) => rel.split('/').at(-1)).toSorted()).toEqual(
      ['alternate', 'monitor', 'results', 'self'].toSorted(),
    );
    const page = await (await follow(href, html)).text();
    for (const text of ['/logs', '/request', ASKED, HOST, 'dismissal', 'id="share"', 'token?from', '/sign-in'])
      expect([text, page.includes(text)]).toEqual([text, false]);
    expect(page).toContain(`/jobs/${job}/results?f=html&amp;share=`);
    const events = await (await follow(href.replace('?', '/events?'), { accept: 'text/event-stream' })).text();
    expect(events).toContain('"status":"successful"');
    for (const text of ['/logs', 'subscriber', ASKED]) expect(events).not.toContain(text);
  });

  it('open the same at another replica, and while a key is still there', async () => {
    for (const what of ['results', 'page']) {
      const { href } = await link(job, { for: what });
      expect((await fetch(href.replace(bed.url, other.url))).status).toBe(200);
    }
  });

  it('count alone: who follows one is nobody else', async () => {
    const { href } = await link(job, { for: 'page' });
    for (const token of [owner, 'wrong']) {
      const page = await (await follow(href, { ...html, ...bearer(token) })).text();
      expect([page.includes('dismissal'), page.includes(job)]).toEqual([false, true]);
    }
  });

  it('that are over, wrong or of a removed job are refused alike', async () => {
    const gone = await made({ job_id: randomUUID() });
    const { href } = await link(gone, {});
    expect((await follow(href)).status).toBe(200);
    const { href: short } = await link(job, { expires_in: 1 });
    await bed.removeJob(gone, owner);
    // Another of the same id.
    await made({ job_id: gone });
    await eventually('the end of the link', async () => (await follow(short)).status === 404);
    const never = [
      href,
      short,
      `${bed.url}/jobs/${job}/results?share=x`,
      `${short}&share=x`,
      `${bed.url}/jobs/none?share=x`,
    ];
    const answers = await Promise.all(
      never.map(async (address) => {
        const answer = await follow(address);
        return [answer.status, (await answer.json()) as object, answer.headers.get('cache-control')];
      }),
    );
    const detail = 'This link is over or was never made: ask whoever gave it to you for another.';
    const problem = { type: `${bed.url}/problems/link-over`, title: 'Link over', status: 404, detail };
    expect(answers).toEqual(never.map(() => [404, problem, 'private, no-store']));
    expect((await follow(short, bearer(owner))).status).toBe(404);
  });

  it('are made by a form of the page, which shows them', async () => {
    const page = await (await follow(`/jobs/${job}`, { ...html, ...bearer(owner) })).text();
    expect(page).toContain(`action="${bed.url}/jobs/${job}/share"`);
    const send = (fields: Readonly<Record<string, string>>, headers = {}) =>
      follow(
        `/jobs/${job}/share`,
        { ...form, ...headers },
        { method: 'POST', body: String(new URLSearchParams(fields)) },
      );
    const shown = await send({ for: 'page', days: '2', token: owner });
    expect(shown.status).toBe(200);
    const href = /id="share.link"[^>]*value="([^"]*)"/.exec(await shown.text())?.[1] ?? '';
    expect((await follow(href)).status).toBe(200);
    expect((await send({ for: 'page', days: '31', token: owner })).status).toBe(400);
    expect((await send({ for: 'page', days: '2' })).status).toBe(401);
    expect((await send({ for: 'page', days: '2', token: owner }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('stand in the API definition, and in no log', async () => {
    const { paths } = (await (await bed.get('/openapi', owner)).json()) as {
      paths: Record<string, Record<string, { parameters?: { name?: string }[] }>>;
    };
    expect(paths['/jobs/{jobId}/links']).toHaveProperty('post');
    const takes = Object.keys(paths).filter((path) =>
      paths[path]?.['get']?.parameters?.some(({ name }) => name === 'share'),
    );
    const documented = Object.keys(OPEN).map((pattern) => pattern.replaceAll(/:(\w+)/g, '{$1}'));
    expect(takes.toSorted()).toEqual(documented.toSorted());
    const { href } = await link(job, {});
    expect((await follow(href)).status).toBe(200);
    await eventually('the request in the log', async () => (await bed.output()).includes(`/jobs/${job}/results`));
    const output = await bed.output();
    expect(output).not.toMatch(/share=/);
    expect(output).not.toContain(shareIn({ href } as Made));
    expect(output).toContain('A link for others of job');
  });
});
