import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiException, BatchV1Api, KubeConfig } from '@kubernetes/client-node';
import { shareOfOnePlace, takePlace } from '../support/busy-api-server.js';
import { TestCluster, onRealCluster } from '../support/cluster.js';
import { apply, kubectl } from '../support/kubectl.js';
import { kubeconfigWith } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const RIGHTS = [
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

(onRealCluster ? describe : describe.skip)('an execution', () => {
  let bed: TestBed;
  let kubeconfig: string;
  const made: [string, string][] = [];
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    kubeconfig = await kubeconfigWith(cluster, RIGHTS);
    bed = await TestBed.startProcess({ KUBECONFIG: kubeconfig }, { cluster });
  });
  afterAll(async () => {
    for (const [kind, name] of made) await kubectl(bed.cluster, ['delete', '--ignore-not-found', kind, name]);
    await (bed as TestBed | undefined)?.stop();
  });

  const execute = async () => {
    const response = await bed.execute('instant', {}, { prefer: 'respond-async' });
    const { detail } = (await response.json()) as { detail?: string };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), detail };
  };
  /** Without making one. */
  const isRefused = async (status: number) => {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const container = { name: 'main', image: 'busybox' };
    const body = {
      metadata: { name: 'probe' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    };
    return config
      .makeApiClient(BatchV1Api)
      .createNamespacedJob({ namespace: bed.cluster.namespace, body, dryRun: 'All' })
      .then(
        () => false,
        (error: unknown) => error instanceof ApiException && error.code === status,
      );
  };
  const numberOfJobs = async () => (await bed.cluster.kubeJobs()).length;

  it('that the API server has no place for is answered with 503 and when to try again, and served once it has', async () => {
    const { namespace } = bed.cluster;
    made.push(['flowschema', namespace], ['prioritylevelconfiguration', namespace]);
    await apply(bed.cluster, shareOfOnePlace({ name: namespace, namespace, serviceAccount: 'manager' }));
    let giveBack = await takePlace(kubeconfig, namespace);
    await eventually('the API server refusing', async () => {
      if (await isRefused(429)) return true;
      // What came before the share was known is not in it.
      giveBack();
      giveBack = await takePlace(kubeconfig, namespace);
      return false;
    });
    expect(await execute()).toEqual({
      status: 503,
      retryAfter: '1',
      detail: expect.stringMatching(/nothing was created/),
    });
    expect(await numberOfJobs()).toBe(0);
    expect((await bed.get('/jobs')).status).toBe(200);
    giveBack();
    await eventually('the API server accepting', async () => !(await isRefused(429)));
    expect((await execute()).status).toBe(201);
  });

  it('above the quota of the namespace is answered with 503 and when to try again, and served once there is room', async () => {
    made.push(['resourcequota', 'jobs']);
    const quota = { metadata: { name: 'jobs' }, spec: { hard: { 'count/jobs.batch': '0' } } };
    const before = await numberOfJobs();
    await apply(bed.cluster, [{ apiVersion: 'v1', kind: 'ResourceQuota', ...quota }]);
    await eventually('the quota', () => isRefused(403));
    expect(await execute()).toEqual({
      status: 503,
      retryAfter: '30',
      detail: expect.stringMatching(/quota of the namespace/),
    });
    expect(await numberOfJobs()).toBe(before);
    await kubectl(bed.cluster, ['delete', 'resourcequota', 'jobs']);
    await eventually('the end of the quota', async () => !(await isRefused(403)));
    expect((await execute()).status).toBe(201);
  });
});
