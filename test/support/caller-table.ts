/** Who asks: ann, whose jobs they are; bob, of the same role; one who may only read of one process; one without roles; and others. */
export const CALLERS = ['ann', 'bob', 'reader', 'nobody', 'anonymous', 'wrong', 'root'] as const;
export type TableCaller = (typeof CALLERS)[number];

/** What comes of a request of each caller: an error's status, else `ok`. */
export type Answers = Readonly<Record<TableCaller, string>>;

/** What addresses name: things of ann's, or such as nobody has. */
export interface Named {
  /** Of a job that was successful. */
  readonly done: string;
  readonly failed: string;
  readonly running: string;
  /** That only ann may read. */
  readonly process: string;
  /** A job that may be dismissed, for this request alone. */
  readonly fresh: string;
}

export interface TableRequest {
  readonly path: string | ((named: Named) => string);
  /** What distinguishes it from the others of its route, but for headers. */
  readonly note?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ((named: Named) => string);
  readonly answers: Answers;
}

const ok = 'ok';
const known = { ann: ok, bob: ok, reader: ok, nobody: ok, anonymous: '401', wrong: '401', root: ok };
/** There for everybody; a wrong token is none. */
const open: Answers = { ...known, anonymous: ok };
/** What looks at no caller, or at those of its own. */
const apart = (answer = ok): Answers => ({
  ...{ ann: answer, bob: answer, reader: answer, nobody: answer },
  ...{ anonymous: answer, wrong: answer, root: answer },
});
/** There for ann, and who sees everything. */
const anns = (answer = ok): Answers => ({
  ...known,
  ...{ ann: answer, root: answer, bob: '404', reader: '404', nobody: '404' },
});
/** Of what all but one without roles see; not all may do it. */
const doing: Answers = { ...known, reader: '403', nobody: '404' };

