import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURATION, TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const tokenOf = (name: string) => `the-token-of-${name}`;
const digestOf = (name: string) => createHash('sha256').update(tokenOf(name)).digest('hex');
const rules = (audit: string) => `
access:
  audit: ${audit}
  tokens:
    - {name: ann, sha256: ['${digestOf('ann')}', '${digestOf('ann-before')}'], roles: [user]}
    - {name: bob, sha256: '${digestOf('bob')}', roles: [user]}
    - {name: ops, file: mount/token, roles: [admin]}
    - {name: root, sha256: '${digestOf('root')}', roles: [admin]}
    - {name: idle, sha256: '${digestOf('idle')}'}
  roles:
    user: {may: [read, execute, logs, dismiss], limits: {running: 5}}
    admin: {may: [admin]}
`;
const KEY = Buffer.alloc(32, 7).toString('base64');
const html = { accept: 'text/html' };
const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

/** Routes by GET that are recorded only where they are refused. */
const POLLED = [
  ...['/', '/conformance', '/openapi', '/openapi/:version', '/problems', '/problems/:name', '/me', '/sign-in'],
  ...['/processes', '/processes/:processId', '/jobs', '/jobs/filter', '/jobs/:jobId', '/metrics', '/health/live'],
  '/health/ready',
];

interface Line {
  readonly stream: string;
  readonly requestId: string;
  readonly who: { readonly subject?: string; readonly means: string };
  readonly action: string;
  readonly route?: string;
  readonly job?: string;
  readonly outcome: { readonly status: number; readonly problem?: string; readonly cut?: true };
}

