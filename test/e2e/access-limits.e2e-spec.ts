import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { RunningPods } from '../support/running-pods.js';
import { TestBed, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const RUNNING = 3;
const WAITING = 20;
const SUBMISSIONS = 50;
/** What the two replicas may have had in flight, of as many submissions. */
const IN_FLIGHT = 5;

const ROLES = {
  user: `{running: ${RUNNING}, waiting: ${WAITING}}, queue_priority: whenever`,
  hasty: '{submissions_per_minute: 2}',
  small: '{input_bytes: 400000}',
  full: '{stored_bytes: 10}',
  ready: '{running: 1, waiting: 0}',
};
const TOKENS = { ann: 'user', bob: 'user', ...Object.fromEntries(Object.keys(ROLES).map((name) => [name, name])) };
const ACCESS = `
access:
  tokens:
    - {name: api, roles: [admin]}
${Object.entries({ ...TOKENS, root: 'admin' })
  .map(([name, role]) => {
    const sha256 = createHash('sha256').update(`of-${name}`).digest('hex');
    return `    - {name: ${name}, sha256: ${sha256}, roles: [${role}]}`;
  })
  .join('\n')}
  roles:
${Object.entries(ROLES)
  .map(([name, limits]) => `    ${name}: {may: [read, execute, logs, dismiss], limits: ${limits}}`)
  .join('\n')}
    admin: {may: [admin]}
`;
const CONNECTIONS = `
  followers: {at_once: 50, per_caller: 1}
  listeners: {at_once: 50, per_caller: 1}
  waits: {at_once: 50, per_caller: 1}`;
const of = (name: string) => `of-${name}`;
const nameOf = (id: string) => `pygeoapi-job-${id}`;
const keyOf = (role: string, limit: string) => `access.roles.${role}.limits.${limit}`;

let bed: TestBed | undefined;
let pods: RunningPods | undefined;
afterEach(async () => {
  pods?.end();
  await bed?.stop();
  [bed, pods] = [undefined, undefined];
});

async function start(): Promise<TestBed> {
  const configuration = (text: string) => text.replace('\n  manager:\n', `${CONNECTIONS}\n  manager:\n`) + ACCESS;
  bed = await TestBed.startProcess({}, { configuration });
  return bed;
}

const execute = (client: TestBed | TestReplica, name: string, process = 'endless', body = {}) =>
  client.execute(process, {}, { token: of(name), prefer: 'respond-async', body });
const jobIn = async (response: Response) => ((await response.json()) as { jobID: string }).jobID;
const dismiss = async (client: TestBed | TestReplica, id: string) => {
  await eventually(`the dismissal of ${id}`, async () => (await client.delete(`/jobs/${id}`, of('root'))).ok);
};

describe('limits of callers', () => {
  it('of jobs hold at two replicas at once, for each caller apart, and beyond the death of the leader', async () => {
    const server = await start();
    await eventually('the first leading', () => server.leads());
    const other = await server.startReplica();
    const bobs = '0198c5a0-0000-7000-8000-00000000b0b0';
    pods = await RunningPods.watch(server.cluster, (job) => (job === nameOf(bobs) ? 'bob' : 'ann'));
    const responses = await Promise.all(
      Array.from({ length: SUBMISSIONS }, (_, at) => execute(at % 2 ? other : server, 'ann')),
    );
    const accepted = responses.filter(({ status }) => status === 201);
    const refused = responses.filter(({ status }) => status === 429);
    expect(accepted.length + refused.length).toBe(SUBMISSIONS);
    expect(accepted.length).toBeGreaterThanOrEqual(RUNNING + WAITING);
    expect(accepted.length).toBeLessThanOrEqual(RUNNING + WAITING + IN_FLIGHT);
    for (const response of refused) {
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await response.json()).toMatchObject({
        type: expect.stringContaining('limit-exceeded'),
        limit: { name: 'waiting', key: keyOf('user', 'waiting'), limit: WAITING, used: expect.any(Number) },
      });
    }
    const ids = new Set(await Promise.all(accepted.map(jobIn)));
    const annotations = (await server.cluster.kubeJobs()).map(({ metadata }) => metadata?.annotations);
    for (const of of annotations)
      expect(of).toMatchObject({
        'processes.pygeoapi.io/caller-running': `${RUNNING}`,
        'processes.pygeoapi.io/queue-priority': 'whenever',
      });
    const ofAnn = () => [...ids].map(nameOf).reduce((sum, name) => sum + (pods?.of(name) ?? 0), 0);
    await eventually('as many running as may', () => ofAnn() === RUNNING);
    // What is used is the same at each replica, and said of by both.
    for (const client of [server, other])
      await eventually('all being known', async () => {
        const said = (await execute(client, 'ann')).headers.get('ratelimit');
        return said === '"waiting";r=0';
      });
    expect((await execute(other, 'bob', 'endless', { job_id: bobs })).status).toBe(201);
    await eventually('the job of another', () => pods?.of(nameOf(bobs)) === 1);
    expect([pods.mostOfGroup('ann'), pods.mostOfGroup('bob')]).toEqual([RUNNING, 1]);

    await server.server?.end('SIGKILL');
    const started = [...ids].filter((id) => pods?.of(nameOf(id)) === 1);
    expect(started).toHaveLength(RUNNING);
    expect((await execute(other, 'ann')).status).toBe(429);
    for (const id of started) await dismiss(other, id);
    await eventually('the next having their turn', () => ofAnn() === 2 * RUNNING, 120_000);
    expect(pods.mostOfGroup('ann')).toBe(RUNNING);
    // Three have left the line, so that as many may come.
    expect((await execute(other, 'ann')).status).toBe(accepted.length <= RUNNING + WAITING + 2 ? 201 : 429);
  });

  it('are each told with what is used of them, and none holds for admins', async () => {
    const server = await start();
    const refusal = async (response: Response, status: number) => {
      expect(response.status).toBe(status);
      return { retry: response.headers.get('retry-after'), problem: (await response.json()) as { limit: object } };
    };

    const first = await execute(server, 'hasty', 'instant');
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([201, '"submissions";q=2;w=60']);
    expect(first.headers.get('ratelimit')).toMatch(/^"submissions";r=1;t=\d+$/);
    expect(first.headers.get('access-control-expose-headers')).toMatch(/RateLimit, RateLimit-Policy/);
    const key = { 'idempotency-key': 'once' };
    const keyed = () => server.execute('instant', {}, { token: of('hasty'), prefer: 'respond-async', headers: key });
    const repeated = [await keyed(), await keyed(), await keyed()];
    expect(repeated.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await server.execute('instant', {}, { token: of('hasty'), body: { outputs: 7 } })).status).toBe(400);
    const late = await refusal(await execute(server, 'hasty', 'instant'), 429);
    expect(Number(late.retry)).toBeGreaterThan(0);
    const perMinute = keyOf('hasty', 'submissions_per_minute');
    expect(late.problem.limit).toEqual({ name: 'submissions_per_minute', key: perMinute, limit: 2, used: 2 });

    const long = { text: 'x'.repeat(400_000) };
    for (const padding of ['', ' '.repeat(300_000)]) {
      const large = await server.execute('inputs', long, { token: of('small'), body: { padding } });
      expect((await refusal(large, 413)).problem).toMatchObject({
        type: expect.stringContaining('inputs-too-large'),
        limit: { name: 'input_bytes', key: keyOf('small', 'input_bytes'), limit: 400_000, used: expect.any(Number) },
      });
    }

    const form = new FormData();
    form.set('input.text', new Blob(['x'.repeat(500_000)]), 'text.txt');
    const sent = await fetch(`${server.url}/processes/inputs/form`, {
      method: 'POST',
      headers: { authorization: `Bearer ${of('small')}`, accept: 'application/json' },
      body: form,
    });
    expect((await refusal(sent, 413)).problem).toMatchObject({ limit: { name: 'input_bytes', limit: 400_000 } });

    const kept = await jobIn(await execute(server, 'full', 'instant'));
    await eventually('its end', async () => (await server.status(kept, of('full'))).status === 'successful');
    const full = await eventually('the store being full', async () => {
      const response = await execute(server, 'full', 'instant');
      return response.status === 429 ? refusal(response, 429) : undefined;
    });
    expect(full.problem).toMatchObject({
      limit: { name: 'stored_bytes', key: keyOf('full', 'stored_bytes'), limit: 10, used: expect.any(Number) },
      detail: expect.stringContaining('DELETE /jobs/{jobId}'),
    });

    const running = await jobIn(await execute(server, 'ready'));
    await eventually('its turn', async () => (await server.status(running, of('ready'))).status === 'running');
    const none = await refusal(await execute(server, 'ready'), 429);
    expect(none.problem.limit).toEqual({ name: 'waiting', key: keyOf('ready', 'waiting'), limit: 0, used: 0 });

    const ending = new AbortController();
    const open = (path: string, name: string, headers = {}) =>
      fetch(`${server.url}${path}`, {
        headers: { authorization: `Bearer ${of(name)}`, ...headers },
        signal: ending.signal,
      });
    for (const [kind, path] of [
      ['followers', `/jobs/${running}/logs?follow=true`],
      ['listeners', '/jobs/events'],
    ] as const) {
      expect((await open(path, 'ready')).status).toBe(200);
      const connection = await refusal(await open(path, 'ready'), 429);
      expect(connection.problem.limit).toEqual({ name: kind, key: `server.${kind}.per_caller`, limit: 1, used: 1 });
      expect([(await open(path, 'root')).status, (await open(path, 'root')).status]).toEqual([200, 200]);
    }
    const bobs = '0198c5a0-0000-7000-8000-00000000b0b1';
    const waiting = server.execute('endless', {}, { token: of('bob'), body: { job_id: bobs } });
    await eventually('his job', async () => (await server.get(`/jobs/${bobs}`, of('bob'))).ok);
    const wait = await refusal(await server.execute('instant', {}, { token: of('bob') }), 429);
    expect(wait.problem.limit).toEqual({ name: 'waits', key: 'server.waits.per_caller', limit: 1, used: 1 });
    await dismiss(server, bobs);
    expect((await waiting).status).toBe(410);
    expect((await server.execute('instant', {}, { token: of('bob') })).status).toBe(200);
    const ofRoot = await Promise.all(
      Array.from({ length: 8 }, () => execute(server, 'root', 'instant').then(({ status }) => status)),
    );
    expect(ofRoot).toEqual(Array(8).fill(201));
    ending.abort();
  });
});
