import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Job, V1PolicyRule } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { kubeconfigWith } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const configuration = () => `
server:
  manager: { name: pygeoapi_kubernetes_papermill.KubernetesManager, finalizer_controller: true }
resources:
  notebook: &notebook
    type: process
    processor: &processor
      name: pygeoapi_kubernetes_papermill.PapermillNotebookKubernetesProcessor
      default_image: busybox
      output_directory: /home/jovyan/jobs
      secrets: [{ name: own, access: env }]
      auto_mount_secrets: true
      check_auth: false
  plain:
    type: process
    processor: { <<: *processor, auto_mount_secrets: false }
`;
const INPUTS = { inputs: { notebook: 'x.ipynb' } };

async function makeSecrets({ core, namespace }: TestCluster): Promise<void> {
  const make = (name: string, labels?: Record<string, string>) =>
    core.createNamespacedSecret({
      namespace,
      body: { metadata: { name, labels }, stringData: { KEY: 'not to be seen' } },
    });
  await make('own');
  await make('eurodatacube-someone-default');
  await make('mine', { owner: 'edc-my-credentials' });
  await make('unrelated', { owner: 'somebody' });
}

/** Names of the secrets that become environment variables of the main container. */
const secretsOf = (kubeJob: V1Job) =>
  kubeJob.spec?.template.spec?.containers[0]?.envFrom?.map(({ secretRef }) => secretRef?.name);

async function validate(bed: TestBed, id: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${bed.url}/processes/${id}/validation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(INPUTS),
  });
  return { status: response.status, text: await response.text() };
}
const jobIn = ({ text }: { text: string }) => (JSON.parse(text) as { kubeJob: V1Job }).kubeJob;

describe('the secrets of the users', () => {
  let bed: TestBed;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    await makeSecrets(cluster);
    bed = await TestBed.startProcess({}, { cluster, configuration });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('are environment variables of notebooks, after the secrets that are named, where the process says so', async () => {
    const jobId = await bed.submit('notebook', INPUTS.inputs);
    const made = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    expect(made && secretsOf(made)).toEqual(['own', 'eurodatacube-someone-default', 'mine']);
    expect(secretsOf(jobIn(await validate(bed, 'plain')))).toEqual(['own']);
  });

  it('are those that there are when it is executed; nothing shows their values', async () => {
    const { core, namespace } = bed.cluster;
    await core.deleteNamespacedSecret({ namespace, name: 'mine' });
    const checked = await validate(bed, 'notebook');
    expect(secretsOf(jobIn(checked))).toEqual(['own', 'eurodatacube-someone-default']);
    expect(checked.text + (await bed.output())).not.toContain('not to be seen');
  });
});

const rulesOf = async (file: string) =>
  (parse(await readFile(`k8s-manifests/${file}/role.yaml`, 'utf8')) as { rules: V1PolicyRule[] }).rules;

(onRealCluster ? describe : describe.skip)('the right to list secrets', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    await makeSecrets(cluster);
  });
  afterAll(() => cluster.stop());

  async function serverWith(name: string, rules: V1PolicyRule[]): Promise<TestBed> {
    const KUBECONFIG = await kubeconfigWith(cluster, rules, name);
    const variables = { KUBECONFIG, PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: `${name}-` };
    return TestBed.startProcess(variables, { cluster, configuration });
  }
  async function end(bed: TestBed): Promise<void> {
    await bed.server?.end();
    await bed.store.remove();
  }

  it('is missing in the Role as shipped: the log says so at the start, executing answers 503, other processes go on', async () => {
    const bed = await serverWith('shipped', await rulesOf('base'));
    try {
      const missing = `Missing right in namespace ${cluster.namespace}: list secrets (docs/notebooks.md). It keeps from being executed: notebook.`;
      await eventually('the log', async () => (await bed.output()).includes(missing));
      const response = await bed.execute('notebook', INPUTS.inputs);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
      expect(await response.text()).toContain('the server may not list the secrets');
      expect((await validate(bed, 'plain')).status).toBe(200);
    } finally {
      await end(bed);
    }
  });

  it('is given by the component notebook-secrets', async () => {
    const bed = await serverWith('secrets', [
      ...(await rulesOf('base')),
      ...(await rulesOf('components/notebook-secrets')),
    ]);
    try {
      // The API server gets to know roles a moment later.
      const checked = await eventually('the secrets', async () => {
        const answer = await validate(bed, 'notebook');
        return answer.status === 200 ? answer : undefined;
      });
      expect(secretsOf(jobIn(checked))).toEqual(['own', 'eurodatacube-someone-default', 'mine']);
    } finally {
      await end(bed);
    }
  });
});
