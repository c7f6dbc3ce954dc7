import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { onRealCluster, POD_FINALIZER, TestCluster } from '../support/cluster.js';
import { TestBed, type StatusInfo } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const PROCESSES = `
  evicted-once:
    type: process
    processor: &retried
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      mimetype: text/plain
      retries: 2
      active_deadline_seconds: 100
      metadata: { jobControlOptions: [sync-execute, async-execute, dismiss] }
      command:
        - sh
        - -c
        - "trap 'echo asked to end; exit 143' TERM; echo working on $(hostname); i=0; while [ $i -lt 20 ]; do i=$((i+1)); sleep 1; done; echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done"
  ends-well:
    type: process
    processor:
      <<: *retried
      command:
        - sh
        - -c
        - "trap 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo saved; exit 0' TERM; echo working; i=0; while [ $i -lt 90 ]; do i=$((i+1)); sleep 1; done; exit 1"
  on-lost-node:
    type: process
    processor:
      <<: *retried
      node_selector: { example.org/pool: POOL }
      tolerations: [{ key: example.org/pool, operator: Exists }]
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
  fails-itself:
    type: process
    processor:
      <<: *retried
      command: [sh, -c, 'echo trying; exit 1']
`;

type Attempted = StatusInfo & {
  readonly attempts?: readonly {
    readonly attempt: number;
    readonly pod: string;
    readonly cause: { readonly type: string };
  }[];
};

