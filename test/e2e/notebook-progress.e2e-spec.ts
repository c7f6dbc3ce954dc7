import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchV1Api, KubeConfig, PatchStrategy, setHeaderOptions, type V1Job } from '@kubernetes/client-node';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../support/child.js';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { objectsOf } from '../support/helm.js';
import { apply, kubectl } from '../support/kubectl.js';
import { kubeconfigAs, kubeconfigWith } from '../support/service-account.js';
import { eventually } from '../support/wait.js';

const run = promisify(execFile);
const ACCOUNT = 'k8s-job-manager-notebooks';
const PROGRESS = 'pygeoapi.io/progress';
const OF_SERVER = 'processes.pygeoapi.io/log-key';

let cluster: TestCluster;
/** The policy is the whole cluster's: this suite's has a name of its own. */
let policy: string;

/** Resolves when its pod runs. */
async function startJob(name: string): Promise<void> {
  await createJob(name, 'trap exit TERM; while :; do sleep 1; done');
  await eventually(`the pod of ${name}`, async () => (await podOf(name)).status?.phase === 'Running');
}

const createJob = (name: string, script: string) =>
  cluster.batch.createNamespacedJob({
    namespace: cluster.namespace,
    body: {
      metadata: { name, labels: { a: 'label' }, annotations: { [OF_SERVER]: 'of the server' } },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            serviceAccountName: ACCOUNT,
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'main', image: 'busybox:latest', command: ['sh', '-c', script] }],
          },
        },
      },
    },
  });

async function podOf(job: string) {
  const { items } = await cluster.core.listNamespacedPod({
    namespace: cluster.namespace,
    labelSelector: `job-name=${job}`,
  });
  const [pod] = items;
  if (pod === undefined) throw new Error(`${job} has no pod`);
  return pod;
}

function clientBy(kubeconfig: string): BatchV1Api {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config.makeApiClient(BatchV1Api);
}

/** With the token that the kubelet mounts into the pod of a Job. */
async function clientOf(job: string): Promise<BatchV1Api> {
  return clientBy(await kubeconfigAs(cluster, cluster.namespace, ACCOUNT, await podOf(job)));
}

const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const patch = (client: BatchV1Api, name: string, body: object): Promise<V1Job> =>
  client.patchNamespacedJob({ name, namespace: cluster.namespace, body }, merge);
const annotate = (annotations: object) => ({ metadata: { annotations } });
const progress = annotate({ [PROGRESS]: '42' });
/** @returns what the API server says */
const refusal = (client: BatchV1Api, name: string, body: object): Promise<string> =>
  patch(client, name, body).then(
    (job) => `it was allowed: ${JSON.stringify(job.metadata)}`,
    ({ code, body: said }: { code: number; body: string }) => `${code} ${said}`,
  );
const name = () => `pygeoapi-job-${randomUUID()}`;

