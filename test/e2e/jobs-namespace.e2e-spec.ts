import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { projectFolder } from '../support/child.js';
import { onRealCluster, SERVER, TestCluster } from '../support/cluster.js';
import { objectsOf, type Rendered } from '../support/helm.js';
import { kubectl } from '../support/kubectl.js';
import { kubeconfigAs } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const manifests = join(projectFolder, 'k8s-manifests');

/** As an operator writes an overlay, of the part that grants rights and sets limits. */
async function applyManifests(cluster: TestCluster, own: string): Promise<void> {
  const build = async (name: string, kustomization: (root: string) => object): Promise<Rendered[]> => {
    const folder = join(cluster.folder, name);
    await mkdir(folder);
    const kind = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
    // kustomize takes no absolute paths.
    const text = JSON.stringify({ ...kind, ...kustomization(relative(folder, manifests)) });
    await writeFile(join(folder, 'kustomization.yaml'), text);
    return objectsOf(await kubectl(cluster, ['kustomize', folder]));
  };
  const ofServer = await build('server', (root) => ({
    namespace: own,
    resources: [`${root}/base`],
    components: [`${root}/components/jobs-namespace`],
  }));
  const subject = JSON.stringify([{ op: 'add', path: '/subjects/0/namespace', value: own }]);
  const ofJobs = await build('jobs', (root) => ({
    namespace: cluster.namespace,
    resources: [`${root}/overlays/example-jobs`],
    patches: [{ target: { kind: 'RoleBinding' }, patch: subject }],
  }));
  const rights = ofServer.filter(({ kind }) => /Role|ServiceAccount/.test(kind));
  for (const [namespace, objects] of [
    [own, rights],
    [cluster.namespace, ofJobs.filter(({ kind }) => kind !== 'Namespace')],
  ] as const) {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    await kubectl(cluster, ['--namespace', namespace, 'apply', '--validate=strict', '--filename', '-'], list);
  }
}

describe('jobs in another namespace than the server', () => {
  let bed: TestBed;
  let own: string;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    own = `${cluster.namespace}-server`;
    await cluster.core.createNamespace({ body: { metadata: { name: own } } });
    if (onRealCluster) await applyManifests(cluster, own);
    const kubeconfig = onRealCluster ? await kubeconfigAs(cluster, own, SERVER) : cluster.kubeconfig;
    bed = await TestBed.startProcess(
      {
        KUBECONFIG: kubeconfig,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: own,
        PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE: cluster.namespace,
      },
      {
        cluster,
        configuration: (text) => text.replace('\n  manager:\n', '\n  manager:\n    max_running: 20\n'),
      },
    );
  });
  afterAll(async () => {
    const started = bed as TestBed | undefined;
    await started?.cluster.core.deleteNamespace({ name: own }).catch(() => undefined);
    await started?.stop();
  });

  it('have their turn, run, are collected and dismissed there, while the Leases stay with the server', async () => {
    const jobId = await bed.submit('with-init');
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe('done');
    expect(await bed.log(jobId)).toContain(`prepared for ${jobId}`);
    const kubeJobs = await bed.cluster.kubeJobs();
    expect(kubeJobs.map(({ metadata }) => metadata?.annotations)).toEqual([
      expect.objectContaining({ 'processes.pygeoapi.io/admission': expect.stringMatching(/^admitted@/) }),
    ]);
    const { batch, coordination, namespace } = bed.cluster;
    expect((await batch.listNamespacedJob({ namespace: own })).items).toEqual([]);
    const leases = async (of: string) =>
      (await coordination.listNamespacedLease({ namespace: of })).items.map(({ metadata }) => metadata?.name).sort();
    expect(await leases(own)).toEqual(['pygeoapi-job-manager', 'pygeoapi-job-manager-admission']);
    expect(await leases(namespace)).toEqual([]);
    expect(bed.server?.output).not.toMatch(/Missing rights|It may not/);
    const going = await bed.submit('endless');
    await bed.until(going, 'running');
    expect((await bed.delete(`/jobs/${going}`)).status).toBe(200);
    await bed.cluster.allReleased();
  });

  (onRealCluster ? it : it.skip)(
    'get the limits of the example that they do not set themselves',
    async () => {
      const jobId = await bed.submit('short');
      const pod = await eventually('the pod', async () =>
        (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId)),
      );
      expect(pod.spec?.containers[0]?.resources).toEqual({
        requests: { cpu: '100m', memory: '128Mi' },
        limits: { cpu: '1', memory: '1Gi' },
      });
      const { items } = await bed.cluster.core.listNamespacedResourceQuota({ namespace: bed.cluster.namespace });
      const hard = Object.fromEntries(items.map(({ metadata, spec }) => [metadata?.name, spec?.hard]));
      expect(hard).toMatchObject({
        [SERVER]: { 'limits.memory': '128Gi' },
        [`${SERVER}-jobs`]: { 'count/jobs.batch': '5k' },
      });
      expect((await bed.ended(jobId)).status).toBe('successful');
    },
    120_000,
  );

  (onRealCluster ? it : it.skip)(
    'wait while the quota of pods is used up, say so, and go on when it is free',
    async () => {
      const { cluster } = bed;
      await eventually('no pod being left', async () => {
        const { items } = await cluster.batch.listNamespacedJob({ namespace: cluster.namespace });
        for (const { metadata } of items)
          await cluster.batch.deleteNamespacedJob({
            name: metadata?.name ?? '',
            namespace: cluster.namespace,
            propagationPolicy: 'Background',
          });
        return (await cluster.pods()).length === 0;
      });
      await kubectl(cluster, ['create', 'quota', 'pods', '--hard=pods=0']);
      await eventually('the quota being counted', async () => {
        const { items } = await cluster.core.listNamespacedResourceQuota({ namespace: cluster.namespace });
        return items.some(({ status }) => status?.hard?.['pods'] === '0');
      });
      const jobId = await bed.submit('short');
      const waiting = await eventually('the status saying so', async () => {
        const status = await bed.status(jobId);
        return status.message.includes('exceeded quota') ? status : Promise.reject(new Error(status.message));
      });
      expect(waiting.status).toBe('accepted');
      await kubectl(cluster, ['delete', 'quota', 'pods']);
      expect((await bed.ended(jobId)).status).toBe('successful');
    },
    180_000,
  );

  (onRealCluster ? it : it.skip)(
    'are refused with Retry-After while the quota of Jobs is used up',
    async () => {
      const { cluster } = bed;
      await kubectl(cluster, ['create', 'quota', 'jobs', '--hard=count/jobs.batch=0']);
      const answer = await eventually('the quota being counted', async () => {
        const response = await bed.execute('short', {}, { prefer: 'respond-async' });
        return response.status === 503 ? response : Promise.reject(new Error(String(response.status)));
      });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      await kubectl(cluster, ['delete', 'quota', 'jobs']);
    },
    120_000,
  );
});
