import { describe, expect, it, test } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { onRealCluster, type TestCluster } from '../support/cluster.js';
import { serversInTurn } from '../support/servers-in-turn.js';
import { type TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const CONFIGURATION = 'test/fixtures/predecessor/security-contexts.yaml';
const VARIABLES = {
  pod: 'PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT',
  container: 'PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT',
} as const;

const baseline = {
  pod: { seccompProfile: { type: 'RuntimeDefault' } },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const environment = { pod: { supplementalGroups: [3000] }, container: { allowPrivilegeEscalation: false } };
const definition = { pod: { runAsUser: 1234, runAsGroup: 4321 }, container: { readOnlyRootFilesystem: true } };

let cluster: TestCluster;
const startServer = serversInTurn((started) => (cluster = started));

const start = (settings: { readonly pod?: string; readonly container?: string } = {}): Promise<TestBed> =>
  startServer({
    PYGEOAPI_CONFIG: CONFIGURATION,
    ...(settings.pod === undefined ? {} : { [VARIABLES.pod]: settings.pod }),
    ...(settings.container === undefined ? {} : { [VARIABLES.container]: settings.container }),
  });

const kubeJobOf = (jobId: string): Promise<V1Job> =>
  cluster.batch.readNamespacedJob({ name: `pygeoapi-job-${jobId}`, namespace: cluster.namespace });

const namesOfJobs = async () => (await cluster.kubeJobs()).map(({ metadata }) => metadata?.name ?? '');

/** The contexts that a new job of this process has: of its pod, and of each of its containers by name. */
async function contextsOf(server: TestBed, process: string) {
  const jobId = await server.submit(process);
  const spec = (await kubeJobOf(jobId)).spec?.template.spec;
  await server.delete(`/jobs/${jobId}`);
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return {
    pod: spec?.securityContext ?? {},
    ...Object.fromEntries(containers.map(({ name, securityContext }) => [name, securityContext])),
  };
}

/** A container's own context from the configuration stays as it is, whatever else is set. */
const expectedContexts = (pod: object, container: object | undefined) => ({
  pod,
  prepare: container,
  sidecar: container,
  'with-its-own': { runAsUser: 65534, allowPrivilegeEscalation: false },
  'generic-image-processor': container,
});

describe('the precedence definition > environment > baseline, each level on its own', () => {
  const both = { pod: JSON.stringify(environment.pod), container: JSON.stringify(environment.container) };
  const settings: readonly (readonly [string, object, { pod: object; container: object | undefined }])[] = [
    ['neither variable', {}, baseline],
    ['both variables', both, environment],
    ['only the variable of the pod', { pod: both.pod }, { pod: environment.pod, container: baseline.container }],
    [
      'only the variable of the containers',
      { container: both.container },
      { pod: baseline.pod, container: environment.container },
    ],
    ['the pod off', { pod: 'off' }, { pod: {}, container: baseline.container }],
    ['the containers none', { container: 'none' }, { pod: baseline.pod, container: undefined }],
    ['OFF and None', { pod: ' OFF ', container: 'None' }, { pod: {}, container: undefined }],
  ];

  test.each(settings)('with %s', async (_, variables, otherwise) => {
    const server = await start(variables);
    expect(await contextsOf(server, 'plain')).toEqual(expectedContexts(otherwise.pod, otherwise.container));
    expect(await contextsOf(server, 'pod-set')).toEqual(expectedContexts(definition.pod, otherwise.container));
    expect(await contextsOf(server, 'container-set')).toEqual(expectedContexts(otherwise.pod, definition.container));
    expect(await contextsOf(server, 'both-null')).toEqual(expectedContexts({}, undefined));
    expect(await contextsOf(server, 'both-off')).toEqual(expectedContexts({}, undefined));
  });
});

describe('a variable that is wrong', () => {
  test.each([
    ['invalid JSON', { pod: '{"runAsUser": 1000' }, `${VARIABLES.pod}: must be a JSON object, or "off" or "none"`],
    ['a word', { container: 'disabled' }, `${VARIABLES.container}: must be a JSON object, or "off" or "none"`],
    ['null', { pod: 'null' }, `${VARIABLES.pod}: must be an object`],
    ['a list', { container: '[]' }, `${VARIABLES.container}: must be an object`],
    ['a wrong type', { container: '{"privileged": "yes"}' }, `${VARIABLES.container}: privileged must be a boolean`],
    ['an unknown field', { pod: '{"privileged": true}' }, `${VARIABLES.pod}: privileged is no known field`],
  ])('(%s) lets the server start, and no execution create anything', async (_, variables, message) => {
    const server = await start(variables);
    // Jobs of the tests before may still be going.
    const before = await namesOfJobs();
    for (const process of ['plain', 'both-null', 'restricted']) {
      for (const prefer of ['respond-async', 'wait=5']) {
        const response = await server.execute(process, {}, { prefer });
        expect([response.status, await response.json()]).toEqual([
          500,
          expect.objectContaining({ title: 'Server misconfigured', detail: expect.stringContaining(message) }),
        ]);
      }
    }
    expect((await namesOfJobs()).filter((name) => !before.includes(name))).toEqual([]);
    expect((await server.get('/processes')).status).toBe(200);
    const ready = await server.get('/health/ready', TOKEN);
    const readiness = await ready.text();
    expect([ready.status, JSON.parse(readiness)]).toEqual([200, expect.objectContaining({ status: 'degraded' })]);
    expect(readiness).toContain(message.split(':')[0]);
  });
});

const real = onRealCluster ? describe : describe.skip;

real('what the kernel says', () => {
  const ended = async (server: TestBed, process: string) => {
    const jobId = await server.submit(process);
    expect(await server.ended(jobId)).toMatchObject({ status: 'successful' });
    const result = (await (await server.get(`/jobs/${jobId}/results`)).text()).replaceAll('\t', ' ').split('\n');
    return { result, log: (await server.log(jobId)).replaceAll('\t', ' ') };
  };

  it('under the baseline: no capability, no new privileges, seccomp, in init containers too', async () => {
    const { result, log } = await ended(await start(), 'plain');
    const hardened = ['CapEff: 0000000000000000', 'NoNewPrivs: 1', 'Seccomp: 2'];
    expect(result).toEqual(['uid 0 gid 0', ...hardened, 'root is writable']);
    expect(log).toContain(`Init Container 'prepare'\nuid 0\n${hardened.join('\n')}\nInit Container 'sidecar'\n`);
    expect(log).toMatch(/Init Container 'with-its-own'\nuid 65534\n/);
  });

  it('with both levels off: what the runtime gives', async () => {
    const { result } = await ended(await start(), 'both-null');
    expect(result).toEqual(expect.arrayContaining(['NoNewPrivs: 0', 'Seccomp: 0', 'root is writable']));
    expect(result).not.toContain('CapEff: 0000000000000000');
  });

  it('with the level of the pod only, of the containers only', async () => {
    const server = await start({ pod: 'off', container: '{"readOnlyRootFilesystem": true}' });
    const byPod = await ended(server, 'pod-set');
    expect(byPod.result).toEqual(expect.arrayContaining(['uid 1234 gid 4321', 'root is read-only']));
    const byContainer = await ended(server, 'container-set');
    expect(byContainer.result).toEqual(expect.arrayContaining(['uid 0 gid 0', 'Seccomp: 0', 'root is read-only']));
  });

  it('restricted: not root, the root read-only, a volume writable', async () => {
    const { result } = await ended(await start(), 'restricted');
    expect(result).toEqual(['uid 1000', 'touch: /written: Read-only file system', 'scratch belongs to 1000:2000']);
  });

  it('an image that would run as root under runAsNonRoot is refused, with that cause', async () => {
    const server = await start();
    const failed = await server.ended(await server.submit('refused-for-root'));
    expect(failed).toMatchObject({
      status: 'failed',
      cause: {
        type: 'container-not-created',
        message: expect.stringMatching(
          /Container "generic-image-processor" cannot be created: CreateContainerConfigError: container has runAsNonRoot and image will run as root/,
        ),
      },
    });
    await eventually('no pod of it being left', async () =>
      (await cluster.pods()).every(({ metadata }) => !metadata?.labels?.['job-name']?.endsWith(failed.jobID)),
    );
  });
});
