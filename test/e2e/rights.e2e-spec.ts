import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { TestCluster, onRealCluster } from '../support/cluster.js';
import { kubeconfigWith } from '../support/service-account.js';
import { TestBed } from '../support/test-bed.js';

const MANAGER = `finalizer_controller: false
    ttl_seconds_after_finished: 3600
    active_deadline_seconds: 60
    automountServiceAccountToken: false`;
const FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

/** The rights of the predecessor's v0.27 Role; v0.11 had no patch of pods. */
const predecessorRules = (podVerbs: readonly string[]): V1PolicyRule[] => [
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['events', 'pods/log', 'pods/status'], verbs: ['get', 'watch', 'list'] },
  { apiGroups: [''], resources: ['pods'], verbs: [...podVerbs] },
];

describe('a server whose finalizer is off', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.start({}, { configuration: (text) => text.replace('finalizer_controller: true', MANAGER) });
  }, 60_000);
  afterAll(() => (bed as TestBed | undefined)?.stop(), 60_000);

  it('gives pods no finalizer, and results from the log while the pod exists', async () => {
    const jobId = await bed.submit('with-init');
    expect((await bed.ended(jobId)).status).toBe('successful');
    const [pod] = await bed.cluster.pods();
    expect(pod?.metadata?.finalizers ?? []).not.toContain(FINALIZER);
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe('done');
    expect(await bed.log(jobId)).toContain('prepared for');
    expect(await bed.store.logs()).toEqual([]);
    await bed.cluster.core.deleteNamespacedPod({ name: pod?.metadata?.name ?? '', namespace: bed.cluster.namespace });
    const gone = await bed.get(`/jobs/${jobId}/results`);
    expect([gone.status, ((await gone.json()) as { detail: string }).detail]).toEqual([
      404,
      expect.stringContaining('pod does not exist any more'),
    ]);
  });

  it('keeps and tries jobs as the manager’s settings say', async () => {
    const jobId = await bed.submit('always-failing');
    await bed.ended(jobId);
    const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
    expect(kubeJob?.spec).toMatchObject({ backoffLimit: 1, ttlSecondsAfterFinished: 3600 });
    expect(kubeJob?.spec?.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      activeDeadlineSeconds: 50,
    });
    expect(kubeJob?.status?.failed).toBe(2);
  }, 60_000);

  it('answers synchronously, fails with the cause, and dismisses', async () => {
    expect(await (await bed.execute('unicode')).text()).toBe('Grüße, Жизнь, 世界, 🌍\n\n  end');
    expect((await bed.ended(await bed.submit('hello-failing', { name: 'x' }))).cause).toMatchObject({
      type: 'non-zero-exit',
      exitCode: 1,
    });
    const jobId = await bed.submit('endless');
    await bed.until(jobId, 'running');
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
  });
});

(onRealCluster ? describe : describe.skip).each([
  ['v0.27', ['get', 'list', 'watch', 'patch'], true],
  ['v0.11', ['get', 'list', 'watch'], false],
] as const)('with the Role of the predecessor’s %s', (_version, podVerbs, held) => {
  let bed: TestBed;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    bed = await TestBed.start({ KUBECONFIG: await kubeconfigWith(cluster, predecessorRules(podVerbs)) }, { cluster });
  }, 60_000);
  afterAll(() => (bed as TestBed | undefined)?.stop(), 60_000);

  it('it says what it goes without, and executes', async () => {
    // Without a finalizer there is nothing that only one replica may do.
    expect(bed.server?.output.includes('acts as the only one')).toBe(held);
    const jobId = await bed.submit('with-init');
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe('done');
    expect(await bed.log(jobId)).toContain(`prepared for ${jobId}`);
    expect(bed.server?.output.includes('It may not patch pods')).toBe(!held);
    if (held) expect(await bed.store.logs()).toHaveLength(1);
  });
});
