import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KubeConfig, RbacAuthorizationV1Api, type V1PolicyRule } from '@kubernetes/client-node';
import type { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { askRights } from '../../src/k8s/client/cluster-rights.js';
import { ApiKubernetesClient } from '../../src/k8s/client/kubernetes-client.adapter.js';
import { ApiTransport } from '../../src/k8s/client/api-transport.js';
import { PooledKubeConfig } from '../../src/k8s/connection/pooled-kube-config.js';
import { ApiRecorder, type Right } from '../support/api-recorder.js';
import { HOST_FROM_PODS, SERVER, TestCluster, onRealCluster } from '../support/cluster.js';
import { possibleWays } from '../support/deployment.js';
import { FaultyS3 } from '../support/faulty-s3.js';
import { apply, configMap } from '../support/kubectl.js';
import { bucketVariables, withSlowTests } from '../support/server-image.js';
import { kubeconfigWith } from '../support/service-account.js';
import { CONFIGURATION, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

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
    bed = await TestBed.startProcess(
      {},
      { configuration: (text) => text.replace('finalizer_controller: true', MANAGER) },
    );
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

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
  });

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
    bed = await TestBed.startProcess(
      { KUBECONFIG: await kubeconfigWith(cluster, predecessorRules(podVerbs)) },
      { cluster },
    );
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('it says what it goes without, and executes', async () => {
    // Without a finalizer there is nothing that only one replica may do.
    if (held) await eventually('being the only one', () => bed.server?.output.includes('acts as the only one'));
    const jobId = await bed.submit('with-init');
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe('done');
    expect(await bed.log(jobId)).toContain(`prepared for ${jobId}`);
    expect(bed.server?.output.includes('It may not patch pods')).toBe(!held);
    expect(bed.server?.output.includes('acts as the only one')).toBe(held);
    if (held) expect(await bed.store.logs()).toHaveLength(1);
  });
});

/** Each by itself, as `get jobs.batch`. */
const rightsOf = (rules: readonly V1PolicyRule[]): Right[] =>
  rules
    .flatMap(({ apiGroups = [], resources = [], verbs }) =>
      verbs.flatMap((verb) =>
        resources.flatMap((resource) =>
          apiGroups.map((group) => `${verb} ${[resource, group].filter(Boolean).join('.')}`),
        ),
      ),
    )
    .sort();

const shipped = async (): Promise<V1PolicyRule[]> =>
  (parse(await readFile('k8s-manifests/base/role.yaml', 'utf8')) as { rules: V1PolicyRule[] }).rules;

const rules = await shipped();
const without = (right: Right): V1PolicyRule[] =>
  rightsOf(rules)
    .filter((candidate) => candidate !== right)
    .map((candidate) => {
      const [verb = '', name = ''] = candidate.split(' ');
      const [resource = '', ...group] = name.split('.');
      return { apiGroups: [group.join('.')], resources: [resource], verbs: [verb] };
    });

(onRealCluster ? describe : describe.skip)('a server without one right of the Role as shipped', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster.stop());
  const nameOf = (right: Right) => `without-${right.replaceAll(/[^a-z]/g, '-')}`;
  const consequences: Record<string, string> = {
    'patch pods': 'It may not patch pods',
    'list events': 'It may not list and watch events',
    'watch events': 'It may not list and watch events',
    'create events': 'It may not create events',
    'list pods.metrics.k8s.io': 'It may not list pods.metrics.k8s.io',
  };
  const [ofLeases, others] = [true, false].map((is) =>
    rightsOf(rules).filter((right) => right.includes('leases') === is),
  );

  it.each(others ?? [])('%s notices it at the start, and says what follows', async (right) => {
    const config = new PooledKubeConfig();
    config.loadFromFile(await kubeconfigWith(cluster, without(right), nameOf(right)));
    const client = new ApiKubernetesClient(new ApiTransport(config), cluster.namespace, 'real');
    try {
      const expected = consequences[right] ?? `Missing rights in namespace ${cluster.namespace}: ${right}.`;
      // The API server gets to know roles a moment later.
      await eventually(`"${expected}"`, async () => {
        const said: string[] = [];
        const say = (text: string) => void said.push(text);
        await askRights(client, { warn: say, error: say } as unknown as Logger);
        return said.length === 1 && said[0]?.startsWith(expected) ? true : Promise.reject(new Error(said.join()));
      });
    } finally {
      await config.close();
    }
  });

  (withSlowTests ? it : it.skip)(
    'of Leases acts as the only one, or says that it cannot keep its Lease',
    async () => {
      const beds = await Promise.all(
        (ofLeases ?? []).map(async (right) => {
          const KUBECONFIG = await kubeconfigWith(cluster, without(right), nameOf(right));
          const prefix = `${nameOf(right).slice(0, 14)}-`;
          return TestBed.startProcess({ KUBECONFIG, PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: prefix }, { cluster });
        }),
      );
      try {
        for (const [index, bed] of beds.entries()) {
          // A Lease that it made itself it cannot renew.
          const said = ofLeases?.[index]?.startsWith('update')
            ? 'cannot update resource "leases"'
            : 'acts as the only one';
          await eventually(said, () => bed.server?.output.includes(said));
        }
      } finally {
        for (const bed of beds) {
          await bed.server?.end();
          await bed.store.remove();
        }
      }
    },
    60_000,
  );
});

