import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdmissionregistrationV1Api, KubeConfig } from '@kubernetes/client-node';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** As Kueue calls its own: https://github.com/kubernetes-sigs/kueue/tree/main/config/components/webhook */
const WEBHOOK = 'mjob.kb.io';

/** A webhook for the Jobs of one namespace, as Kueue's is, whose Service has nobody behind it. */
class SilentWebhook {
  private readonly api: AdmissionregistrationV1Api;
  private readonly name: string;

  constructor(private readonly cluster: TestCluster) {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    this.api = config.makeApiClient(AdmissionregistrationV1Api);
    this.name = `silent-${cluster.namespace}`;
  }

  async register(): Promise<void> {
    const { namespace, core } = this.cluster;
    await core.createNamespacedService({
      namespace,
      body: { metadata: { name: 'nobody' }, spec: { selector: { app: 'nobody' }, ports: [{ port: 443 }] } },
    });
    await this.api.createMutatingWebhookConfiguration({
      body: {
        metadata: { name: this.name },
        webhooks: [
          {
            name: WEBHOOK,
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            failurePolicy: 'Fail',
            timeoutSeconds: 5,
            clientConfig: { service: { namespace, name: 'nobody', path: '/mutate-batch-v1-job' } },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
            rules: [{ apiGroups: ['batch'], apiVersions: ['v1'], resources: ['jobs'], operations: ['CREATE'] }],
          },
        ],
      },
    });
    await eventually('it being asked', async () => !(await this.isPassed()));
  }

  async remove(): Promise<void> {
    await this.api.deleteMutatingWebhookConfiguration({ name: this.name }).catch(() => undefined);
  }

  /** Whether the API server would make a Job now. */
  isPassed(): Promise<boolean> {
    const { namespace, batch } = this.cluster;
    const containers = [{ name: 'main', image: 'busybox' }];
    const body = {
      metadata: { generateName: 'tried-' },
      spec: { template: { spec: { containers, restartPolicy: 'Never' } } },
    };
    return batch.createNamespacedJob({ namespace, body, dryRun: 'All' }).then(
      () => true,
      () => false,
    );
  }
}

(onRealCluster ? describe : describe.skip)('an execution while Kueue is away', () => {
  let bed: TestBed;
  let webhook: SilentWebhook;
  beforeAll(async () => {
    bed = await TestBed.startProcess();
    webhook = new SilentWebhook(bed.cluster);
    await webhook.register();
  });
  afterAll(async () => {
    await (webhook as SilentWebhook | undefined)?.remove();
    await (bed as TestBed | undefined)?.stop();
  });

  it('is answered 503 with the name of its webhook, which is logged, and is made once when it is back', async () => {
    const execute = () =>
      bed.execute('short', {}, { prefer: 'respond-async', headers: { 'idempotency-key': 'while-away' } });
    const refused = await execute();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringContaining(`webhook "${WEBHOOK}" does not answer`),
    });
    expect((await bed.output()).replaceAll(String.raw`\"`, `"`)).toMatch(/failed calling webhook "mjob\.kb\.io"/);
    expect(await bed.cluster.kubeJobs()).toEqual([]);

    await webhook.remove();
    await eventually('it being asked no more', () => webhook.isPassed());
    const made = await execute();
    expect(made.status).toBe(201);
    const { jobID } = (await made.json()) as { jobID: string };
    expect(await bed.ended(jobID)).toMatchObject({ status: 'successful' });
    expect(await bed.cluster.kubeJobs()).toHaveLength(1);
  });
});
