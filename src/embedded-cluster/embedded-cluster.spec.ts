import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChildLedger, processIdentity } from './node/child-ledger.js';
import { EmbeddedCluster } from './embedded-cluster.js';
import type { Job, Pod } from './objects/kubernetes-object.js';
import { Scenario, shell } from './testing/scenarios.js';
import { startCluster, type TestCluster } from './testing/start-cluster.js';

/** What a container cannot have here: its part of the pod specification, and what its state says. */
const REFUSED: [string, object, object, string][] = [
  [
    'an absolute mount path',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumeMounts: [{ name: 'v', mountPath: '/data' }] },
    'cannot mount volume "v" at the absolute path /data',
  ],
  [
    'a host path',
    { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    { volumeMounts: [{ name: 'v', mountPath: 'data' }] },
    'cannot mount volume "v": it is not an emptyDir',
  ],
  [
    'a path out of the container',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumeMounts: [{ name: 'v', mountPath: '../data' }] },
    'cannot mount volume "v" at the absolute path ../data',
  ],
  ['another user', {}, { securityContext: { runAsUser: 4711 } }, 'cannot run as user 4711'],
  ['another group', { securityContext: { fsGroup: 4711 } }, {}, 'cannot join group 4711'],
  ['privileges', {}, { securityContext: { privileged: true } }, 'cannot run a privileged container'],
  [
    'capabilities',
    {},
    { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } },
    'cannot add the capabilities SYS_ADMIN',
  ],
  ['a working directory of the machine', {}, { workingDir: '/etc' }, 'cannot change to the directory /etc'],
  ['probes', {}, { readinessProbe: { exec: { command: ['true'] } } }, 'cannot offer readinessProbe'],
];