describe('a job with retries', () => {
  let bed: TestBed;
  let pool: string;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    pool = cluster.namespace;
    bed = await TestBed.startProcess({}, { cluster, configuration: (text) => text + PROCESSES.replace('POOL', pool) });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  const podsOf = async (id: string) =>
    (await bed.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(id));

  /** On a busy machine, with an attempt that takes 20 seconds, the wait before it, and the time until a server leads. */
  const ended = (id: string) =>
    eventually(
      'the end of the job',
      async () => {
        const status = await bed.status(id);
        return status.finished === undefined ? Promise.reject(new Error(status.message)) : status;
      },
      200_000,
    );

  /** Evicts the job's pod once it prints. @returns its name */
  const evict = async (id: string): Promise<string> => {
    await bed.until(id, 'running');
    await eventually('the first line', async () => (await bed.log(id)).includes('working'));
    const name = (await podsOf(id))[0]?.metadata?.name ?? '';
    const { core, namespace } = bed.cluster;
    await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
    return name;
  };

  it('is tried again when its pod is evicted, and keeps the log of each attempt', async () => {
    const id = await bed.submit('evicted-once');
    const name = await evict(id);
    const again = await eventually('the second attempt', async () => {
      const status = (await bed.status(id)) as Attempted;
      return status.message.startsWith('Attempt 2 of at most 3') ? status : Promise.reject(new Error(status.message));
    });
    expect(again).toMatchObject({
      status: 'running',
      attempts: [{ attempt: 1, pod: name, cause: { type: 'evicted' } }],
    });
    const last = (await ended(id)) as Attempted;
    expect(last).toMatchObject({ status: 'successful', started: again.started, attempts: again.attempts });
    expect(await bed.result(id)).toBe('done');
    await bed.cluster.allReleased();
    const first = await (await bed.get(`/jobs/${id}/logs?attempt=1`)).text();
    const second = await bed.log(id);
    expect(first).toContain(`Logs of pod '${name}'`);
    expect(first).toMatch(/working[^]*asked to end/);
    expect(second).toContain('done');
    expect(second).not.toContain(name);
    expect(await (await bed.get(`/jobs/${id}/logs?attempt=2`)).text()).toBe(second);
    expect((await bed.get(`/jobs/${id}/logs?attempt=3`)).status).toBe(404);
    expect((await bed.get(`/jobs/${id}/logs?attempt=zero`)).status).toBe(400);
    expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(2);
    const page = await (await bed.get(`/jobs/${id}?f=html`)).text();
    expect(page).toContain('Earlier attempts');
  });

  it('fails at once when its own program fails', async () => {
    const id = await bed.submit('fails-itself');
    expect(await ended(id)).toMatchObject({ status: 'failed', cause: { type: 'non-zero-exit', exitCode: 1 } });
    await eventually('the Job having failed', async () => {
      const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
      return kubeJob?.status?.conditions?.some(
        ({ type, reason }) => type === 'Failed' && reason === 'PodFailurePolicy',
      );
    });
    expect(await podsOf(id)).toHaveLength(1);
    expect((await bed.status(id)) as Attempted).not.toHaveProperty('attempts');
  });

  it('is successful where its program ends well when it is asked to', async () => {
    const id = await bed.submit('ends-well');
    await evict(id);
    const last = await ended(id);
    expect(last).toMatchObject({ status: 'successful' });
    expect(last).not.toHaveProperty('attempts');
    expect(await bed.result(id)).toBe('saved');
    await eventually('the Job being complete', async () => {
      const kubeJob = (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
      return kubeJob?.status?.conditions?.some(({ type }) => type === 'Complete');
    });
    expect((await podsOf(id)).length).toBeLessThan(2);
  });

  it('is tried again while no server is there, whose pods wait for one', async () => {
    const id = await bed.submit('evicted-once');
    const name = await evict(id);
    await bed.server?.end('SIGKILL');
    await eventually('a second pod', async () => (await podsOf(id)).length === 2);
    const first = (await podsOf(id)).find(({ metadata }) => metadata?.name === name);
    expect(first?.metadata?.finalizers).toContain(POD_FINALIZER);
    await bed.startServer();
    const last = (await ended(id)) as Attempted;
    expect(last).toMatchObject({ status: 'successful' });
    await bed.cluster.allReleased();
    const { attempts } = (await bed.status(id)) as Attempted;
    expect(attempts).toMatchObject([{ attempt: 1, pod: name, cause: { type: 'evicted' } }]);
    expect(await bed.result(id)).toBe('done');
    expect(await (await bed.get(`/jobs/${id}/logs?attempt=1`)).text()).toContain(name);
    expect((await bed.store.logs()).filter((key) => key.includes(id))).toHaveLength(2);
  });

  (onRealCluster ? it : it.skip)(
    'is tried again when its node is gone',
    async () => {
      const { core } = bed.cluster;
      const node = `${pool}-node`;
      const taints = [{ key: 'example.org/pool', effect: 'NoSchedule' }];
      await core.createNode({
        body: { metadata: { name: node, labels: { 'example.org/pool': pool } }, spec: { taints } },
      });
      try {
        const capacity = { cpu: '1', memory: '1Gi', pods: '10' };
        const now = new Date();
        const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }];
        await core.patchNodeStatus(
          { name: node, body: { status: { capacity, allocatable: capacity, conditions } } },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
        const id = await bed.submit('on-lost-node');
        const bound = await eventually('the pod being bound', async () =>
          (await podsOf(id)).find(({ spec }) => spec?.nodeName === node),
        );
        await core.deleteNode({ name: node });
        const again = await eventually(
          'the second attempt',
          async () => {
            const status = (await bed.status(id)) as Attempted;
            return status.message.startsWith('Attempt 2 of at most 3')
              ? status
              : Promise.reject(new Error(status.message));
          },
          150_000,
        );
        expect(again.attempts).toMatchObject([{ pod: bound.metadata?.name, cause: { type: 'evicted' } }]);
        expect((await bed.delete(`/jobs/${id}`)).status).toBe(200);
        await bed.cluster.allReleased();
      } finally {
        await core.deleteNode({ name: node }).catch(() => undefined);
      }
    },
    300_000,
  );

  it('is dismissed between two attempts', async () => {
    const id = await bed.submit('evicted-once');
    await evict(id);
    await eventually(
      'the first attempt being noted',
      async () => ((await bed.status(id)) as Attempted).attempts?.length === 1,
    );
    expect((await bed.delete(`/jobs/${id}`)).status).toBe(200);
    await bed.cluster.allReleased();
    await eventually('its Job being done', async () =>
      (await bed.cluster.kubeJobs()).some(
        ({ metadata }) => metadata?.name?.endsWith(id) && metadata.annotations?.['processes.pygeoapi.io/log-key'],
      ),
    );
    const { status, attempts } = (await bed.status(id)) as Attempted;
    expect([status, attempts?.length]).toEqual(['dismissed', 1]);
    expect((await bed.get(`/jobs/${id}/logs`)).status).toBe(200);
  });
});