const html = { accept: 'text/html' };
const events = { accept: 'text/event-stream' };
const json = { 'content-type': 'application/json', prefer: 'respond-async' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const execution = JSON.stringify({ inputs: { text: 'x' } });

const job = (rest = '', of: 'done' | 'failed' | 'running' | 'fresh' = 'done'): Pick<TableRequest, 'path' | 'note'> => ({
  path: (named) => `/jobs/${named[of]}${rest}`,
  ...(of === 'done' ? {} : { note: of }),
});
const both = (request: TableRequest): TableRequest[] => [request, { ...request, headers: html }];
const doesWith = (name: string, more: Pick<TableRequest, 'headers' | 'body'>): TableRequest[] => [
  { path: ({ process }) => `/processes/${process}/${name}`, answers: anns(), ...more },
  { path: `/processes/seen/${name}`, note: 'of a process that one may read', answers: doing, ...more },
];
const transfer = (rest: string): TableRequest[] => [
  { path: ({ running }) => `/transfer/${running}/${rest}`, answers: apart('404') },
];
const asset = (path: string): TableRequest[] => [{ path, answers: open }];
const noAsset = (path: string): TableRequest[] => [{ path, answers: { ...apart('404'), wrong: '401' } }];

/** Every route of the server, each with the ways of asking it that are other ways in the code. */
export const TABLE: Readonly<Record<string, readonly TableRequest[]>> = {
  'GET /': both({ path: '/', answers: open }),
  'GET /conformance': both({ path: '/conformance', answers: open }),
  'GET /openapi': [{ path: '/openapi', answers: open }],
  'GET /openapi/:version': [
    { path: '/openapi/3.0', answers: open },
    { path: '/openapi/3.1', note: '3.1', answers: open },
  ],
  'GET /problems': both({ path: '/problems', answers: open }),
  'GET /problems/:name': both({ path: '/problems/unauthorized', answers: open }),
  'GET /processes': [
    ...both({ path: '/processes', answers: known }),
    { path: '/processes?q=told', note: 'q', answers: known },
  ],
  'GET /processes/:processId': [
    ...both({ path: ({ process }) => `/processes/${process}`, answers: anns() }),
    ...both({ path: '/processes/seen', note: 'seen', answers: { ...known, nobody: '404' } }),
    {
      path: ({ done }) => `/processes/seen?from=${done}`,
      note: 'filled as for a job',
      headers: html,
      answers: { ...known, nobody: '404' },
    },
  ],
  'GET /jobs': [
    ...both({ path: '/jobs', answers: known }),
    ...both({ path: '/jobs?q=said', note: 'q', answers: known }),
    ...both({ path: '/jobs?status=failed&cause=non-zero-exit', note: 'cause', answers: known }),
    ...both({ path: '/jobs?offset=0&sortby=-created', note: 'sorted', answers: known }),
    ...both({ path: '/jobs?owner=ann-smith', note: 'owner', answers: known }),
    {
      path: '/jobs?limit=x',
      note: 'faulty',
      headers: html,
      answers: { ...apart('400'), anonymous: '401', wrong: '401' },
    },
  ],
  'GET /jobs/filter': [{ path: '/jobs/filter?q=x', answers: known }],
  'GET /jobs/:jobId': [
    ...both({ ...job(), answers: anns() }),
    ...both({ ...job('', 'failed'), answers: anns() }),
    ...both({ ...job('', 'running'), answers: anns() }),
  ],
  'GET /jobs/:jobId/prov': [{ ...job('/prov'), answers: anns() }],
  'GET /jobs/:jobId/inputs': [{ ...job('/inputs'), answers: anns() }],
  'GET /jobs/:jobId/request': [{ ...job('/request'), answers: anns() }],
  'GET /jobs/:jobId/request/inputs': [{ ...job('/request/inputs'), answers: anns('404') }],
  'GET /jobs/:jobId/request/inputs/:inputId': [{ ...job('/request/inputs/text'), answers: anns('404') }],
  'GET /jobs/:jobId/logs': [
    ...both({ ...job('/logs'), answers: anns() }),
    { ...job('/logs?follow'), note: 'follow', answers: anns() },
    { ...job('/logs'), headers: events, answers: anns() },
  ],
  'GET /jobs/:jobId/events': [{ ...job('/events'), headers: events, answers: anns() }],
  'GET /jobs/events': [
    { path: '/jobs/events', headers: events, answers: known },
    { path: '/jobs/events?owner=ann-smith', note: 'owner', headers: events, answers: known },
    { path: ({ done, failed }) => `/jobs/events?id=${done},${failed}`, note: 'id', headers: events, answers: known },
  ],
  'GET /jobs/:jobId/results': both({ ...job('/results'), answers: anns() }),
  'GET /jobs/:jobId/results/:outputId': [
    { ...job('/results/notebook'), answers: anns() },
    { ...job('/results/notebook'), headers: { range: 'bytes=0-' }, answers: anns() },
  ],
  'GET /jobs/:jobId/results/:outputId/:index': [{ ...job('/results/notebook/0'), answers: anns() }],
  'DELETE /jobs/:jobId': [{ ...job('', 'fresh'), answers: anns() }],
  'POST /jobs/:jobId/links': [
    { ...job('/links'), headers: { 'content-type': 'application/json' }, body: '{"for": "results"}', answers: anns() },
  ],
  'POST /jobs/:jobId/share': [{ ...job('/share'), headers: form, body: 'for=results&days=1', answers: anns() }],
  'POST /jobs/:jobId/dismissal': [{ ...job('/dismissal', 'fresh'), headers: form, body: '', answers: anns() }],
  'POST /jobs/dismissal': [
    { path: '/jobs/dismissal', headers: form, body: ({ done }) => `job=${done}`, answers: known },
    {
      path: '/jobs/dismissal',
      note: 'confirmed',
      headers: form,
      body: ({ fresh }) => `job=${fresh}&confirmed=yes`,
      answers: known,
    },
  ],
  'POST /processes/:processId/execution': doesWith('execution', { headers: json, body: execution }),
  'POST /processes/:processId/jobs': doesWith('jobs', { headers: json, body: execution }),
  'GET /processes/:processId/execution': doesWith('execution?text=x', {}),
  'POST /processes/:processId/validation': doesWith('validation', { headers: json, body: execution }),
  'POST /processes/:processId/form': doesWith('form', { headers: form, body: '' }),
  'GET /me': both({ path: '/me', answers: open }),
  'GET /sign-in': asset('/sign-in'),
  'GET /sign-in/oidc': noAsset('/sign-in/oidc'),
  'GET /sign-in/oidc/callback': noAsset('/sign-in/oidc/callback'),
  'POST /sign-in': [{ path: '/sign-in', headers: form, body: '', answers: apart('401') }],
  'POST /sign-out': [{ path: '/sign-out', headers: form, body: '', answers: open }],
  // For the job itself, by a capability: to whoever has none there is nothing.
  'GET /transfer/:jobId/inputs': transfer('inputs'),
  'PUT /transfer/:jobId/outputs/:outputId': transfer('outputs/notebook'),
  'POST /transfer/:jobId/outputs/:outputId': transfer('outputs/notebook'),
  'GET /health/live': [{ path: '/health/live', answers: apart() }],
  'GET /health/ready': [{ path: '/health/ready', answers: apart() }],
  'GET /metrics': [{ path: '/metrics', answers: apart() }],
  'GET /docs': asset('/docs'),
  'GET /docs/': asset('/docs/'),
  'GET /docs/*': asset('/docs/swagger-ui.css'),
  'GET /docs/index.html': asset('/docs/index.html'),
  'GET /docs/redoc': asset('/docs/redoc'),
  'GET /docs/redoc/:name': noAsset('/docs/redoc/other.js'),
  'GET /docs/LICENSE': noAsset('/docs/LICENSE'),
  'GET /docs/swagger-ui-init.js': asset('/docs/swagger-ui-init.js'),
  'GET /docs/docs/swagger-ui-init.js': asset('/docs/docs/swagger-ui-init.js'),
  'GET /static/scripts/:hash/*': noAsset('/static/scripts/other/page.js'),
  'GET /static/style-DIGEST.css': asset('/static/style-DIGEST.css'),
  'GET /static/info.txt': asset('/static/info.txt'),
};
