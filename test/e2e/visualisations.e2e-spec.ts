import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'node:util';
import { Child } from '../support/child.js';
import { onRealCluster, TestCluster } from '../support/cluster.js';
import { CONFIGURATION, TestBed, TOKEN } from '../support/test-bed.js';
import { DOMAIN, IMAGE, PROJECT, TAG, VisualisationBed } from '../support/visualisation-bed.js';
import { eventually } from '../support/wait.js';

const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const small = { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } };
const material = { imageTag: TAG, resources: small, project: PROJECT };
const DM = 'data-manager.informaticsmatters.com';

describe('on the embedded cluster', () => {
  it('the operator does not start, and says why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'e2e-visualisations-'));
    try {
      const args = ['--cluster', 'embedded', '--port', '0', '--operators', 'visualisations', '--data-dir', folder];
      const environment = { PYGEOAPI_CONFIG: CONFIGURATION, INGRESS_DOMAIN: DOMAIN };
      await expect(Child.start('dist/main.js', args, environment, /^listening on/m)).rejects.toThrow(
        'The operator of visualisations needs a Kubernetes cluster',
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

(onRealCluster ? describe : describe.skip)('a visualisation (on a real cluster)', () => {
  let bed: VisualisationBed;
  beforeAll(async () => {
    bed = await VisualisationBed.start();
  });
  afterAll(() => (bed as VisualisationBed | undefined)?.stop());

  it('is an app that answers under its path through its Service, on the files of its project alone', async () => {
    const labels = [`${DM}/instance=whole`, `${DM}/instance-id=instance-1`, `${DM}/owner=alice`];
    const { metadata } = await bed.create('whole', {
      ...material,
      labels,
      securityContext: { runAsUser: 2000 },
      ingressProxyBodySize: '10m',
    });
    const ready = await bed.until('whole', 'Available');
    expect(ready).toMatchObject({ type: 'Ready', status: 'True', observedGeneration: 1 });

    expect((await bed.ask('whole', '/')).status).toBe(404);
    expect(await (await bed.ask('whole', '/whole')).text()).toContain('Files of the project');
    expect(await (await bed.ask('whole', '/whole/api')).json()).toMatchObject({
      project: 'project-1',
      instance: 'instance-1',
      owner: 'alice',
      user: { uid: 2000, gid: 100 },
      files: ['molecules.sdf'],
    });

    const owner = {
      apiVersion: 'squonk.it/v1',
      kind: 'DataVisualisation',
      name: 'whole',
      uid: metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const own = { 'app.kubernetes.io/managed-by': 'ogc-processes-k8s', 'app.kubernetes.io/component': 'visualisation' };
    const { metadata: ingressMetadata, spec } = await bed.ingress('whole');
    // It is not of this realm (test/support/kubernetes-client.js), of which `expect.any` asks.
    expect(types.isDate(ingressMetadata?.creationTimestamp)).toBe(true);
    expect({ ...ingressMetadata, ...spec }).toEqual({
      name: 'whole',
      namespace: bed.namespace,
      uid: expect.any(String),
      resourceVersion: expect.any(String),
      generation: 1,
      creationTimestamp: expect.anything(),
      managedFields: expect.any(Array),
      labels: { app: 'whole', ...own },
      ownerReferences: [owner],
      annotations: {
        'kubernetes.io/ingress.class': 'nginx',
        'nginx.ingress.kubernetes.io/proxy-body-size': '10m',
        'cert-manager.io/cluster-issuer': 'letsencrypt',
      },
      tls: [{ hosts: [DOMAIN], secretName: 'whole-tls' }],
      rules: [
        {
          host: DOMAIN,
          http: {
            paths: [
              { path: '/whole', pathType: 'Prefix', backend: { service: { name: 'whole', port: { number: 5170 } } } },
            ],
          },
        },
      ],
    });
    const [pod] = await bed.podsOf('whole');
    expect(pod?.metadata?.labels).toMatchObject({ [`${DM}/instance`]: 'whole', [`${DM}/instance-id`]: 'instance-1' });
    expect(pod?.spec).toMatchObject({
      securityContext: { runAsUser: 2000, runAsGroup: 100, fsGroup: 100, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    });

    expect((await bed.get('whole')).status).toEqual({
      observedGeneration: 1,
      viz: {
        url: `https://${DOMAIN}/whole`,
        image: `${IMAGE}:${TAG}`,
        serviceAccountName: 'default',
        resources: small,
        project: PROJECT,
      },
      conditions: [ready],
    });
    const events = await bed.eventsOf(metadata.uid);
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual(
      expect.arrayContaining([
        'Created: Deployment created.',
        'Created: Service created.',
        'Created: Ingress created.',
        'Available: The app answers.',
      ]),
    );
  });

  it('has its Deployment, Service and Ingress put right when they are edited or deleted by hand', async () => {
    await bed.create('mended', material);
    await bed.until('mended', 'Available');
    const at = { name: 'mended', namespace: bed.namespace };
    const deployment = { spec: { replicas: 0, template: { spec: { hostNetwork: true } } } };
    await bed.apps.patchNamespacedDeployment({ ...at, body: deployment }, mergePatch);
    await bed.networking.patchNamespacedIngress(
      { ...at, body: { metadata: { annotations: { 'kubernetes.io/ingress.class': 'other' }, labels: { app: null } } } },
      mergePatch,
    );
    await bed.cluster.core.patchNamespacedService({ ...at, body: { spec: { selector: { x: 'y' } } } }, mergePatch);
    await eventually('all three being right again', async () => {
      const { replicas, template } = (await bed.deployment('mended')).spec ?? {};
      const { metadata } = await bed.ingress('mended');
      const { spec } = await bed.service('mended');
      expect([replicas, template?.spec?.hostNetwork]).toEqual([1, undefined]);
      expect(metadata?.annotations?.['kubernetes.io/ingress.class']).toBe('nginx');
      expect(metadata?.labels?.['app']).toBe('mended');
      expect(spec?.selector).toEqual({ deployment: 'mended' });
      return true;
    });

    const uids = async () => {
      const objects = [await bed.deployment('mended'), await bed.service('mended'), await bed.ingress('mended')];
      return objects.map(({ metadata }) => metadata?.uid);
    };
    const before = await uids();
    await bed.apps.deleteNamespacedDeployment(at);
    await bed.cluster.core.deleteNamespacedService(at);
    await bed.networking.deleteNamespacedIngress(at);
    await eventually('all three being there again', async () =>
      (await uids()).every((uid) => uid !== undefined && !before.includes(uid)),
    );
    await bed.until('mended', 'Available');
    expect((await bed.ask('mended', '/mended')).status).toBe(200);
  });

  it('follows its resource, says why its pod does not start, and starts once that is mended', async () => {
    await bed.create('changed', material);
    await bed.until('changed', 'Available');
    await bed.change('changed', { imageTag: 'no-such-tag', ingressTlsSecret: 'own-tls' });
    const failed = await bed.until('changed', 'ErrImagePull', 'ImagePullBackOff');
    expect([failed.status, failed.message]).toEqual(['False', expect.stringContaining('no-such-tag')]);
    const ingress = await bed.ingress('changed');
    expect(ingress.spec?.tls).toEqual([{ hosts: [DOMAIN], secretName: 'own-tls' }]);
    expect(Object.keys(ingress.metadata?.annotations ?? {})).not.toContain('cert-manager.io/cluster-issuer');

    await bed.change('changed', {
      imageTag: TAG,
      resources: { requests: { memory: '4Ti' }, limits: { memory: '4Ti' } },
    });
    expect((await bed.until('changed', 'Unschedulable')).message).toContain('memory');
    await bed.change('changed', { resources: small });
    await bed.until('changed', 'Available');
  });

  it('is repaired, made and changed after the server was down meanwhile', async () => {
    await bed.create('before', material);
    await bed.until('before', 'Available');
    await bed.server?.end('SIGKILL');
    await bed.cluster.core.deleteNamespacedService({ name: 'before', namespace: bed.namespace });
    await bed.change('before', { ingressDomain: 'other.example.org' });
    await bed.create('meanwhile', material);
    await bed.startServer();
    await bed.until('before', 'Available');
    expect((await bed.get('before')).status?.viz?.url).toBe('https://other.example.org/before');
    expect((await bed.ingress('before')).spec?.rules?.[0]?.host).toBe('other.example.org');
    expect((await bed.ask('before', '/before')).status).toBe(200);
    await bed.until('meanwhile', 'Available');
  });

  it('never takes over an object that is not its own, and goes on once that is gone', async () => {
    const { namespace } = bed;
    const ports = [{ port: 80 }];
    const body = { metadata: { name: 'taken', labels: { app: 'taken' } }, spec: { ports } };
    const foreign = await bed.cluster.core.createNamespacedService({ namespace, body });
    await bed.create('taken', material);
    expect((await bed.until('taken', 'NameTaken')).message).toContain('There is a Service taken already');
    const untouched = await bed.service('taken');
    expect(untouched.metadata?.resourceVersion).toBe(foreign.metadata?.resourceVersion);
    await bed.cluster.core.deleteNamespacedService({ name: 'taken', namespace });
    await bed.until('taken', 'Available');
  });

  it('that becomes invalid goes on as it was until it is valid again', async () => {
    await bed.create('doubtful', { ...material, labels: ['no equals sign'] });
    const invalid = await bed.until('doubtful', 'InvalidSpec');
    expect(invalid.message).toBe(
      'spec.imDataManager.labels[0] must be a label KEY=VALUE, each as Kubernetes takes it (is "no equals sign")',
    );
    expect(await bed.objectsOf('doubtful')).toEqual([]);
    await bed.change('doubtful', { labels: ['a=b'] });
    await bed.until('doubtful', 'Available');
    await bed.change('doubtful', { labels: ['job-name=x'] });
    await bed.until('doubtful', 'InvalidSpec');
    expect((await bed.ask('doubtful', '/doubtful')).status).toBe(200);
    await bed.change('doubtful', { labels: [] });
    await bed.until('doubtful', 'Available');
  });

  it.each([
    [
      'privileged',
      { securityContext: { privileged: true } },
      'spec.imDataManager.securityContext.privileged is not allowed',
    ],
    ['selected', { labels: ['deployment=whole'] }, 'must not set deployment: the label is reserved'],
    ['injected', { labels: ['a=b,c=d'] }, 'spec.imDataManager.labels[0] must be a label KEY=VALUE'],
    ['dotted.name', {}, 'metadata.name must be at most 63 lower case letters'],
  ])('that is hostile (%s) changes nothing but its own status', async (name, hostile, message) => {
    await bed.create(name, { ...material, ...hostile });
    expect((await bed.until(name, 'InvalidSpec')).message).toContain(message);
    expect(await bed.objectsOf(name)).toEqual([]);
  });

  it('that names what is not allowed makes nothing, and says in status and Event what is allowed', async () => {
    const { metadata } = await bed.create('greedy', {
      ...material,
      ingressDomain: 'api.example.org',
      ingressClass: 'internal',
      ingressTlsSecret: 'api-tls',
      serviceAccountName: 'admin',
      automountServiceAccountToken: true,
    });
    const { message } = await bed.until('greedy', 'NotAllowed');
    const at = 'spec.imDataManager';
    expect(message.split('; ')).toEqual([
      `${at}.ingressClass must be one of nginx (is "internal")`,
      `${at}.ingressTlsSecret must be one of own-tls (is "api-tls")`,
      `${at}.serviceAccountName must be one of default, viewer (is "admin")`,
      `${at}.automountServiceAccountToken must be false with the service account admin: only viewer may have a token (is true)`,
      `${at}.ingressDomain must be another host than the API’s (is "api.example.org")`,
    ]);
    expect(await bed.objectsOf('greedy')).toEqual([]);
    await eventually('the Event', async () =>
      (await bed.eventsOf(metadata.uid)).some((event) => event.reason === 'NotAllowed' && event.message === message),
    );
  });

  it('that changes to what is not allowed goes on as it was', async () => {
    await bed.create('changing', material);
    await bed.until('changing', 'Available');
    await bed.change('changing', { serviceAccountName: 'admin', ingressDomain: 'other.example.org' });
    await bed.until('changing', 'NotAllowed');
    expect((await bed.ingress('changing')).spec?.rules?.[0]?.host).toBe(DOMAIN);
    expect((await bed.deployment('changing')).spec?.template.spec?.serviceAccountName).toBe('default');
    expect((await bed.ask('changing', '/changing')).status).toBe(200);
  });

  it('has the token of its service account in its pod only where it asks for one', async () => {
    await bed.cluster.core.createNamespacedServiceAccount({
      namespace: bed.namespace,
      body: { metadata: { name: 'viewer' } },
    });
    await bed.create('without-token', { ...material, serviceAccountName: 'viewer' });
    await bed.create('with-token', { ...material, serviceAccountName: 'viewer', automountServiceAccountToken: true });
    const mountsToken = async (name: string) => {
      await bed.until(name, 'Available');
      const [pod] = await bed.podsOf(name);
      return (pod?.spec?.containers[0]?.volumeMounts ?? []).some(({ mountPath }) =>
        mountPath.endsWith('/serviceaccount'),
      );
    };
    expect([await mountsToken('without-token'), await mountsToken('with-token')]).toEqual([false, true]);
  });

  it.each([
    [{ project: { ...PROJECT, id: '../other' } }],
    [{ project: { ...PROJECT, id: '/' } }],
    [{ project: { claimName: 'project' } }],
    [{ securityContext: { runAsUser: 0 } }],
    [{ imageTag: 'a b' }],
    [{ ingressProxyBodySize: '1m; return 200' }],
    [{ ingressDomain: 'a b' }],
    [{ resources: { limits: { cpu: 'many' } } }],
    [{ imageTag: undefined }],
  ])('with %j is refused by the API server', async (wrong) => {
    await expect(bed.create('refused', { ...material, ...wrong })).rejects.toMatchObject({ code: 422 });
  });

  it('takes all its objects with it when it is deleted, and may come again at once', async () => {
    await bed.create('short-lived', material);
    await bed.until('short-lived', 'Available');
    expect(await bed.objectsOf('short-lived')).toEqual(['Deployment', 'Service', 'Ingress', 'Pod']);
    await bed.delete('short-lived');
    await bed.create('short-lived', material);
    await bed.until('short-lived', 'Available');
    await bed.delete('short-lived');
    await eventually('the garbage collection', async () => (await bed.objectsOf('short-lived')).length === 0);
  });

  it('stands in the list for whoever knows the token', async () => {
    await bed.create('listed', { ...material, labels: ['wrong'] });
    await bed.until('listed', 'InvalidSpec');
    expect((await bed.list('')).status).toBe(401);
    expect((await bed.list('wrong')).status).toBe(401);
    const { visualisations } = (await (await bed.list()).json()) as { visualisations: { name: string }[] };
    expect(visualisations.find(({ name }) => name === 'listed')).toEqual({
      namespace: bed.namespace,
      name: 'listed',
      state: 'invalid',
      reason: 'InvalidSpec',
      message: expect.stringContaining('labels[0]'),
      created: expect.any(String),
    });
  });

  it('needs no processes API, and none is there', async () => {
    const get = async (path: string) => {
      const answer = await fetch(bed.url + path);
      return { status: answer.status, body: (await answer.json()) as Record<string, never> };
    };
    expect((await get('/processes')).status).toBe(404);
    expect((await get('/jobs')).status).toBe(404);
    const landing = (await get('/')).body as unknown as { links: { href: string }[] };
    const paths = landing.links.map(({ href }) => new URL(href).pathname);
    expect(paths).toEqual(['/', '/openapi', '/openapi/3.1', '/docs', '/conformance', '/visualisations']);
    const openapi = (await get('/openapi')).body as unknown as { paths: object };
    expect(Object.keys(openapi.paths)).toContain('/visualisations');
    expect(Object.keys(openapi.paths).filter((path) => /processes|jobs/.test(path))).toEqual([]);
    const health = await get('/health/ready');
    expect(health).toEqual({
      status: 200,
      body: {
        status: 'ok',
        checks: { informers: { status: 'ok' }, queues: { status: 'ok' }, securityContext: { status: 'ok' } },
      },
    });
    expect(bed.server?.output).not.toMatch(/rror|Missing rights/);
  });

  it('runs beside the processes API in one server, too', async () => {
    await bed.server?.end();
    const cluster = await TestCluster.start();
    let both: TestBed | undefined;
    try {
      const variables = {
        ...bed.variables,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: cluster.namespace,
        OPERATORS: 'visualisations',
      };
      both = await TestBed.startProcess(variables, { cluster });
      await bed.create('beside', material);
      await bed.until('beside', 'Available');
      expect((await both.execute('hello', { name: 'you' })).status).toBe(200);
      const answer = await both.get('/visualisations', TOKEN);
      expect(((await answer.json()) as { visualisations: unknown[] }).visualisations).toContainEqual(
        expect.objectContaining({ name: 'beside', state: 'ready', url: `https://${DOMAIN}/beside` }),
      );
      const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/html' };
      const page = await fetch(`${both.url}/visualisations`, { headers });
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain(`<a href="https://${DOMAIN}/beside">beside</a>`);
      expect((await fetch(`${both.url}/visualisations`, { headers: { accept: 'text/html' } })).status).toBe(401);
      expect((await fetch(`${both.url}/visualisations?f=json`, { headers })).headers.get('content-type')).toMatch(
        /^application\/json/,
      );
    } finally {
      await both?.stop();
      await bed.startServer();
    }
  });
});