(withSlowTests ? describe : describe.skip).each(possibleWays)('the Role as shipped with the %s', (way) => {
  const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
  let cluster: TestCluster;
  let bed: TestBed;
  let recorder: ApiRecorder;
  let s3: FaultyS3;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    bed = await TestBed.around(cluster);
    recorder = await ApiRecorder.before(cluster.kubeconfig);
    const bucket = bucketVariables(bed);
    const ENDPOINT = 'PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT';
    s3 = await FaultyS3.before(bucket[ENDPOINT] ?? '', HOST_FROM_PODS);
    await apply(cluster, [configMap('api-recorder', { 'ca.crt': recorder.authority })]);
    // The pod's own token, and the certificate of who stands before the API server.
    const sources = [
      { serviceAccountToken: { path: 'token' } },
      { configMap: { name: 'api-recorder' } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ];
    await bed.deploy(
      {
        KUBERNETES_SERVICE_HOST: recorder.host,
        KUBERNETES_SERVICE_PORT: String(recorder.port),
        [ENDPOINT]: s3.endpoint,
      },
      {
        volumes: [{ name: 'account', projected: { sources } }],
        volumeMounts: [{ name: 'account', mountPath: ACCOUNT }],
        // Jobs have their turn, too.
        configuration: (await readFile(CONFIGURATION, 'utf8')).replace(
          '\n  manager:\n',
          '\n  manager:\n    max_running: 20\n',
        ),
      },
      way,
    );
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    recorder?.close();
    s3?.close();
  });

  it('grants what the server asks for, all of that, and nothing else', async () => {
    recorder.conflictOnce('patch pods');
    const ended = await bed.submit('with-init');
    expect((await bed.ended(ended)).status).toBe('successful');
    expect((await bed.get(`/jobs/${randomUUID()}`)).status).toBe(404);

    const dismissed = await bed.submit('endless');
    await eventually('its log', async () => (await bed.log(dismissed)).includes('working'));
    expect((await bed.delete(`/jobs/${dismissed}`)).status).toBe(200);

    s3.become('missing-bucket');
    const late = await bed.submit('instant');
    await eventually('an Event of what keeps its log from being stored', async () =>
      (await cluster.core.listNamespacedEvent({ namespace: cluster.namespace })).items.some(
        ({ involvedObject, reason }) => reason === 'CollectionFailed' && involvedObject.name?.endsWith(late),
      ),
    );
    s3.become('none');
    await eventually('all three logs', async () => (await bed.store.logs()).length === 3);

    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const rbac = config.makeApiClient(RbacAuthorizationV1Api);
    const { rules: granted = [] } = await rbac.readNamespacedRole({ name: SERVER, namespace: cluster.namespace });
    await eventually('the use of every right', () => recorder.used.size >= rightsOf(granted).length).catch(
      () => undefined,
    );
    expect(
      (await cluster.kubeJobs()).filter(({ metadata }) =>
        metadata?.annotations?.['processes.pygeoapi.io/admission']?.startsWith('admitted@'),
      ),
    ).not.toEqual([]);
    expect([...recorder.used].sort()).toEqual(rightsOf(granted));
    expect([...recorder.refused]).toEqual([]);
  });
});
