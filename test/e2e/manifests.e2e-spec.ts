import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectFolder } from '../support/child.js';
import { TestCluster } from '../support/cluster.js';
import { apply, kubectl, secret } from '../support/kubectl.js';
import { bucketVariables, hasServerImage, serverImage, serviceAddress, useServerAt } from '../support/server-image.js';
import { TestBed, TOKEN, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const NAME = 'k8s-job-manager';
const CONFIGURATION = `
server:
  manager: { finalizer_controller: true, automountServiceAccountToken: false }
resources:
  greet:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox:latest
      mimetype: text/plain
      metadata:
        title: Greets
        jobControlOptions: [sync-execute, async-execute]
        outputs: { text: { schema: { type: string } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo "hello from $(id -u)"']
  endless:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox:latest
      metadata: { title: Runs until it is dismissed }
      command: [sh, -c, 'echo begun; trap exit TERM; while :; do sleep 1; done']
`;

/** An overlay as an operator writes one. */
const overlay = (root: string, namespace: string, tag: string) => `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${namespace}
resources: [${root}/base]
components: [${['ingress', 'network-policy', 'restricted-jobs', 'limits'].map((name) => `${root}/components/${name}`).join(', ')}]
images: [{ name: ogc-processes-k8s/server, newName: ${serverImage.split(':')[0]}, newTag: ${tag} }]
configMapGenerator: [{ name: k8s-job-manager-config, behavior: replace, files: [local.config.yml] }]
`;

(hasServerImage ? describe : describe.skip)('k8s-manifests in a namespace of restricted pods', () => {
  let bed: TestBed;
  let folder: string;

  beforeAll(async () => {
    bed = await TestBed.around(await TestCluster.start());
    const { cluster } = bed;
    // kustomize takes no absolute paths.
    folder = await mkdtemp(join(cluster.folder, 'overlay-'));
    const root = relative(folder, join(projectFolder, 'k8s-manifests'));
    await writeFile(join(folder, 'local.config.yml'), CONFIGURATION);
    await writeFile(
      join(folder, 'kustomization.yaml'),
      overlay(root, cluster.namespace, serverImage.split(':')[1] ?? 'latest'),
    );
    await kubectl(cluster, ['label', 'namespace', cluster.namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await apply(cluster, [secret(NAME, { token: TOKEN }), secret(`${NAME}-bucket`, bucketVariables(bed))]);
    await kubectl(cluster, ['apply', '--kustomize', folder]);
    await kubectl(cluster, ['rollout', 'status', `deployment/${NAME}`, '--timeout=150s']);
    await useServerAt(bed, await serviceAddress(cluster, NAME));
  }, 200_000);
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const replicas = async () =>
    (await bed.cluster.pods()).filter(
      ({ metadata }) => metadata?.labels?.['app'] === NAME && !metadata.deletionTimestamp,
    );

  it('runs two replicas, of which one leads, without a warning of rights', async () => {
    const pods = await replicas();
    expect(pods).toHaveLength(2);
    const logs = await Promise.all(pods.map(({ metadata }) => kubectl(bed.cluster, ['logs', metadata?.name ?? ''])));
    expect(logs.join('')).toContain('service account of the pod');
    expect(logs.join('')).not.toMatch(/WARNING|ERROR|Missing rights|It may not/);
    for (const { status } of pods) {
      const ready = await fetch(`http://${status?.podIP}:8080/health/ready`);
      expect([ready.status, (await ready.json()) as object]).toEqual([200, expect.objectContaining({ status: 'ok' })]);
    }
  });

  it('executes through the Service, and keeps result and log', async () => {
    const response = await bed.execute('greet', {}, { token: TOKEN });
    expect([response.status, await response.text()]).toEqual([200, 'hello from 1000']);
    const jobId = await bed.submit('greet', {}, { token: TOKEN });
    expect((await bed.ended(jobId)).status).toBe('successful');
    await eventually('two logs in the bucket', async () => (await bed.store.logs()).length === 2);
    for (const { status } of await replicas()) {
      const url = `http://${status?.podIP}:8080/jobs/${jobId}`;
      await eventually(
        'the status at each replica',
        async () => ((await (await fetch(url)).json()) as StatusInfo).status === 'successful',
      );
      expect(await (await fetch(`${url}/results`)).text()).toBe('hello from 1000');
    }
  }, 120_000);

  it('dismisses with the shipped Role: the log is kept, the job is gone', async () => {
    const jobId = await bed.submit('endless', {}, { token: TOKEN });
    await eventually('the first line of the log', async () => (await bed.log(jobId, TOKEN)).includes('begun'));
    const before = (await bed.store.logs()).length;
    expect((await bed.delete(`/jobs/${jobId}`, TOKEN)).status).toBe(200);
    await eventually('the log in the bucket', async () => (await bed.store.logs()).length === before + 1);
    await eventually('the end of the Job', async () =>
      (await bed.cluster.kubeJobs()).every(({ metadata }) => !metadata?.name?.endsWith(jobId)),
    );
  }, 120_000);

  it('restarts one replica at a time while requests are answered', async () => {
    const before = (await replicas()).map(({ metadata }) => metadata?.uid);
    let ended = false;
    const restarting = kubectl(bed.cluster, ['rollout', 'restart', `deployment/${NAME}`])
      .then(() => kubectl(bed.cluster, ['rollout', 'status', `deployment/${NAME}`, '--timeout=150s']))
      .finally(() => (ended = true));
    const refused: unknown[] = [];
    let answered = 0;
    while (!ended) {
      const response = await fetch(`${bed.url}/jobs`, { headers: { connection: 'close' } }).catch(
        (error: unknown) => error,
      );
      if (response instanceof Response && response.ok) answered++;
      else refused.push(response);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await restarting;
    expect(refused).toEqual([]);
    expect(answered).toBeGreaterThan(10);
    const after = await eventually('two other replicas', async () => {
      const pods = await replicas();
      return pods.length === 2 && pods.every(({ metadata }) => !before.includes(metadata?.uid)) && pods;
    });
    expect(after).toHaveLength(2);
  }, 200_000);
});

(hasServerImage ? describe : describe.skip)('the overlay example of k8s-manifests', () => {
  it('holds every kind once, in the namespace of the overlay', async () => {
    const cluster = { kubeconfig: process.env['E2E_KUBECONFIG'], namespace: 'processes' } as TestCluster;
    const text = await kubectl(cluster, ['kustomize', 'k8s-manifests/overlays/example']);
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
    const kinds = objects.map(({ kind }) => kind ?? '');
    expect(kinds.sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'Ingress',
      'NetworkPolicy',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
    ]);
    expect(objects.filter(({ metadata }) => metadata?.namespace !== 'processes')).toEqual([]);
  });
});
