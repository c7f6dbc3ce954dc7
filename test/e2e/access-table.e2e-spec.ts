import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type StatusInfo, TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Stands in the log, result, request and status of every job of this suite, and nowhere else. */
const SAID = 'said-by-the-job';

/** Processes of test/fixtures/access/config.yaml. */
const KINDS = ['open', 'token', 'public', 'own'] as const;
type Kind = (typeof KINDS)[number];
type Caller = 'nobody' | 'wrong' | 'right';

const TOKENS: Readonly<Record<Kind, Readonly<Record<Caller, string | undefined>>>> = {
  open: { nobody: undefined, wrong: 'wrong', right: TOKEN },
  token: { nobody: undefined, wrong: 'wrong', right: TOKEN },
  public: { nobody: undefined, wrong: 'wrong', right: TOKEN },
  own: { nobody: undefined, wrong: TOKEN, right: 'zoe' },
};

/** What comes of a request of each caller: an error's status, `said` where the answer tells what the job said, else `ok`. */
type Expected = Readonly<Record<Kind, Readonly<Record<Caller, string>>>>;
const row = (nobody: string, wrong: string, right: string) => ({ nobody, wrong, right });
const same = (answer: string): Expected => {
  const each = row(answer, answer, answer);
  return { open: each, token: each, public: each, own: each };
};
/** Executing, logs and dismissal. A wrong token is no worse than none, where none is asked for. */
const asksForToken = (yes: string): Expected => ({
  open: row(yes, yes, yes),
  token: row('401', '401', yes),
  public: row('401', '401', yes),
  own: row('401', '401', yes),
});
/** Statuses and results. */
const reads = (no: string): Expected => ({
  ...asksForToken('said'),
  token: row(no, no, 'said'),
  public: row('said', 'said', 'said'),
  own: row(no, no, 'said'),
});
const ALL = same('ok');
const apiToken = row('ok', '401', 'ok');
const KNOWN_TOKEN: Expected = { open: apiToken, token: apiToken, public: apiToken, own: row('ok', 'ok', '401') };

interface Cell {
  readonly kind: Kind;
  /** A job of the process that was successful. */
  readonly done: string;
  /** One that failed. */
  readonly failed: string;
  /** One that runs. */
  readonly running: string;
  /** Another that was successful, for this cell alone. */
  readonly fresh: () => Promise<string>;
}
interface Request {
  /** Of the address. */
  readonly path: string | ((cell: Cell) => string | Promise<string>);
  /** What distinguishes it from the others of its route, but for headers. */
  readonly note?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: Expected;
}

