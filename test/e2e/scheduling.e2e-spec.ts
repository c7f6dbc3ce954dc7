import type { V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { apply, kubectl } from '../support/kubectl.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const DEFAULTS = `finalizer_controller: true
    node_selector: { kubernetes.io/os: linux }
    tolerations: [{ key: example.org/batch, operator: Exists }]
    image_pull_policy: IfNotPresent
    pod_labels: { example.org/team: defaults }
    pod_annotations: { example.org/note: 'of all' }`;

const PROCESSES = `
  placed:
    type: process
    processor: &placed
      name: pygeoapi_k8s_manager.process.HelloWorldK8sProcessor
      default_image: busybox
      mimetype: text/plain
      metadata: { jobControlOptions: [sync-execute, async-execute] }
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: Exists }] }]
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector: { matchLabels: { example.org/team: placed } }
      topology_spread_constraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app.kubernetes.io/component: execution } }
      tolerations: [{ key: example.org/special, effect: NoExecute, toleration_seconds: 60 }]
      priority_class_name: system-cluster-critical
      service_account_name: default
      image_pull_secrets: [not-needed]
      pod_labels: { example.org/team: placed }
  nowhere:
    type: process
    processor:
      <<: *placed
      start_deadline_seconds: 2
      extended_resources: { example.org/unheard-of: 1 }
`;

/** What only a real cluster has: a class, a runtime, an account and a device, all of the suite's own. */
const equipped = (own: string) => `
  equipped:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.HelloWorldK8sProcessor
      default_image: busybox
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute] }
      priority_class_name: ${own}
      runtime_class_name: ${own}
      service_account_name: ${own}
      scheduler_name: default-scheduler
      extended_resources: { example.org/${own}: 1 }
      topology_spread_constraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: DoNotSchedule
          labelSelector: { matchLabels: { example.org/team: equipped } }
      pod_labels: { example.org/team: equipped }
`;

/** The cluster checks what the configuration puts on pods as Kubernetes does. */
describe('where jobs run', () => {
  let bed: TestBed;
  let own: string;
  beforeAll(async () => {
    const cluster = await TestCluster.start();
    own = cluster.namespace;
    const processes = PROCESSES + (onRealCluster ? equipped(own) : '');
    bed = await TestBed.start(
      {},
      { cluster, configuration: (text) => text.replace('finalizer_controller: true', DEFAULTS) + processes },
    );
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  const podOf = async (jobId: string) =>
    (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId));

  const mountsToken = (pod: V1Pod | undefined) =>
    pod?.spec?.containers[0]?.volumeMounts?.some(({ mountPath }) => mountPath.endsWith('/serviceaccount')) ?? false;

  it('is as the process and the defaults say, of a pod that the cluster takes and runs', async () => {
    const jobId = await bed.submit('placed', { name: 'World' });
    expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
    const pod = await podOf(jobId);
    expect(pod?.spec).toMatchObject({
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      priorityClassName: 'system-cluster-critical',
      serviceAccountName: 'default',
      imagePullSecrets: [{ name: 'not-needed' }],
      affinity: { nodeAffinity: expect.anything(), podAntiAffinity: expect.anything() },
      topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }],
      containers: [{ imagePullPolicy: 'IfNotPresent' }],
      automountServiceAccountToken: false,
    });
    expect(mountsToken(pod)).toBe(false);
    expect(pod?.spec?.tolerations).toContainEqual({
      key: 'example.org/special',
      effect: 'NoExecute',
      tolerationSeconds: 60,
    });
    expect(pod?.metadata?.labels).toMatchObject({
      'example.org/team': 'placed',
      'app.kubernetes.io/component': 'execution',
    });
    expect(pod?.metadata?.annotations).toMatchObject({ 'example.org/note': 'of all' });
  });

  it('is nowhere, with the scheduler’s reason, where no node has the resources', async () => {
    const jobId = await bed.submit('nowhere', { name: 'World' });
    expect(await bed.ended(jobId)).toMatchObject({
      status: 'failed',
      cause: { type: 'unschedulable', message: expect.stringContaining('Insufficient example.org/unheard-of') },
    });
  });

  (onRealCluster ? it : it.skip)(
    'is as a class, a runtime, an account and a device of the cluster say',
    async () => {
      const { cluster } = bed;
      const [{ metadata } = {}] = (await cluster.core.listNode()).items;
      const node = metadata?.name ?? '';
      const devices = (count: string | null) =>
        kubectl(cluster, [
          'patch',
          `node/${node}`,
          '--subresource=status',
          '--type=merge',
          `--patch=${JSON.stringify({ status: { capacity: { [`example.org/${own}`]: count } } })}`,
        ]);
      const objects = [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: own } },
        { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: own }, value: 10 },
        { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: own }, handler: 'runc' },
      ];
      try {
        await apply(cluster, objects);
        const jobId = await bed.submit('equipped', { name: 'World' });
        await eventually('the job waiting for the device', async () =>
          (await bed.status(jobId)).message.includes(`Insufficient example.org/${own}`),
        );
        await devices('1');
        expect(await bed.ended(jobId)).toMatchObject({ status: 'successful' });
        const pod = await podOf(jobId);
        expect(pod?.spec).toMatchObject({
          priorityClassName: own,
          priority: 10,
          runtimeClassName: own,
          serviceAccountName: own,
          schedulerName: 'default-scheduler',
          topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }],
          containers: [{ resources: { limits: { [`example.org/${own}`]: '1' } } }],
        });
        // An account of its own is one whose token it asks for.
        expect(mountsToken(pod)).toBe(true);
      } finally {
        await devices(null);
        await kubectl(cluster, ['delete', `priorityclass/${own}`, `runtimeclass/${own}`, '--ignore-not-found']);
      }
    },
    180_000,
  );
});
