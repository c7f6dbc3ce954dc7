import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { TestCluster } from '../support/cluster.js';
import { logLines } from '../support/log-lines.js';
import { serversInTurn } from '../support/servers-in-turn.js';
import { type TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Configurations as operators have them, unchanged: only the port that is listened on comes from the command line. */
const fixtures = 'test/fixtures/predecessor';

let cluster: TestCluster;
const startServer = serversInTurn((started) => (cluster = started));

const start = (configuration: string, environment: Readonly<Record<string, string>> = {}): Promise<TestBed> =>
  startServer({ PYGEOAPI_CONFIG: configuration, ...environment });
const podOf = (jobId: string) =>
  eventually(`the pod of ${jobId}`, async () =>
    (await cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId)),
  );
async function titles(server: TestBed, language: string): Promise<Record<string, string>> {
  const response = await fetch(`${server.url}/processes?lang=${language}`);
  const { processes } = (await response.json()) as { processes: { id: string; title: string }[] };
  return Object.fromEntries(processes.map(({ id, title }) => [id, title]));
}
const resultOf = async (server: TestBed, jobId: string) => {
  const response = await server.get(`/jobs/${jobId}/results`);
  return [response.status, response.headers.get('content-type'), await response.text()];
};

describe('a configuration of the 0.11 generation', () => {
  it('runs: hello-world as before, a process that asks for the token, a failing one', async () => {
    const server = await start(`${fixtures}/v0.11.yaml`);
    expect(Object.keys(await titles(server, 'en'))).toEqual([
      'hello-world-k8s',
      'hello-world-k8s-failing',
      'show-environment',
      'volumes',
    ]);
    expect(await (await server.get('/?lang=fr')).json()).toMatchObject({ title: 'Processus du groupe hydrologie' });

    const hello = await server.execute('hello-world-k8s', { message: 'Am I in TV, now?', name: 'John Doe' });
    expect(hello.status).toBe(201);
    const { jobID } = (await hello.json()) as { jobID: string };
    expect(await server.ended(jobID)).toMatchObject({ status: 'successful', processID: 'hello-world-k8s' });
    expect(await (await server.get(`/jobs/${jobID}/results`)).json()).toMatchObject({
      value: 'Hello John Doe: Am I in TV, now?',
    });

    const failed = await server.ended(await server.submit('hello-world-k8s-failing', { name: 'x' }));
    expect(failed).toMatchObject({ status: 'failed', cause: { exitCode: 1 } });

    expect((await server.execute('show-environment')).status).toBe(401);
    expect((await server.execute('show-environment', { token: 'wrong' })).status).toBe(401);
    const jobId = await server.submit('show-environment', { token: TOKEN });
    expect((await server.ended(jobId)).status).toBe('successful');
    expect(await resultOf(server, jobId)).toEqual([204, null, '']);
    const log = await server.log(jobId, TOKEN);
    for (const line of [
      `PYGEOAPI_JOB_ID=${jobId}`,
      'PYGEOAPI_PROCESS_ID=show-environment',
      'SIMPLE_ENV_BOOLEAN_AS_STRING=False',
      'SIMPLE_ENV_BOOLEAN_AS_BOOLEAN=False',
      'SIMPLE_ENV_STRING=simple-env-string',
      'SIMPLE_ENV_INTEGER=1024',
    ]) {
      expect(log.split('\n')).toContain(line);
    }
    expect(log).not.toContain(TOKEN);
  });
});

describe('a configuration of the 0.17 generation', () => {
  it('runs: markers in log lines, init containers, secrets, no token where check_auth is off', async () => {
    await cluster.core.createNamespacedSecret({
      namespace: cluster.namespace,
      body: { metadata: { name: 'ingest-credentials' }, stringData: { password: 'hunter2' } },
    });
    const server = await start(`${fixtures}/v0.17.yaml`);
    const jobId = await server.submit('ingest', { source: 'https://example.org/data' });
    expect((await server.ended(jobId)).status).toBe('successful');
    const [status, mediaType, result] = await resultOf(server, jobId);
    expect([status, mediaType, JSON.parse(String(result))]).toEqual([
      200,
      'application/json',
      { id: 'pygeoapi-process-id', value: { source: 'https://example.org/data' } },
    ]);
    const log = await server.log(jobId);
    expect(log).toContain(`Init Container 'prepare'\npreparing production for job ${jobId}\nContainer 'generic-image-`);
    expect(log).toContain('INFO - password has 7 characters');
    const wrong = await server.execute('ingest', {});
    expect([wrong.status, ((await wrong.json()) as { errors: { pointer: string }[] }).errors]).toEqual([
      400,
      [expect.objectContaining({ pointer: '/inputs/source' })],
    ]);
  });
});

describe('a configuration of the 0.27 generation', () => {
  it('runs: the first language is the default, security contexts are those of the definitions', async () => {
    const server = await start(`${fixtures}/v0.27.yaml`);
    const german = { baseline: 'Grundschutz', without: 'Ohne', restricted: 'Beschränkt' };
    expect(await titles(server, 'de')).toMatchObject(german);
    expect(await titles(server, 'tlh')).toMatchObject(german);
    expect(await titles(server, 'en')).toMatchObject({ baseline: 'Baseline', restricted: 'Restricted' });

    const sync = await server.execute('baseline');
    expect([sync.status, sync.headers.get('content-type'), await sync.text()]).toEqual([
      200,
      'text/plain',
      'process baseline',
    ]);
    const contextsOf = async (process: string) => {
      const jobId = await server.submit(process);
      const { spec } = await podOf(jobId);
      await server.delete(`/jobs/${jobId}`);
      return [spec?.securityContext ?? {}, spec?.containers[0]?.securityContext];
    };
    expect(await contextsOf('baseline')).toEqual([
      { seccompProfile: { type: 'RuntimeDefault' } },
      { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    ]);
    expect(await contextsOf('without')).toEqual([{}, undefined]);
    expect(await contextsOf('restricted')).toEqual([
      { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
  });
});

describe('a ConfigMap with the environment everywhere', () => {
  it('runs, collections beside its processes', async () => {
    const { data } = parse(await readFile(`${fixtures}/configmap.yaml`, 'utf8')) as { data: Record<string, string> };
    const file = join(cluster.folder, 'local.config.yml');
    await writeFile(file, data['local.config.yml'] ?? '');
    const server = await start(file, {
      CONTAINER_PORT: '80',
      TITLE_EN: 'Lakes',
      STAGE: 'production',
      VERBOSE: 'False',
      CONTAINER_NAME: 'k8s-job-manager',
      WSGI_WORKERS: '4',
      WSGI_WORKER_TIMEOUT: '6000',
      WSGI_WORKER_CLASS: 'gevent',
    });
    expect(await titles(server, 'fr')).toEqual({ 'hello-world-k8s': 'Hello World', configured: 'Configuré' });
    expect((await server.get('/processes/lakes')).status).toBe(404);
    expect(logLines(server.server?.output).map(({ msg }) => msg)).toContainEqual(
      expect.stringContaining('resources.lakes: type "collection" is passed over: only processes are served'),
    );
    const jobId = await server.submit('configured', { token: TOKEN, name: 'x' });
    expect((await server.ended(jobId)).status).toBe('successful');
    expect(await resultOf(server, jobId)).toEqual([200, 'text/plain', 'production 4 False']);
  });
});
