import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onRealCluster, type TestCluster } from '../support/cluster.js';
import { logLines } from '../support/log-lines.js';
import { Receiver } from '../support/receiver.js';
import { serversInTurn } from '../support/servers-in-turn.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** One with a real `bash`. */
const BASH = onRealCluster ? 'ogc-processes-k8s/echo:latest' : 'bash';

/** What the predecessors do where no key says otherwise, and what the keys change. */
let cluster: TestCluster;
const startServer = serversInTurn((started) => (cluster = started));

let files = 0;
async function fileOf(configuration: string): Promise<string> {
  const file = join(cluster.folder, `defaults-${(files += 1)}.yaml`);
  await writeFile(file, configuration);
  return file;
}
const start = async (configuration: string, environment: Readonly<Record<string, string>> = {}) =>
  startServer({ PYGEOAPI_CONFIG: await fileOf(configuration), ...environment });

const withManager = (keys: string) => `
server: { manager: { name: pygeoapi_k8s_manager.KubernetesManager, finalizer_controller: true, ${keys} } }
resources:
  show: &show
    type: process
    processor: &image
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$PYGEOAPI_K8S_MANAGER_INPUTS"']
      metadata: &metadata
        jobControlOptions: [sync-execute, async-execute]
        inputs: { a: { schema: { type: integer } } }
        outputs: { inputs: { schema: { type: object, contentMediaType: application/json } } }
  refusing: { type: process, processor: { <<: *image, undeclared_inputs: refuse } }
  passing: { type: process, processor: { <<: *image, undeclared_inputs: pass } }
  nowhere: { type: process, processor: { <<: *image, default_image: 'registry.invalid/there/is-none:1' } }
  nowhere-for-long:
    type: process
    processor: { <<: *image, default_image: 'registry.invalid/there/is-none:1', start_deadline_seconds: 2 }
  hello:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.HelloWorldK8sProcessor
      metadata: { jobControlOptions: [sync-execute, async-execute] }
  hello-028:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.HelloWorldK8sProcessor
      result_shape: result
      metadata: { jobControlOptions: [sync-execute, async-execute] }
`;
const deadline = 'processes.pygeoapi.io/start-deadline-seconds';
const annotationsOf = async (jobId: string) =>
  (await cluster.batch.readNamespacedJob({ name: `pygeoapi-job-${jobId}`, namespace: cluster.namespace })).metadata
    ?.annotations ?? {};
const pointersOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer),
];

describe('a configuration of papermill’s Argo mode', () => {
  it('starts; the workflow is listed nowhere and named once in the log, its other processes work', async () => {
    const text = await readFile('test/fixtures/predecessor/papermill-argo.yaml', 'utf8');
    const command = String.raw`command: "echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf 'Hello %s' \"$NAME\""`;
    const server = await start(
      text
        .replace(/default_image: .*/, `default_image: "${BASH}"`)
        .replace(/ command: .*/, ` ${command}`)
        .replace(/ {2}manager:\n/, '$&    finalizer_controller: true\n'),
    );
    const list = (await (await server.get('/processes')).json()) as { processes: object[] };
    expect(list.processes).toEqual([
      expect.objectContaining({ id: 'greet', title: 'Greet somebody', version: '2.1.0' }),
    ]);
    const named = logLines(server.server?.output).filter(({ msg }) => String(msg).includes('tiles'));
    expect(named.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('resources.tiles.processor: is not served: it'),
    ]);
    expect(JSON.stringify(await (await server.get('/openapi?f=json')).json())).not.toContain('tiles');
    expect([(await server.get('/processes/tiles')).status, (await server.execute('tiles')).status]).toEqual([404, 404]);

    expect(await (await server.get('/processes/greet')).json()).toMatchObject({
      jobControlOptions: ['async-execute', 'dismiss'],
      inputs: { parameters_env: { title: 'Whom to greet' } },
    });
    expect(await pointersOf(await server.execute('greet', { cpu_limit: '1' }))).toEqual([
      400,
      ['/inputs/parameters_env'],
    ]);
    const inputs = { parameters_env: { NAME: 'Zoë' }, cpu_limit: '1' };
    const accepted = await server.execute('greet', inputs);
    expect([accepted.status, accepted.headers.get('location')]).toEqual([201, expect.stringContaining('/jobs/')]);
    for (const [prefer, body] of [
      ['wait=100', {}],
      ['wait', {}],
      [undefined, { mode: 'sync' }],
    ] as const) {
      const waited = await server.execute('greet', inputs, { ...(prefer ? { prefer } : {}), body });
      expect([waited.status, await waited.text()]).toEqual([200, 'Hello Zoë']);
    }
  });
});

