import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Container, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { TestCluster } from '../support/cluster.js';
import { apply, configMap, kubectl, secret } from '../support/kubectl.js';
import {
  bucketVariables,
  firstProcess,
  hasServerImage,
  podAddress,
  serverImage,
  serviceAddress,
  useServerAt,
} from '../support/server-image.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const describeImage = hasServerImage ? describe : describe.skip;
/** Where the labels of the image are read, over HTTP. */
const registry = process.env['IMAGE_REGISTRY'];
const fixture = (name: string) => readFile(`test/fixtures/predecessor/${name}`, 'utf8');
const variables = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

/** Unlike the predecessor's manager, the server's own pod meets the restricted pod security standard. */
const RESTRICTED: { pod: V1PodSpec['securityContext']; container: V1Container['securityContext'] } = {
  pod: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  container: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

function serverPod(name: string, container: Partial<V1Container>, spec: Partial<V1PodSpec> = {}): V1Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      ...spec,
      containers: [{ name: 'server', image: serverImage, imagePullPolicy: 'Always', ...container }],
    },
  };
}

const serverLog = (cluster: TestCluster, name: string) => kubectl(cluster, ['logs', name]);

describeImage.each([
  ['v0.11', 'live'],
  ['v0.27', 'stored'],
])('the Deployment, ConfigMap, Secrets and Role of the predecessor’s %s, with the new image', (version, logs) => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    const bucket = bucketVariables(bed);
    delete bucket['PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_PATH_PREFIX'];
    await apply(cluster, [
      secret('k8s-job-manager', { token: TOKEN }),
      secret('k8s-job-manager-bucket', bucket),
      configMap('k8s-job-manager-config', { 'local.config.yml': await fixture(`${version}.yaml`) }),
    ]);
    await apply(cluster, await fixture(`manifests/role-${version}.yaml`));
    const deployment = await fixture('manifests/deployment.yaml');
    await apply(cluster, deployment.replace('52north/pygeoapi-k8s-manager:latest', serverImage));
    await useServerAt(bed, await serviceAddress(cluster, 'k8s-job-manager'));
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('answers on port 80 as its own user, which is not root', async () => {
    const pod = (await bed.cluster.serverPods())[0];
    expect((await fetch(`http://${pod?.status?.podIP}:80/processes`)).status).toBe(200);
    const target = 'deployment/k8s-job-manager';
    const { Uid, CapEff } = await firstProcess(bed.cluster, target);
    expect(Uid).toBe('1000 1000 1000 1000');
    // No capability but the one for the port, if that is needed.
    expect(['0000000000000000', '0000000000000400']).toContain(CapEff);
    const command = await kubectl(bed.cluster, ['exec', target, '--', 'cat', '/proc/1/cmdline']);
    expect(command.split('\0')[0]).toBe('node');
  });

  it('executes as before, and keeps the log where it did', async () => {
    const jobId = await bed.submit('hello-world-k8s', { name: 'John Doe', message: 'Am I in TV, now?' });
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toContain('Hello John Doe: Am I in TV, now?');
    const stored = await bed.store.logs();
    if (logs === 'live') expect(stored).toEqual([]);
    else expect(stored).toEqual([expect.stringMatching(`^my-k8s-job-manager/logs/.*${jobId}-logs\\.txt$`)]);
  });
});

