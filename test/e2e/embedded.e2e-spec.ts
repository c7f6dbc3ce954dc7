import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import isInsideContainer from 'is-inside-container';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../support/child.js';
import { onRealCluster } from '../support/cluster.js';
import { rawSend } from '../support/http.js';
import { CONFIGURATION, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const run = promisify(execFile);

let folder: string;
let server: Child;
let url: string;

async function start(): Promise<void> {
  const args = ['--cluster', 'embedded', '--port', '0', '--data-dir', folder, '--config', CONFIGURATION];
  const { child, match } = await Child.start('dist/main.js', args, {}, /^listening on (http:\/\/\S+)$/m);
  server = child;
  url = match[1] ?? '';
}

const json = async <T>(path: string): Promise<T> => (await (await fetch(url + path)).json()) as T;
const status = (jobId: string) => json<StatusInfo>(`/jobs/${jobId}`);
async function submit(process: string, inputs: object = {}): Promise<string> {
  const response = await fetch(`${url}/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ inputs }),
  });
  return ((await response.json()) as StatusInfo).jobID;
}
const ended = (jobId: string) =>
  eventually(`the end of ${jobId}`, async () => {
    const info = await status(jobId);
    return ['successful', 'failed'].includes(info.status) ? info : undefined;
  });
const kubectl = async (...args: string[]) =>
  (await run('kubectl', ['--kubeconfig', join(folder, 'cluster/kubeconfig'), ...args])).stdout;
const kubectlInstalled = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
);

(onRealCluster ? describe.skip : describe)('a server that brings its own cluster', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-embedded-'));
    await start();
  });
  afterAll(async () => {
    await server.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps its kubeconfig to its user', async () => {
    expect((await stat(join(folder, 'cluster/kubeconfig'))).mode & 0o777).toBe(0o600);
  });

  it('answers to names of this machine alone, whatever they lead to', async () => {
    const statusAt = async (host: string, path = '/jobs') => (await rawSend(url + path, { headers: { host } })).status;
    expect(await statusAt('rebound.example.net')).toBe(421);
    expect(await statusAt('localhost')).toBe(200);
    expect(await statusAt('rebound.example.net', '/health/live')).toBe(200);
  });

  it('is there for this machine alone, unless it is a container, where nobody says otherwise', async () => {
    const file = join(folder, 'without-bind.yaml');
    await writeFile(file, (await readFile(CONFIGURATION, 'utf8')).replace(/^ {2}bind:.*\n/m, ''));
    const own = ['--port', '0', '--data-dir', join(folder, 'of-its-own'), '--config', file];
    const { child, match } = await Child.start(
      'dist/main.js',
      ['--cluster', 'embedded', ...own],
      {},
      /^listening on http:\/\/(\S+):\d+$/m,
    );
    await child.end();
    expect(match[1]).toBe(isInsideContainer() ? '0.0.0.0' : '127.0.0.1');
  });

  it('gives jobs an environment of their own, nothing of the server\u2019s', async () => {
    const jobId = await submit('variables');
    expect((await ended(jobId)).status).toBe('successful');
    const variables = (await (await fetch(`${url}/jobs/${jobId}/results`)).text())
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(variables.filter((name) => !/^(PWD|SHLVL|_|OLDPWD)$/.test(name ?? ''))).toEqual([
      'FLAG',
      'HOME',
      'HOSTNAME',
      'NUMBER',
      'PATH',
      'PYGEOAPI_JOB_ID',
      'PYGEOAPI_K8S_MANAGER_INPUTS',
      'PYGEOAPI_PROCESS_ID',
    ]);
  });

  (kubectlInstalled ? it : it.skip)(
    'looks to kubectl like the real thing',
    async () => {
      const done = await submit('no-result');
      await ended(done);
      const failing = await submit('hello-failing', { name: 'x' });
      await ended(failing);
      const running = await submit('endless');
      await eventually('the job running', async () => (await status(running)).status === 'running');
      await eventually('the Job being complete', async () =>
        (await kubectl('get', 'job', `pygeoapi-job-${done}`)).includes('Complete'),
      );
      expect(await kubectl('get', 'jobs')).toMatch(/^NAME +STATUS +COMPLETIONS +DURATION +AGE\n/);
      expect(await kubectl('get', 'jobs')).toMatch(
        new RegExp(`^pygeoapi-job-${done} +Complete +1/1 +\\d+s +\\d+s$`, 'm'),
      );
      expect(await kubectl('get', 'jobs')).toMatch(
        new RegExp(`^pygeoapi-job-${running} +Running +0/1 +\\d+s +\\d+s$`, 'm'),
      );
      const pods = await kubectl('get', 'pods');
      expect(pods).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\n/);
      expect(pods).toMatch(new RegExp(`^pygeoapi-job-${done}-[a-z0-9]{5} +0/1 +Completed +0 +\\d+s$`, 'm'));
      expect(pods).toMatch(new RegExp(`^pygeoapi-job-${failing}-[a-z0-9]{5} +0/1 +Error +0 +\\d+s$`, 'm'));
      expect(pods).toMatch(new RegExp(`^pygeoapi-job-${running}-[a-z0-9]{5} +1/1 +Running +0 +\\d+s$`, 'm'));
      const described = await kubectl('describe', 'job', `pygeoapi-job-${done}`);
      for (const reason of ['SuccessfulCreate', 'Completed']) expect(described).toContain(reason);
      expect(await kubectl('logs', `job/pygeoapi-job-${done}`)).toBe('nothing to say\n');
      await kubectl('delete', 'job', `pygeoapi-job-${running}`);
      await eventually('the job being gone', async () => (await fetch(`${url}/jobs/${running}`)).status === 404);
    },
    60_000,
  );

  it('shows the job history after a crash, and fails what ran with that reason', async () => {
    const done = await submit('unicode');
    await ended(done);
    const log = await eventually('the stored log', async () => {
      const text = await (await fetch(`${url}/jobs/${done}/logs`)).text();
      return text.includes('世界') ? text : undefined;
    });
    const running = await submit('endless');
    await eventually('the job running', async () => (await status(running)).status === 'running');
    await server.end('SIGKILL');
    await start();
    const lost = await ended(running);
    expect(lost).toMatchObject({ status: 'failed', cause: { message: expect.stringContaining('restarted') } });
    expect((await status(done)).status).toBe('successful');
    expect(await (await fetch(`${url}/jobs/${done}/results`)).text()).toBe('Grüße, Жизнь, 世界, 🌍\n\n  end');
    expect(await (await fetch(`${url}/jobs/${done}/logs`)).text()).toBe(log);
  });
});