describeOnRealCluster('the component notebook-progress', () => {
  const [own, neighbour] = [name(), name()];
  let client: BatchV1Api;

  beforeAll(async () => {
    cluster = await TestCluster.start();
    policy = `${cluster.namespace}-notebooks`;
    const component = relative(cluster.folder, join(projectFolder, 'k8s-manifests/components/notebook-progress'));
    const overlay = { namespace: cluster.namespace, components: [component] };
    await writeFile(join(cluster.folder, 'kustomization.yaml'), JSON.stringify(overlay));
    const { stdout } = await run('kubectl', ['kustomize', cluster.folder]);
    const objects = objectsOf(stdout).map((object) =>
      object.kind.startsWith('ValidatingAdmissionPolicy')
        ? {
            ...object,
            metadata: { name: policy },
            spec: { ...(object['spec'] as object), ...(object.kind.endsWith('Binding') ? { policyName: policy } : {}) },
          }
        : object,
    );
    await apply(cluster, objects);
    await Promise.all([own, neighbour].map(startJob));
    client = await clientOf(own);
    // Each API server learns of it by a watch.
    await eventually('the policy', async () => (await refusal(client, neighbour, {})).includes(policy));
  });
  afterAll(async () => {
    await kubectl(cluster, [
      'delete',
      '--ignore-not-found',
      `validatingadmissionpolicybinding/${policy}`,
      `validatingadmissionpolicy/${policy}`,
    ]);
    await cluster.stop();
  });

  it('lets a pod write and take back progress and message of its own Job', async () => {
    const written = await patch(client, own, annotate({ [PROGRESS]: '42', 'pygeoapi.io/message': '3 of 7 cells' }));
    expect(written.metadata?.annotations).toEqual({
      [OF_SERVER]: 'of the server',
      [PROGRESS]: '42',
      'pygeoapi.io/message': '3 of 7 cells',
    });
    const taken = await patch(client, own, annotate({ 'pygeoapi.io/message': null }));
    expect(taken.metadata?.annotations).toEqual({ [OF_SERVER]: 'of the server', [PROGRESS]: '42' });
  });

  it.each([
    ['to write its progress', progress],
    ['to change nothing, and so to read it', {}],
  ])('refuses a pod a neighbour’s Job %s', async (_what, body) => {
    const said = await refusal(client, neighbour, body);
    expect(said).toContain(`the Job ${neighbour} is not that of the pod`);
    expect(said).not.toContain('of the server');
  });

  it.each([
    ['another annotation', annotate({ [OF_SERVER]: 'of another job' }), 'of the annotations'],
    ['a new annotation', annotate({ 'processes.pygeoapi.io/other': 'x', [PROGRESS]: '43' }), 'of the annotations'],
    ['taking an annotation away', annotate({ [OF_SERVER]: null }), 'of the annotations'],
    ['a label', { metadata: { labels: { a: 'another' } } }, 'annotations alone'],
    ['a finalizer', { metadata: { finalizers: ['example.org/held'] } }, 'annotations alone'],
    [
      'an owner',
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }] } },
      'annotations alone',
    ],
    ['the spec', { spec: { suspend: true } }, 'annotations alone'],
  ])('refuses a pod %s of its own Job', async (_what, body, why) => {
    expect(await refusal(client, own, body)).toMatch(new RegExp(`^403 .*${policy}.*${why}`, 's'));
  });

  it('refuses the account where its token is no pod\u2019s', async () => {
    const unbound = clientBy(await kubeconfigAs(cluster, cluster.namespace, ACCOUNT));
    expect(await refusal(unbound, own, progress)).toContain(`the Job ${own} is not that of the pod`);
  });

  it('knows Jobs whose names begin alike, and those whose names are too long to stand whole in a pod\u2019s', async () => {
    const long = `p${'x'.repeat(26)}${randomUUID()}`;
    await Promise.all([`${own}-more`, long].map(startJob));
    expect(await refusal(await clientOf(`${own}-more`), own, progress)).toContain('is not that of the pod');
    const written = await patch(await clientOf(long), long, progress);
    expect(written.metadata?.annotations).toMatchObject({ [PROGRESS]: '42' });
  });

  it('concerns neither the server nor the cluster\u2019s own controllers', async () => {
    const rules = [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['patch'] }];
    const server = clientBy(await kubeconfigWith(cluster, rules, 'k8s-job-manager'));
    const ended = name();
    await createJob(ended, 'echo done');
    await patch(server, ended, { metadata: { annotations: { [OF_SERVER]: 'changed' }, labels: { a: 'another' } } });
    const job = await eventually('the end of a Job', async () => {
      const read = await cluster.batch.readNamespacedJob({ name: ended, namespace: cluster.namespace });
      return read.status?.conditions?.some(({ type }) => type === 'Complete') ? read : undefined;
    });
    expect(job.metadata).toMatchObject({ annotations: { [OF_SERVER]: 'changed' }, labels: { a: 'another' } });
  });
});

function describeOnRealCluster(title: string, suite: () => void): void {
  if (onRealCluster) describe(title, suite);
  else describe.skip(`${title} (skipped: the embedded cluster has no admission policies)`, suite);
}