describe('an image process of papermill', () => {
  (onRealCluster ? it : it.skip)(
    'has its result folder at /output-byoa',
    async () => {
      const server = await start(`
server: { manager: { name: pygeoapi_kubernetes_papermill.kubernetes.KubernetesManager, finalizer_controller: true } }
resources:
  image:
    type: process
    processor:
      name: pygeoapi_kubernetes_papermill.ContainerImageKubernetesProcessor
      default_image: ${BASH}
      check_auth: false
      pod_security_context: { runAsUser: 0 }
      extra_volumes: [{ name: results, emptyDir: {} }]
      extra_volume_mounts: [{ name: results, mountPath: /full-results-pvc }]
      command: >-
        echo written > /output-byoa/file;
        echo PYGEOAPI_K8S_MANAGER_RESULT_START; readlink /output-byoa; cat /full-results-pvc/runs/file`);
      const waited = await server.execute('image', { result_data_directory: 'runs' }, { prefer: 'wait=100' });
      expect([waited.status, await waited.text()]).toEqual([200, '/full-results-pvc/runs\nwritten']);
    },
    240_000,
  );
});

describe('without keys of its own', () => {
  let server: TestBed;
  beforeAll(async () => {
    server = await TestBed.startProcess({ PYGEOAPI_CONFIG: await fileOf(withManager('')) }, { cluster });
  });
  afterAll(async () => {
    await server.server?.end();
    await server.store.remove();
  });

  it('the server lets undeclared inputs through to the container, but to hello-world, which reads none', async () => {
    const sent = { a: 1, other: { b: [1.0, 'ü$(id)'] } };
    expect(await (await server.execute('show', { ...sent, token: 'no input' })).json()).toEqual(sent);
    expect(await pointersOf(await server.execute('refusing', sent))).toEqual([400, ['/inputs/other']]);
    expect(await pointersOf(await server.execute('show', { other: 1 }))).toEqual([400, ['/inputs/a']]);
    expect(await pointersOf(await server.execute('hello', { name: 'x', other: 1 }))).toEqual([400, ['/inputs/other']]);
  });

  it('a job that cannot start waits on, where one with a deadline fails', async () => {
    const [waiting, failing] = [
      await server.submit('nowhere', { a: 1 }),
      await server.submit('nowhere-for-long', { a: 1 }),
    ];
    expect(await server.ended(failing)).toMatchObject({ status: 'failed', cause: { type: expect.any(String) } });
    expect((await server.status(waiting)).status).toBe('accepted');
    expect([(await annotationsOf(waiting))[deadline], (await annotationsOf(failing))[deadline]]).toEqual([
      undefined,
      '2',
    ]);
  });

  it('hello-world answers in the shape that its process chooses', async () => {
    const answerOf = async (process: string) =>
      (await server.execute(process, { name: 'World', message: 'hi' })).json();
    expect(await answerOf('hello')).toEqual({ id: 'echo', value: 'Hello World: hi' });
    expect(await answerOf('hello-028')).toEqual({ result: "Hello 'World': 'hi'" });
  });
});

describe('keys of the manager', () => {
  let receiver: Receiver;
  beforeAll(async () => (receiver = await Receiver.start()));
  afterAll(() => receiver.down());

  it('refuse undeclared inputs, limit how long a start may take, and have successes told by the job', async () => {
    const server = await start(
      withManager('undeclared_inputs: refuse, start_deadline_seconds: 77, success_callback: job'),
      { SUBSCRIBER_ALLOWED_HOSTS: receiver.host },
    );
    expect(await pointersOf(await server.execute('show', { a: 1, other: 1 }))).toEqual([400, ['/inputs/other']]);
    expect(await (await server.execute('passing', { a: 1, other: 1 })).json()).toEqual({ a: 1, other: 1 });
    const subscriber = { successUri: receiver.url('/done') };
    const jobId = await server.submit('show', { a: 1 }, { body: { subscriber } });
    expect((await annotationsOf(jobId))[deadline]).toBe('77');
    const call = await eventually('the callback', () => Promise.resolve(receiver.at('/done')[0]));
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      identifier: jobId,
      process_id: 'show',
      status: 'successful',
      jobID: jobId,
    });
  });
});
