import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { kubeconfigWith } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';
import { processTransferEnvironment, transferConfiguration } from '../support/transfer.js';
import { eventually } from '../support/wait.js';

const ON = { ...processTransferEnvironment, PYGEOAPI_K8S_MANAGER_JOB_SECRETS: 'true' };
const PASSWORD = 'hush $(HOME) $$ "quoted"';

let bed: TestBed;
const kubeJob = async (jobId: string) =>
  (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
const secretsOf = async (jobId: string) => {
  const { items } = await bed.cluster.core.listNamespacedSecret({ namespace: bed.cluster.namespace });
  return items.filter(({ metadata }) => metadata?.name?.endsWith(jobId));
};

describe('a server that puts what is secret of jobs into Secrets', () => {
  beforeAll(async () => {
    bed = await TestBed.startProcess(ON, { configuration: transferConfiguration });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('hands secret inputs to the container as they are, and shows them in no Job or pod', async () => {
    const inputs = { text: 'plain', password: PASSWORD };
    const jobId = await bed.submit('inputs', inputs);
    expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
    expect(JSON.parse(await bed.result(jobId))).toEqual(inputs);
    const job = await kubeJob(jobId);
    // What the job itself says, as its result, is not the server's to hide.
    const { 'pygeoapi.io/result-value': _result, ...annotations } = job?.metadata?.annotations ?? {};
    expect(JSON.stringify([annotations, job?.spec, await bed.cluster.pods()])).not.toMatch(/hush|capability=/);
    const [secret, ...others] = await secretsOf(jobId);
    expect(others).toEqual([]);
    expect(secret?.metadata?.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'Job', name: job?.metadata?.name, uid: job?.metadata?.uid }),
    ]);
  });

  it('lets jobs upload by capabilities that stand in no Job, and leaves inputs that are not secret there', async () => {
    const jobId = await bed.submit('upload', { script: 'printf a,b > f; put f $(url table)' });
    expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
    expect(await bed.result(jobId)).toBe('a,b');
    const text = JSON.stringify(await kubeJob(jobId));
    expect([text.includes('capability='), text.includes('printf a,b')]).toEqual([false, true]);
  });

  it('leaves no Secret behind a Job that is removed', async () => {
    const jobId = await bed.submit('upload', { script: 'echo done' });
    await bed.ended(jobId);
    expect(await secretsOf(jobId)).toHaveLength(1);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the Secret being gone', async () => (await secretsOf(jobId)).length === 0);
  });
});

const rulesOf = async (file: string) =>
  (parse(await readFile(`k8s-manifests/${file}`, 'utf8')) as { rules: V1PolicyRule[] }).rules;

(onRealCluster ? describe : describe.skip)(
  'with the Roles as shipped (skipped on the embedded cluster: it has no rights)',
  () => {
    it.each([
      ['with the component\u2019s, it makes Secrets', true],
      ['without, it says so once, and executes as before', false],
    ])('%s', async (_what, has) => {
      const cluster = await TestCluster.start();
      const rules = [
        ...(await rulesOf('base/role.yaml')),
        ...(has ? await rulesOf('components/job-secrets/role.yaml') : []),
      ];
      bed = await TestBed.startProcess(
        { ...ON, KUBECONFIG: await kubeconfigWith(cluster, rules) },
        { cluster, configuration: transferConfiguration },
      );
      try {
        const jobId = await bed.submit('inputs', { text: 'plain', password: PASSWORD });
        expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
        expect(JSON.parse(await bed.result(jobId))).toEqual({ text: 'plain', password: PASSWORD });
        expect(JSON.stringify(await kubeJob(jobId)).includes('capability=')).toBe(!has);
        expect(await bed.output()).not.toContain('Missing rights');
        expect((await bed.output()).match(/It may not create secrets/g) ?? []).toHaveLength(has ? 0 : 1);
      } finally {
        await bed.stop();
      }
    });
  },
);
