import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestBed } from '../support/test-bed.js';

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

/** The cluster checks what the configuration puts on pods as Kubernetes does. */
describe('where jobs run', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await TestBed.start(
      {},
      { configuration: (text) => text.replace('finalizer_controller: true', DEFAULTS) + PROCESSES },
    );
  }, 60_000);
  afterAll(() => (bed as TestBed | undefined)?.stop(), 60_000);

  const podOf = async (jobId: string) =>
    (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId));

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
    });
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
  }, 120_000);

  it('is nowhere, with the scheduler’s reason, where no node has the resources', async () => {
    const jobId = await bed.submit('nowhere', { name: 'World' });
    expect(await bed.ended(jobId)).toMatchObject({
      status: 'failed',
      cause: { type: 'unschedulable', message: expect.stringContaining('Insufficient example.org/unheard-of') },
    });
  }, 120_000);
});