const html = { accept: 'text/html' };
const json = { 'content-type': 'application/json', prefer: 'respond-async' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const execution = JSON.stringify({ inputs: { text: 'x' } });
const ofJob =
  (rest = '', of: 'done' | 'failed' | 'running' = 'done') =>
  (cell: Cell) =>
    `/jobs/${cell[of]}${rest}`;
const transfer = (rest: string) => ({
  path: ({ running }: Cell) => `/transfer/${running}/${rest}`,
  expected: same('404'),
});

/** Every route of the server, and each way of asking it that is another way in the code. */
const TABLE: Readonly<Record<string, readonly Request[]>> = {
  'GET /': [
    { path: '/', expected: ALL },
    { path: '/', headers: html, expected: ALL },
  ],
  'GET /conformance': [{ path: '/conformance', expected: ALL }],
  'GET /openapi': [{ path: '/openapi', expected: ALL }],
  'GET /openapi/:version': [{ path: '/openapi/3.1', expected: ALL }],
  'GET /problems': [{ path: '/problems', expected: ALL }],
  'GET /problems/:name': [{ path: '/problems/unauthorized', expected: ALL }],
  'GET /processes': [{ path: '/processes', expected: ALL }],
  'GET /processes/:processId': [
    { path: ({ kind }) => `/processes/${kind}`, expected: ALL },
    { path: ({ kind }) => `/processes/${kind}`, headers: html, expected: ALL },
  ],
  'GET /jobs': [
    { path: ({ kind }) => `/jobs?processID=${kind}`, expected: reads('ok') },
    { path: ({ kind }) => `/jobs?processID=${kind}`, headers: html, expected: reads('ok') },
    // What a processor decides of each job is not found by what only some may read.
    {
      path: ({ kind }) => `/jobs?processID=${kind}&cause=non-zero-exit`,
      note: 'cause',
      expected: { ...reads('ok'), own: row('ok', 'ok', 'ok') },
    },
  ],
  'GET /jobs/filter': [{ path: '/jobs/filter?q=x', expected: ALL }],
  'GET /jobs/:jobId': [
    { path: ofJob(), expected: reads('ok') },
    { path: ofJob(), headers: html, expected: reads('ok') },
    { path: ofJob('', 'failed'), note: 'failed', expected: reads('ok') },
    { path: ofJob('', 'failed'), note: 'failed', headers: html, expected: reads('ok') },
    { path: ofJob('', 'running'), note: 'running', expected: reads('ok') },
    { path: ofJob('', 'running'), note: 'running', headers: html, expected: reads('ok') },
  ],
  'GET /jobs/:jobId/prov': [{ path: ofJob('/prov'), expected: { ...reads('401'), public: row('ok', 'ok', 'said') } }],
  'GET /jobs/:jobId/inputs': [{ path: ofJob('/inputs'), expected: asksForToken('said') }],
  'GET /jobs/:jobId/request': [{ path: ofJob('/request'), expected: asksForToken('said') }],
  'GET /jobs/:jobId/request/inputs': [{ path: ofJob('/request/inputs'), expected: asksForToken('404') }],
  'GET /jobs/:jobId/request/inputs/:inputId': [{ path: ofJob('/request/inputs/text'), expected: asksForToken('404') }],
  'GET /jobs/:jobId/logs': [
    { path: ofJob('/logs'), expected: asksForToken('said') },
    { path: ofJob('/logs?follow'), note: 'follow', expected: asksForToken('said') },
    { path: ofJob('/logs'), headers: { accept: 'text/event-stream' }, expected: asksForToken('said') },
  ],
  'GET /jobs/:jobId/events': [
    { path: ofJob('/events'), expected: reads('ok') },
    { path: ofJob('/events', 'failed'), note: 'failed', expected: reads('ok') },
  ],
  'GET /jobs/events': [{ path: ({ done }) => `/jobs/events?id=${done}`, expected: reads('ok') }],
  'GET /jobs/:jobId/results': [
    { path: ofJob('/results'), expected: reads('401') },
    { path: ofJob('/results'), headers: html, expected: reads('401') },
    { path: ofJob('/results?outputs=notebook'), note: 'outputs', expected: reads('401') },
  ],
  'GET /jobs/:jobId/results/:outputId': [
    { path: ofJob('/results/notebook'), expected: reads('401') },
    { path: ofJob('/results/notebook'), headers: { range: 'bytes=0-' }, expected: reads('401') },
  ],
  'GET /jobs/:jobId/results/:outputId/:index': [{ path: ofJob('/results/notebook/0'), expected: reads('401') }],
  'DELETE /jobs/:jobId': [{ path: async ({ fresh }) => `/jobs/${await fresh()}`, expected: asksForToken('said') }],
  'POST /jobs/:jobId/dismissal': [
    {
      path: async ({ fresh }) => `/jobs/${await fresh()}/dismissal`,
      headers: form,
      body: '',
      expected: asksForToken('ok'),
    },
  ],
  'POST /jobs/:jobId/links': [
    {
      path: ofJob('/links'),
      headers: { 'content-type': 'application/json' },
      body: '{}',
      expected: asksForToken('ok'),
    },
  ],
  'POST /jobs/:jobId/share': [
    { path: ofJob('/share'), headers: form, body: 'for=page&days=1', expected: asksForToken('ok') },
  ],
  // Who may not is told so, of each job.
  'POST /jobs/dismissal': [{ path: '/jobs/dismissal', headers: form, body: 'job=none', expected: ALL }],
  'POST /processes/:processId/execution': [
    {
      path: ({ kind }) => `/processes/${kind}/execution`,
      headers: json,
      body: execution,
      expected: asksForToken('ok'),
    },
  ],
  'POST /processes/:processId/jobs': [
    { path: ({ kind }) => `/processes/${kind}/jobs`, headers: json, body: execution, expected: asksForToken('ok') },
  ],
  'GET /processes/:processId/execution': [
    { path: ({ kind }) => `/processes/${kind}/execution`, expected: asksForToken('said') },
  ],
  'POST /processes/:processId/validation': [
    {
      path: ({ kind }) => `/processes/${kind}/validation`,
      headers: json,
      body: execution,
      expected: asksForToken('said'),
    },
  ],
  'POST /processes/:processId/form': [
    { path: ({ kind }) => `/processes/${kind}/form`, headers: form, body: '', expected: asksForToken('ok') },
  ],
  // There is but one token that the server knows; who else has one is told so.
  'GET /me': [{ path: '/me', expected: KNOWN_TOKEN }],
  'GET /sign-in': [{ path: '/sign-in', expected: ALL }],
  // Of a provider, which there is only beside roles.
  'GET /sign-in/oidc': [{ path: '/sign-in/oidc', expected: same('404') }],
  'GET /sign-in/oidc/callback': [{ path: '/sign-in/oidc/callback', expected: same('404') }],
  'POST /sign-in': [{ path: '/sign-in', headers: form, body: '', expected: same('401') }],
  'POST /sign-out': [{ path: '/sign-out', headers: form, body: '', expected: ALL }],
  // For the job itself, by a capability: to whoever has none there is nothing.
  'GET /transfer/:jobId/inputs': [transfer('inputs')],
  'PUT /transfer/:jobId/outputs/:outputId': [transfer('outputs/notebook')],
  'POST /transfer/:jobId/outputs/:outputId': [transfer('outputs/notebook')],
  'GET /health/live': [{ path: '/health/live', expected: ALL }],
  'GET /health/ready': [{ path: '/health/ready', expected: ALL }],
  'GET /metrics': [{ path: '/metrics', expected: ALL }],
  'GET /docs': [{ path: '/docs', expected: ALL }],
  'GET /docs/': [{ path: '/docs/', expected: ALL }],
  'GET /docs/*': [{ path: '/docs/swagger-ui.css', expected: ALL }],
  'GET /docs/index.html': [{ path: '/docs/index.html', expected: ALL }],
  'GET /docs/redoc': [{ path: '/docs/redoc', expected: ALL }],
  'GET /docs/redoc/:name': [{ path: '/docs/redoc/other.js', expected: same('404') }],
  'GET /docs/LICENSE': [{ path: '/docs/LICENSE', expected: same('404') }],
  'GET /docs/swagger-ui-init.js': [{ path: '/docs/swagger-ui-init.js', expected: ALL }],
  'GET /docs/docs/swagger-ui-init.js': [{ path: '/docs/docs/swagger-ui-init.js', expected: ALL }],
  'GET /static/scripts/:hash/*': [{ path: '/static/scripts/other/page.js', expected: same('404') }],
  'GET /static/style-DIGEST.css': [{ path: '/static/style-DIGEST.css', expected: ALL }],
  'GET /static/info.txt': [{ path: '/static/info.txt', expected: ALL }],
};

/** What everybody knows of a job. */
const KNOWN = 'created finished id jobID links processID processingEntityType started status type updated'.split(' ');

const withoutDigest = (route: string): string =>
  route.replace(/^HEAD /, 'GET ').replace(/(?<=style-)[0-9a-f]+/, 'DIGEST');
/** Each request comes from an address of its own, for wrong tokens of one are answered ever more slowly. */
let addresses = 0;
const ofAnother = () => {
  addresses += 1;
  return { 'x-forwarded-for': `10.0.${addresses >> 8}.${addresses & 255}` };
};

const describeRequest = ({ note, headers }: Request): string =>
  [note, headers?.['accept'], headers?.['range']]
    .filter(Boolean)
    .map((text) => `, ${text}`)
    .join('');

describe('who may do what', () => {
  let bed: TestBed;
  let routes: readonly string[] = [];
  /** Of the stylesheet's address. */
  let digest = '';
  const jobs = new Map<Kind, Omit<Cell, 'kind' | 'fresh'>>();

  beforeAll(async () => {
    bed = await TestBed.startProcess({
      TRUST_PROXY: 'true',
      PYGEOAPI_CONFIG: 'test/fixtures/access/config.yaml',
      NODE_OPTIONS: `--import ${new URL('../support/route-list.mjs', import.meta.url).href}`,
    });
    await Promise.all(
      KINDS.map(async (kind) => {
        const texts = [SAID, `fail ${SAID}`, `stay ${SAID}`];
        const [done = '', failed = '', running = ''] = await Promise.all(texts.map((text) => made(kind, text)));
        jobs.set(kind, { done, failed, running });
      }),
    );
    routes = JSON.parse(/^routes: (.*)$/m.exec(await bed.output())?.[1] ?? '') as string[];
    digest = /style-([0-9a-f]+)/.exec(routes.join(' '))?.[1] ?? '';
  });
  afterAll(() => bed.stop());

  /** A job that is what its text asks for, whose status tells something of its own. */
  async function made(kind: Kind, text: string): Promise<string> {
    const id = await bed.submit(kind, { text }, { token: TOKENS[kind].right });
    await bed.until(id, /fail/.test(text) ? 'failed' : /stay/.test(text) ? 'running' : 'successful');
    const object = { name: `pygeoapi-job-${id}`, namespace: bed.cluster.namespace };
    const annotations = { 'pygeoapi.io/result-link': SAID, 'pygeoapi.io/message': SAID, 'pygeoapi.io/progress': '99' };
    await bed.cluster.batch.patchNamespacedJob(
      { ...object, body: { metadata: { annotations } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await eventually('the annotations', async () =>
      JSON.stringify(await bed.status(id, TOKENS[kind].right)).includes(SAID),
    );
    return id;
  }

  it('holds each route of the server, and no other', () => {
    expect([...new Set(routes.map(withoutDigest))].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  const rows = Object.entries(TABLE).flatMap(([route, requests]) =>
    requests.map((request) => [route, describeRequest(request), request] as const),
  );
  describe.each(KINDS)('of process %s', (kind) => {
    it.each(rows)('%s%s', async (route, _, request) => {
      const [method = ''] = route.split(' ');
      const cell = { kind, ...(jobs.get(kind) as Omit<Cell, 'kind' | 'fresh'>), fresh: () => made(kind, SAID) };
      const found: Record<string, string> = {};
      const heads: Record<string, string> = {};
      for (const [caller, token] of Object.entries(TOKENS[kind])) {
        const path = await (typeof request.path === 'string' ? request.path : request.path(cell));
        const ask = { ...request, path: path.replace('DIGEST', digest) };
        found[caller] = await answerOf(method, ask, token);
        if (method === 'GET') heads[caller] = await answerOf('HEAD', ask, token);
      }
      expect(found).toEqual(request.expected[kind]);
      if (method !== 'GET') return;
      const withoutBodies = Object.entries(found).map(([caller, answer]) => [caller, answer.replace('said', 'ok')]);
      expect(heads).toEqual(Object.fromEntries(withoutBodies));
    });
  });

  it.each([
    ['done', 'successful'],
    ['failed', 'failed'],
    ['running', 'running'],
  ] as const)('the status of a job that is %s says to others only how far it is', async (of, state) => {
    const id = jobs.get('token')?.[of] ?? '';
    const list = (await (await bed.get('/jobs?processID=token&limit=100')).json()) as { jobs: StatusInfo[] };
    for (const status of [await bed.status(id), list.jobs.find(({ jobID }) => jobID === id)]) {
      expect(Object.keys(status ?? {}).toSorted()).toEqual(
        KNOWN.filter((key) => key !== 'finished' || of !== 'running'),
      );
      expect(status).toMatchObject({ jobID: id, processID: 'token', status: state });
      const rels = status?.links.map(({ rel }) => rel).filter((rel) => rel !== 'alternate');
      expect(rels).toEqual(['self', 'monitor', 'log', 'up']);
    }
    const whole = await bed.status(id, TOKEN);
    expect(whole).toMatchObject({ message: expect.any(String), 'result-link': SAID });
    expect(Object.keys(whole)).toEqual(expect.arrayContaining(of === 'failed' ? ['cause', 'exception'] : ['progress']));
  });

  it('a processor that judges by itself is asked for each operation', async () => {
    const { done = '' } = jobs.get('own') ?? {};
    expect(await bed.status(done, 'guest')).toMatchObject({ 'result-link': SAID });
    const page = await fetch(`${bed.url}/jobs/${done}`, { headers: { ...html, authorization: 'Bearer guest' } });
    const text = await page.text();
    expect([text.includes('result-link'), text.includes(`${done}/results/notebook`)]).toEqual([true, false]);
    const refused = ['/results', '/results/notebook', '/results/notebook/0', '/logs', '/request'];
    const statuses = await Promise.all(
      refused.map(async (rest) => (await bed.get(`/jobs/${done}${rest}`, 'guest')).status),
    );
    expect(statuses).toEqual(refused.map(() => 401));
  });

  /** The status of an error; else whether the answer tells what the job said. */
  async function answerOf(
    method: string,
    { path, headers, body }: Request,
    token: string | undefined,
  ): Promise<string> {
    const response = await fetch(bed.url + (path as string), {
      method,
      redirect: 'manual',
      headers: { ...headers, ...ofAnother(), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (response.status >= 400) return String(response.status);
    return text.includes(SAID) ? 'said' : 'ok';
  }
});