describeImage('the image in a namespace of restricted pods', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    await kubectl(cluster, ['label', 'namespace', cluster.namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await kubectl(cluster, [
      'create',
      'rolebinding',
      'server',
      '--clusterrole=edit',
      '--serviceaccount',
      `${cluster.namespace}:default`,
    ]);
    const { pod, container } = RESTRICTED;
    const open = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }];
    const closed = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '1024' }];
    // Managers of their own, which do not lead the other's jobs.
    const portEighty = {
      securityContext: container,
      env: variables({ CONTAINER_PORT: '80', PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: 'other-' }),
    };
    await apply(cluster, [
      serverPod(
        'hardened',
        {
          securityContext: container,
          env: variables({
            ...bucketVariables(bed),
            // The shipped configuration answers to loopback alone where nobody says more.
            SERVER_HOSTS: '*',
            PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT: JSON.stringify({ ...pod, runAsUser: 1000 }),
          }),
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
        { securityContext: pod, volumes: [{ name: 'tmp', emptyDir: {} }] },
      ),
      serverPod('port-80-open', portEighty, { securityContext: { ...pod, sysctls: open } }),
      serverPod('port-80-closed', portEighty, { securityContext: { ...pod, sysctls: closed } }),
    ]);
    await useServerAt(bed, `http://${await podAddress(cluster, 'hardened')}:5000`);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('runs with runAsNonRoot and readOnlyRootFilesystem on a high port, without any capability', async () => {
    const result = await bed.execute('hello-world-k8s', { name: 'World' });
    expect(await result.json()).toMatchObject({ value: 'Hello World!' });
    await eventually('the log in the bucket', async () => (await bed.store.logs()).length === 1);
    const { Uid, CapPrm, CapEff, NoNewPrivs } = await firstProcess(bed.cluster, 'hardened');
    expect({ Uid, CapPrm, CapEff, NoNewPrivs }).toEqual({
      Uid: '1000 1000 1000 1000',
      CapPrm: '0000000000000000',
      CapEff: '0000000000000000',
      NoNewPrivs: '1',
    });
    const variables = await kubectl(bed.cluster, ['exec', 'hardened', '--', 'cat', '/proc/1/environ']);
    expect(variables.split('\0')).toContain('MALLOC_ARENA_MAX=2');
  });

  it('answers its own health check', async () => {
    await kubectl(bed.cluster, ['exec', 'hardened', '--', 'node', '/app/docker/healthcheck.mjs']);
    const elsewhere = ['exec', 'hardened', '--', 'env', 'CONTAINER_PORT=1', 'node', '/app/docker/healthcheck.mjs'];
    await expect(kubectl(bed.cluster, elsewhere)).rejects.toThrow();
  });

  (registry === undefined ? it.skip : it)('says which build it is, as its labels do', async () => {
    const repository = `http://${registry}/v2/${serverImage.split(':')[0]}`;
    const accept = { headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' } };
    const tag = serverImage.split(':')[1] ?? 'latest';
    const manifest = (await (await fetch(`${repository}/manifests/${tag}`, accept)).json()) as {
      config: { digest: string };
    };
    const image = (await (await fetch(`${repository}/blobs/${manifest.config.digest}`)).json()) as {
      config: { Labels: Record<string, string>; User: string };
    };
    const { Labels: labels, User: user } = image.config;
    expect(user).toBe('1000:1000');
    const build = {
      version: labels['org.opencontainers.image.version'],
      'build date': labels['org.opencontainers.image.created'],
      commit: labels['org.opencontainers.image.revision'],
      tag: labels['org.opencontainers.image.ref.name'],
      branch: labels['org.ogc-processes-k8s.git-branch'],
    };
    expect(Object.values(build).filter((value) => !value)).toEqual([]);
    const lines = (await (await bed.get('/static/info.txt')).text()).split('\n');
    expect(lines).toEqual(expect.arrayContaining(Object.entries(build).map(([name, value]) => `${name}: ${value}`)));
  });

  it('is small, and holds nothing that only developers need', async () => {
    const size = await kubectl(bed.cluster, ['exec', 'hardened', '--', 'du', '-sm', '/app']);
    // Of these PGlite, with the database that it begins with, has 26.
    expect(Number.parseInt(size)).toBeLessThan(276);
    const modules = await kubectl(bed.cluster, ['exec', 'hardened', '--', 'ls', '/app/node_modules']);
    expect(modules.split('\n')).toContain('fastify');
    for (const name of ['jest', 'eslint', 'prettier', '@turf', 'world-atlas'])
      expect(modules.split('\n')).not.toContain(name);
  });

  it('has port 80 where the pod’s sysctl opens it', async () => {
    const address = await podAddress(bed.cluster, 'port-80-open');
    await eventually('port 80', async () => (await fetch(`http://${address}:80/health/live`)).ok, 120_000);
  });

  it('says what can be done where port 80 is kept from it', async () => {
    const said = await eventually(
      'the end of the pod',
      async () => {
        const { status } = await bed.cluster.core.readNamespacedPod({
          name: 'port-80-closed',
          namespace: bed.cluster.namespace,
        });
        return status?.phase === 'Failed' ? serverLog(bed.cluster, 'port-80-closed') : undefined;
      },
      120_000,
    );
    expect(said).toMatch(/permission denied .*:80.*CONTAINER_PORT.*ip_unprivileged_port_start.*NET_BIND_SERVICE/);
  });

  it('ends in order on SIGTERM, which reaches it as the first process', async () => {
    await kubectl(bed.cluster, ['exec', 'hardened', '--', 'sh', '-c', 'kill -TERM 1']).catch(() => undefined);
    const ended = await eventually('the end of the pod', async () => {
      const { status } = await bed.cluster.core.readNamespacedPod({
        name: 'hardened',
        namespace: bed.cluster.namespace,
      });
      return status?.containerStatuses?.[0]?.state?.terminated;
    });
    expect(ended.exitCode).toBe(0);
  });
});

describeImage('the README’s docker run, its flags said as a pod', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    const api = await cluster.core.readNamespacedService({ name: 'kubernetes', namespace: 'default' });
    const kubeconfig = await readFile(cluster.kubeconfig, 'utf8');
    await apply(cluster, [
      secret('dot-kube', {
        config: kubeconfig.replace(/server: "?[^",}\s]+"?/, `server: https://${api.spec?.clusterIP}:443`),
      }),
      configMap('configuration', { 'pygeoapi-config.yaml': await fixture('v0.27.yaml') }),
      serverPod(
        'k8s-manager',
        {
          env: variables({
            ...bucketVariables(bed),
            PYGEOAPI_K8S_MANAGER_NAMESPACE: cluster.namespace,
            PYGEOAPI_K8S_MANAGER_API_TOKEN: 'token',
          }),
          volumeMounts: [
            { name: 'configuration', mountPath: '/pygeoapi/local.config.yml', subPath: 'pygeoapi-config.yaml' },
            { name: 'dot-kube', mountPath: '/root/.kube/' },
          ],
        },
        {
          // As beside docker: no service account, no variables of the cluster's Services but those of its API.
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          volumes: [
            { name: 'configuration', configMap: { name: 'configuration' } },
            { name: 'dot-kube', secret: { secretName: 'dot-kube' } },
          ],
        },
      ),
    ]);
    await useServerAt(bed, `http://${await podAddress(cluster, 'k8s-manager')}:80`);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('takes the mounted configuration, the kubeconfig in /root/.kube, though it is not root, and answers on port 80', async () => {
    expect(await serverLog(bed.cluster, 'k8s-manager')).toMatch(
      /cluster: .*kubeconfig \/root\/\.kube\/config, context /,
    );
    expect((await firstProcess(bed.cluster, 'k8s-manager'))['Uid']).toBe('1000 1000 1000 1000');
    expect(await (await bed.execute('restricted')).text()).toBe('process restricted');
  });
});
