import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { Exposition } from '../support/exposition.js';
import { TestBed, TOKEN, type TestReplica } from '../support/test-bed.js';
import type { TestClient } from '../support/test-client.js';
import { eventually } from '../support/wait.js';
import { freePort } from '../support/free-port.js';

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess();
  await eventually('the leader', () => bed.leads());
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const metrics = (of: TestClient = bed) => Exposition.of(of);

const ended = (process: string, status: string, cause = 'none') =>
  `jobs_ended_total{process="${process}",status="${status}",cause="${cause}"}`;
const jobs = (process: string, status: string) => `jobs{process="${process}",status="${status}"}`;
/** Waits until the series are so. */
const until = (expected: Readonly<Record<string, number>>, of?: TestClient) =>
  eventually(
    'the metrics',
    async () => {
      const said = await metrics(of);
      const found = Object.fromEntries(Object.keys(expected).map((name) => [name, said.value(name)]));
      if (JSON.stringify(found) === JSON.stringify(expected)) return true;
      throw new Error(JSON.stringify(found));
    },
    120_000,
  );

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

describe('the metrics', () => {
  it('follow a job that is successful, in all its stages', async () => {
    expect((await bed.execute('instant')).status).toBe(200);
    await until({
      [ended('instant', 'successful')]: 1,
      [jobs('instant', 'successful')]: 1,
      'executions_accepted_total{process="instant"}': 1,
      job_submit_duration_seconds_count: 1,
      'job_queue_duration_seconds_count{process="instant"}': 1,
      'job_run_duration_seconds_count{process="instant"}': 1,
      job_collect_duration_seconds_count: 1,
      'sync_wait_duration_seconds_count{result="ended"}': 1,
      uncollected_pods: 0,
      'http_request_duration_seconds_count{method="POST",route="/processes/:processId/execution",status="200"}': 1,
    });
    const said = await metrics();
    const value = (series: string) => said.value(series);
    expect(value('object_store_operations_total{operation="create",result="ok"}')).toBeGreaterThan(0);
    expect(value('kubernetes_requests_total{verb="create",resource="jobs",code="201"}')).toBe(1);
    expect(value('workqueue_adds_total{queue="finalizer"}')).toBeGreaterThan(0);
    expect(value('workqueue_work_duration_seconds_count{queue="finalizer"}')).toBeGreaterThan(0);
  });

  it('have the suffix _total where they count, and nowhere else', async () => {
    const { text } = await metrics();
    expect(text).toMatch(/^# TYPE \S+_total counter$/m);
    expect(text.match(/^# TYPE \S+_total (?!counter).*$/gm) ?? []).toEqual([]);
  });

  it('count why a job failed, and that one was dismissed', async () => {
    const failing = await bed.submit('hello-failing', { name: 'World' });
    const endless = await bed.submit('endless');
    await bed.until(endless, 'running');
    expect((await metrics()).value(jobs('endless', 'running'))).toBe(1);
    expect((await bed.delete(`/jobs/${endless}`, TOKEN)).status).toBe(200);
    await bed.until(failing, 'failed');
    await until({
      [ended('hello-failing', 'failed', 'non-zero-exit')]: 1,
      [ended('endless', 'dismissed')]: 1,
      [jobs('endless', 'running')]: 0,
      [jobs('hello-failing', 'failed')]: 1,
    });
  });

  it('count refused executions by the type of their problem', async () => {
    expect((await bed.execute('lines', { count: 0 })).status).toBe(400);
    expect((await bed.execute('environment')).status).toBe(401);
    for (const id of ['invented', 'made-up']) expect((await bed.execute(id)).status).toBe(404);
    await until({
      'executions_refused_total{process="lines",type="invalid-request"}': 1,
      'executions_refused_total{process="environment",type="unauthorized"}': 1,
      'executions_refused_total{process="(other)",type="no-such-process"}': 2,
    });
  });

  it('name routes by their patterns, and hold no id, token or address of a client', async () => {
    const id = await bed.submit('instant');
    await bed.ended(id);
    await bed.get('/no/such/path-of-a-client');
    await until({ 'http_request_duration_seconds_count{method="GET",route="(none)",status="404"}': 1 });
    const said = await metrics();
    expect(
      said.value('http_request_duration_seconds_count{method="GET",route="/jobs/:jobId",status="200"}'),
    ).toBeGreaterThan(0);
    for (const secret of [id, TOKEN, 'path-of-a-client', 'invented']) expect(said.text).not.toContain(secret);
  });

  it('are not part of the API definition', async () => {
    const definition = (await (await bed.get('/openapi')).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(definition.paths)).toContain('/health/ready');
    expect(Object.keys(definition.paths)).not.toContain('/metrics');
  });

  (hasPromtool ? it : it.skip)(
    'are clean to promtool, where that is installed, once jobs have run and failed',
    async () => {
      expect((await bed.execute('two-outputs')).status).toBe(200);
      await bed.ended(await bed.submit('no-such-command'));
      const { text } = await metrics();
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    },
  );
});

describe('two replicas', () => {
  let replica: TestReplica;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    replica = await bed.startReplica({ METRICS_PORT: String(port), METRICS_TOKEN: 'scraper' });
  });

  it('may have the metrics on a port of their own, with a token of their own', async () => {
    expect((await replica.get('/metrics')).status).toBe(404);
    const ask = (token?: string) =>
      fetch(
        `http://127.0.0.1:${port}/metrics`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
    expect((await ask()).status).toBe(401);
    expect((await ask(TOKEN)).status).toBe(401);
    expect((await ask('scraper')).status).toBe(200);
  });

  it('tell the same of the jobs that there are; one says that it leads', async () => {
    const exposition = async () =>
      (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: 'Bearer scraper' } })).text();
    const leader = /^ogc_processes_leader\{.*\} (\d)$/m;
    await eventually('the replica knowing the jobs', async () => {
      const lines = (text: string) =>
        text
          .split('\n')
          .filter((line) => /^ogc_processes_jobs\{.* [1-9]\d*$/.test(line))
          .sort();
      const [one, two] = [lines((await metrics()).text), lines(await exposition())];
      return one.length > 0 && JSON.stringify(one) === JSON.stringify(two);
    });
    expect([leader.exec((await metrics()).text)?.[1], leader.exec(await exposition())?.[1]]).toEqual(['1', '0']);
    expect((await replica.readiness()).checks['leader']?.detail).toMatch(/^the leader is \S+ since 2\d{3}-/);
  });
});

describe('liveness', () => {
  it('does not answer while the process stands still, and answers when it goes on', async () => {
    const ask = () =>
      fetch(`${bed.url}/health/live`, { signal: AbortSignal.timeout(1_000) }).then(({ status }) => status);
    await eventually('an answer', async () => (await ask()) === 200);
    bed.server?.process.kill('SIGSTOP');
    try {
      await expect(ask()).rejects.toThrow(/timeout|aborted/);
    } finally {
      bed.server?.process.kill('SIGCONT');
    }
    await eventually('an answer', async () => (await ask()) === 200);
  });
});