describe('the record of who did what', () => {
  let bed: TestBed;
  let audit = '';
  let requests = 0;

  /** As kubelet does it: a folder for each version, and a link that is replaced at once. */
  function publish(version: string, text: string): void {
    const mount = join(bed?.cluster.folder ?? '', 'mount');
    mkdirSync(join(mount, version), { recursive: true });
    writeFileSync(join(mount, version, 'token'), text);
    symlinkSync(version, join(mount, '..next'));
    renameSync(join(mount, '..next'), join(mount, '..data'));
  }
  const lines = () => readLines(readFileSync(audit, 'utf8'));
  function readLines(text: string): Line[] {
    const own = text.split('\n').filter((line) => line.startsWith('{"stream":"audit"'));
    return own.map((line) => JSON.parse(line) as Line);
  }
  async function ask(path: string, { headers = {}, token, ...asked }: RequestInit & { token?: string } = {}) {
    const requestId = `r-${(requests += 1)}`;
    const shown: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const all = { ...(headers as Record<string, string>), ...shown, 'x-request-id': requestId };
    const response = await fetch(bed.url + path, { redirect: 'manual', ...asked, headers: all });
    const line = () => eventually(`the line of ${path}`, () => lines().find((one) => one.requestId === requestId));
    return { response, requestId, line };
  }
  const signIn = (token: string) =>
    ask('/sign-in', { method: 'POST', headers: { ...form, ...html }, body: `${new URLSearchParams({ token })}` });

  beforeAll(async () => {
    bed = await TestBed.startProcess(
      {
        NODE_OPTIONS: `--import ${new URL('../support/route-list.mjs', import.meta.url).href}`,
        PYGEOAPI_K8S_MANAGER_ACCESS_KEY: KEY,
        TRUST_PROXY: 'true',
      },
      { configuration: (text) => text.replace('level: WARNING', 'level: INFO') + rules('audit.log') },
    );
    audit = join(bed.cluster.folder, 'audit.log');
    publish('..1', tokenOf('ops'));
    symlinkSync('..data/token', join(bed.cluster.folder, 'mount', 'token'));
  });
  afterAll(() => bed.stop());

  it('has each route that changes something, and of those that read all that are not known as polls', async () => {
    const routes = JSON.parse(/^routes: (.*)$/m.exec(await bed.output())?.[1] ?? '') as string[];
    const ids = new Map<string, string>();
    for (const route of routes) {
      const [method = '', url = ''] = route.split(' ');
      if (/^(?:HEAD|OPTIONS)$/.test(method) || /^\/(?:docs|static)\b|\*/.test(url)) continue;
      const path = url.replace(':version', '3.1').replace(/:\w+|\*/g, 'x');
      const { requestId, response } = await ask(path, { method, token: tokenOf('ann') });
      await response.body?.cancel();
      ids.set(requestId, route);
    }
    const last = await ask('/jobs/x', { method: 'DELETE', token: tokenOf('ann') });
    await last.line();
    const recorded = new Set(lines().map(({ requestId }) => ids.get(requestId)));
    const others = [...ids.values()].filter((route) => !recorded.has(route));
    const polled = POLLED.filter((url) => !/:(?:jobId|processId)/.test(url)).map((url) => `GET ${url}`);
    expect(others.toSorted()).toEqual(polled.toSorted());
  });

  it('says who did what, by what means, with what outcome', async () => {
    const execution = { method: 'POST', body: JSON.stringify({ inputs: { name: 'hidden-input' } }) };
    const headers = { 'content-type': 'application/json', prefer: 'respond-async', 'x-forwarded-for': '10.1.2.3' };
    const made = await ask('/processes/hello/execution?x=hidden', { ...execution, headers, token: tokenOf('ann') });
    // An unknown parameter may be refused; what is looked at is the one without.
    const again = await ask('/processes/hello/execution', { ...execution, headers, token: tokenOf('ann') });
    const { jobID } = (await again.response.json()) as { jobID: string };
    expect(await again.line()).toMatchObject({
      who: { issuer: 'tokens', subject: 'ann', means: 'token' },
      address: '10.1.2.3',
      action: 'execute',
      process: 'hello',
      job: jobID,
      outcome: { status: 201 },
      milliseconds: expect.any(Number),
    });
    await made.line();
    const inBody = await ask('/processes/hello/form', {
      ...{ method: 'POST', headers: { ...form, ...html } },
      body: String(new URLSearchParams({ token: tokenOf('bob'), 'input.name': 'x' })),
    });
    expect(await inBody.line()).toMatchObject({ who: { subject: 'bob', means: 'token' }, action: 'execute' });
    const hidden = await ask(`/jobs/${jobID}`, { token: tokenOf('bob') });
    expect(await hidden.line()).toMatchObject({ who: { subject: 'bob' }, job: jobID, outcome: { status: 404 } });
    const looked = await ask(`/jobs/${jobID}`, { token: tokenOf('root') });
    expect(await looked.line()).toMatchObject({ who: { subject: 'root' }, action: 'read', job: jobID });
    const unknown = await ask('/jobs', { token: 'eve' });
    expect(await unknown.line()).toMatchObject({
      who: { means: 'unknown token' },
      action: 'read',
      outcome: { status: 401, problem: expect.stringContaining('unauthorized') },
    });
    const dismissed = await ask(`/jobs/${jobID}`, { method: 'DELETE', token: tokenOf('ann') });
    expect(await dismissed.line()).toMatchObject({ who: { subject: 'ann' }, action: 'dismiss', job: jobID });
    expect(readFileSync(audit, 'utf8')).not.toMatch(/hidden|the-token-of|capability=/);
  });

  it('has who signs in with a named token, whom /me names, until the token is another', async () => {
    await eventually('the token of ops', async () => (await ask('/me', { token: tokenOf('ops') })).response.ok);
    const signedIn = await signIn(tokenOf('ops'));
    expect(signedIn.response.status).toBe(303);
    expect(await signedIn.line()).toMatchObject({ who: { subject: 'ops', means: 'token' }, action: 'sign-in' });
    const cookie = signedIn.response.headers.getSetCookie().join().split(';', 1)[0] ?? '';
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const me = async () => (await (await ask('/me', { headers })).response.json()) as Record<string, unknown>;
    expect(await me()).toMatchObject({ means: 'session', subject: 'ops', roles: ['admin'], until: expect.any(String) });
    const page = await (await ask('/me', { headers: { ...headers, ...html } })).response.text();
    expect(page).toMatch(/<h1>You are ops<\/h1>/);
    expect(page).toMatch(/<a href="[^"]*\/me">Signed in as ops<\/a>/);
    publish('..2', `${tokenOf('next')}\n`);
    await eventually('the next token', async () => (await ask('/me', { token: tokenOf('next') })).response.ok);
    expect((await ask('/me', { token: tokenOf('ops') })).response.status).toBe(401);
    expect(await me()).toMatchObject({ means: 'anonymous' });
  });

  it('has nobody follow a log on with a token that is another now', async () => {
    const job = await bed.submit('endless', {}, { token: tokenOf('next') });
    const log = await eventually('its log', async () => {
      const headers = { accept: 'text/plain', authorization: `Bearer ${tokenOf('next')}` };
      const response = await fetch(`${bed.url}/jobs/${job}/logs?follow`, { headers });
      return response.ok && response.body?.getReader();
    });
    for (let text = ''; !text.includes('working');) text += Buffer.from((await log.read()).value ?? []).toString();
    let hasEnded = false;
    const end = (async () => {
      while (!(await log.read()).done);
    })()
      .catch(() => undefined)
      .then(() => (hasEnded = true));
    publish('..3', tokenOf('last'));
    await eventually('the last token', async () => (await ask('/me', { token: tokenOf('last') })).response.ok);
    await eventually('the end of the answer', () => hasEnded);
    await end;
    // It is the answer that has ended, not the job.
    const { status } = (await (await ask(`/jobs/${job}`, { token: tokenOf('last') })).response.json()) as {
      status: string;
    };
    expect(status).toBe('running');
    expect((await ask(`/jobs/${job}`, { method: 'DELETE', token: tokenOf('last') })).response.status).toBe(200);
  });

  it('lets an old and a new token of one name work side by side, and tells both who they are', async () => {
    for (const token of ['ann', 'ann-before'].map(tokenOf))
      expect(await (await ask('/me', { token })).response.json()).toMatchObject({
        subject: 'ann',
        owner: expect.stringMatching(/^[a-z2-7]{32}$/),
        permissions: [{ role: 'user', processes: ['*'] }],
        limits: { running: { limit: 5 } },
      });
    expect((await (await ask('/me')).response.json()) as object).toMatchObject({ means: 'anonymous', roles: [] });
  });

  it('is had by a server without roles, too, on its standard output', async () => {
    const classic = join(bed.cluster.folder, 'classic.yaml');
    writeFileSync(classic, `${readFileSync(CONFIGURATION, 'utf8')}\naccess: { audit: stdout }\n`);
    const replica = await bed.startReplica({ PYGEOAPI_CONFIG: classic });
    const job = await replica.submit('hello', { name: 'x' }, { token: TOKEN });
    await eventually('its line', () => readLines(replica.process.output).some((line) => line.job === job));
    expect(readLines(replica.process.output)).toMatchObject([{ who: { subject: 'api' }, action: 'execute' }]);
    await replica.process.end();
  });

  it('stops no request where its disk is full, which is said once', async () => {
    const full = join(bed.cluster.folder, 'full.yaml');
    writeFileSync(full, readFileSync(CONFIGURATION, 'utf8') + rules('/dev/full'));
    const replica = await bed.startReplica({
      ...{ PYGEOAPI_CONFIG: full, PYGEOAPI_K8S_MANAGER_API_TOKEN: '', PYGEOAPI_K8S_MANAGER_ACCESS_KEY: '' },
    });
    for (let count = 0; count < 3; count += 1) expect((await replica.get('/jobs')).status).toBe(401);
    await eventually('the lines', () => readLines(replica.process.output).length === 3);
    expect(replica.process.output.match(/The audit log \/dev\/full cannot be written: no space is left/g)).toHaveLength(
      1,
    );
    // The same start says why nobody can sign in, and what the rules may not mean.
    expect(replica.process.output).toMatch(/^sign-in: off, no key is set that encrypts sessions \(access\.key\)$/m);
    expect(replica.process.output).toContain('have no role, so that they open nothing: idle.');
    await replica.process.end();
  });

  it('has what was under way when the server ended', async () => {
    const following = await ask('/jobs/events', { headers: { accept: 'text/event-stream' }, token: tokenOf('ann') });
    expect(following.response.status).toBe(200);
    await bed.server?.end();
    await following.response.body?.cancel().catch(() => undefined);
    expect(lines().find(({ requestId }) => requestId === following.requestId)).toMatchObject({
      who: { subject: 'ann' },
      action: 'events',
      outcome: { status: 200 },
    });
  });
});