describe('the embedded cluster', () => {
  let dataDir: string;
  let test: TestCluster | undefined;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'embedded-cluster-'));
  });

  afterEach(async () => {
    await test?.stop();
    test = undefined;
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function started(options: Parameters<typeof startCluster>[0] = {}): Promise<Scenario> {
    test = await startCluster({ dataDir, ...options });
    return new Scenario(test.client, 'default');
  }

  async function logOf(scenario: Scenario, name: string): Promise<string> {
    const [pod] = await scenario.podsOf(name);
    return (await scenario.client.call<string>('GET', `${scenario.pods}/${pod?.metadata.name}/log`)).body;
  }

  it('keeps its folder and the kubeconfig to its user', async () => {
    await started();
    const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);
    expect(mode(dataDir)).toBe('700');
    expect(
      readdirSync(dataDir)
        .filter((name) => ['certificates.json', 'kubeconfig', 'objects.journal'].includes(name))
        .map((name) => `${name} ${mode(path.join(dataDir, name))}`),
    ).toEqual(['certificates.json 600', 'kubeconfig 600', 'objects.journal 600']);
  });

  it('runs a registered image with its files, entry point and environment, and hands on nothing of its own environment', async () => {
    const folder = path.join(dataDir, 'image');
    mkdirSync(folder);
    writeFileSync(
      path.join(folder, 'index.mjs'),
      "import { text } from './text.mjs'; console.log(JSON.stringify([text, process.argv.slice(2), process.env, process.cwd()]));",
    );
    writeFileSync(path.join(folder, 'text.mjs'), 'export const text = "ä";');
    process.env.SECRET_OF_THE_SERVER = 'hush';
    try {
      const scenario = await started({
        images: [
          {
            name: 'example/area:1.0',
            folder,
            entrypoint: ['node', 'index.mjs'],
            command: ['--all'],
            workingDirectory: '/app',
            environment: { MODE: 'fast' },
            programs: ['/programs', '/others'],
          },
        ],
      });
      await scenario.createJob('area', {
        containers: [{ name: 'main', image: 'docker.io/example/area:1.0', env: [{ name: 'A', value: 'b' }] }],
      });
      await scenario.jobEnded('area');
      const [text, words, environment, place] = JSON.parse(await logOf(scenario, 'area')) as [
        string,
        string[],
        Record<string, string>,
        string,
      ];
      const [pod] = await scenario.podsOf('area');
      expect([text, words]).toEqual(['ä', ['--all']]);
      expect(environment).toEqual({
        A: 'b',
        MODE: 'fast',
        HOSTNAME: pod?.metadata.name,
        HOME: place,
        // The folder that stands for `/app`.
        EMBEDDED_WORKING_DIRECTORY: place,
        PATH: expect.stringMatching(/^\/programs:\/others:.*:\/usr\/bin:/),
      });
    } finally {
      delete process.env.SECRET_OF_THE_SERVER;
    }
  });

  it('links an emptyDir beneath the declared working directory of an image', async () => {
    const folder = path.join(dataDir, 'image');
    mkdirSync(folder);
    const scenario = await started({
      images: [{ name: 'example/sh', folder, entrypoint: ['sh', '-c'], workingDirectory: '/app' }],
    });
    const volumeMounts = [{ name: 'v', mountPath: '/app/deep/data' }];
    await scenario.createJob('linked', {
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [{ name: 'first', image: 'example/sh', args: ['echo shared > deep/data/file'], volumeMounts }],
      containers: [{ name: 'main', image: 'example/sh', args: ['cat deep/data/file'], volumeMounts }],
    });
    await scenario.jobEnded('linked');
    expect(await logOf(scenario, 'linked')).toBe('shared\n');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(REFUSED)(
    'says in the state of the container that it cannot have %s',
    async (_what, podSpec, container, message) => {
      const scenario = await started();
      await scenario.createJob('refused', { ...podSpec, containers: [shell('true', container)] });
      const pod = await scenario.podUntil(
        'refused',
        ({ status }) => status.containerStatuses?.[0]?.state.waiting?.message !== undefined,
      );
      expect(pod.status.containerStatuses?.[0]?.state.waiting).toEqual({
        reason: 'CreateContainerConfigError',
        message: `the embedded cluster runs containers as local processes and ${message}; use a real cluster`,
      });
      await scenario.client.call('DELETE', `${scenario.jobs}/refused`, { propagationPolicy: 'Background' });
    },
  );

  it('ends with a container all that it has started', async () => {
    const scenario = await started();
    await scenario.createJob('group', { containers: [shell('sleep 600 & echo $!')] });
    await scenario.jobEnded('group');
    expect(processIdentity(Number(await logOf(scenario, 'group')))).toBeUndefined();
  });

  it('runs a sidecar beside the containers and ends it after them', async () => {
    const scenario = await started();
    const sidecar = shell('echo beside; exec sleep 600', { name: 'beside', restartPolicy: 'Always' });
    await scenario.createJob('sidecar', { initContainers: [sidecar], containers: [shell('true')] });
    const job = await scenario.jobEnded('sidecar');
    expect(job.status.succeeded).toBe(1);
    expect((await scenario.podsOf('sidecar'))[0]?.status.initContainerStatuses?.[0]?.state.terminated?.exitCode).toBe(
      143,
    );
  });

  it('shows the history after a restart, and drops a last write that was cut off', async () => {
    const first = await started();
    await first.createJob('kept', { containers: [shell('echo kept')] });
    const before = await first.jobEnded('kept');
    test?.client.close();
    await test?.cluster.stop();
    appendFileSync(path.join(dataDir, 'objects.journal'), '{"resource":"jobs.batch","obj');
    const second = await started();
    const { body } = await second.client.call<Job>('GET', `${second.jobs}/kept`);
    expect(body).toEqual(before);
    expect(await logOf(second, 'kept')).toBe('kept\n');
    const { body: added } = await second.client.call<Job>('POST', `/api/v1/namespaces/default/configmaps`, {
      metadata: { name: 'new' },
    });
    expect(Number(added.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
    const old = `${second.jobs}?watch=true&timeoutSeconds=5&resourceVersion=${before.metadata.resourceVersion}`;
    expect(await second.client.watch(old, () => true)).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
  });

  it('fails what runs when it is stopped, and says so', async () => {
    const first = await started();
    await first.createJob('stopped', { containers: [shell('sleep 600')] });
    await first.podUntil('stopped', ({ status }) => status.phase === 'Running');
    test?.client.close();
    await test?.cluster.stop();
    const second = await started();
    const job = await second.jobEnded('stopped');
    expect(job.status.failed).toBe(1);
    expect((await second.podsOf('stopped'))[0]?.status).toMatchObject({
      phase: 'Failed',
      reason: 'EmbeddedClusterStopped',
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'DisruptionTarget', status: 'True' })]),
    });
  });

  it('fails what ran during a crash, and ends the processes that were left', async () => {
    const first = await started();
    await first.createJob('crashed', { containers: [shell('echo $$; exec sleep 600')] });
    const pod = await first.podUntil('crashed', ({ status }) => status.phase === 'Running');
    // What a killed process leaves: its folder as it is, with the children's ids, and nobody who holds the lock.
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const crashed = mkdtempSync(path.join(tmpdir(), 'embedded-cluster-'));
    writeFileSync(path.join(crashed, 'objects.journal'), readFileSync(path.join(dataDir, 'objects.journal')));
    writeFileSync(path.join(crashed, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'gone' }));
    new ChildLedger(path.join(crashed, 'children')).add(child.pid ?? 0);
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await test?.stop();
    dataDir = crashed;

    const second = await started();
    expect(await ended).toBe('SIGKILL');
    expect((await second.jobEnded('crashed')).status.failed).toBe(1);
    const { body } = await second.client.call<Pod>('GET', `${second.pods}/${pod.metadata.name}`);
    expect(body.status).toMatchObject({
      phase: 'Failed',
      reason: 'EmbeddedClusterRestarted',
      message: 'the embedded cluster was restarted while this pod was running; its processes were ended',
      containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } } }],
    });
  });

  it('leaves a process alone that only has the id of a lost child', async () => {
    const ledger = new ChildLedger(path.join(dataDir, 'children'));
    const other: ChildProcess = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    writeFileSync(path.join(dataDir, 'children', String(other.pid)), 'another boot 12345');
    expect(ledger.killLeftOver()).toBe(0);
    expect(processIdentity(other.pid ?? 0)).toBeDefined();
    expect(readdirSync(path.join(dataDir, 'children'))).toEqual([]);
    const ended = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await ended;
  });

  it('refuses a folder that is in use, naming the process', async () => {
    await started();
    await expect(EmbeddedCluster.start({ dataDir, images: [] })).rejects.toThrow(
      `the folder ${dataDir} is in use by another embedded cluster (process ${process.pid}); stop it or choose another folder`,
    );
  });

  it('removes log and files of a pod with the pod', async () => {
    const scenario = await started();
    await scenario.createJob('gone', { containers: [shell('echo gone')] });
    const pod = await scenario.podEnded('gone');
    const log = path.join(dataDir, 'logs', pod.metadata.uid);
    expect(existsSync(log)).toBe(true);
    expect(existsSync(path.join(dataDir, 'pods', pod.metadata.uid))).toBe(false);
    await scenario.jobEnded('gone');
    await scenario.client.call('DELETE', `${scenario.pods}/${pod.metadata.name}`);
    expect(existsSync(log)).toBe(false);
  });

  it('runs at most as many pods as a node takes, and the others later', async () => {
    const scenario = await started();
    await Promise.all(
      Array.from({ length: 130 }, (_, index) => scenario.createJob(`many-${index}`, { containers: [shell('true')] })),
    );
    await Promise.all(
      Array.from({ length: 130 }, async (_, index) =>
        expect((await scenario.jobEnded(`many-${index}`)).status.succeeded).toBe(1),
      ),
    );
    expect(test?.failures).toEqual([]);
  }, 120_000);
});
