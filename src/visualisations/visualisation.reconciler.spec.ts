import { beforeEach, describe, expect, it, test } from '@jest/globals';
import type { KubernetesObject, V1Deployment, V1Ingress, V1PodStatus, V1Service } from '@kubernetes/client-node';
import type { VisualisationSettings } from '../config/configuration.js';
import { KeyedWorkQueue } from '../k8s/queues/keyed-work-queue.js';
import { ManualClock, settle } from '../k8s/testing/manual-clock.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { ChildWriter } from './child.writer.js';
import { EventRecorder } from './event.recorder.js';
import { StatusRecorder } from './status.recorder.js';
import { configurationWith, VisualisationCluster } from './testing/visualisation-cluster.js';
import { gateway, owner, settings } from './testing/instances.js';
import { VisualisationCache } from './visualisation-cache.js';
import { VisualisationReconciler } from './visualisation.reconciler.js';
import { retryDelays } from './visualisations.service.js';

const KEY = 'there/viz-1';
const now = new Date('2026-01-31T12:00:00.123Z');
const later = new Date('2026-01-31T13:00:00Z');
const createAll = ['create deployments', 'create services', 'create ingresses'];

describe('the reconciler of visualisations', () => {
  let cluster: VisualisationCluster;
  let cache: VisualisationCache;
  let reconciler: VisualisationReconciler;
  const build = (jobPodSecurityContext?: string, over: Partial<VisualisationSettings> = {}): void => {
    cluster ??= new VisualisationCluster();
    const configuration = configurationWith({ ...settings, ...over });
    Object.assign(configuration.environment, { jobPodSecurityContext });
    cache = new VisualisationCache(cluster.informerFactory, configuration);
    for (const object of cluster.objects.values()) cluster.write(object);
    reconciler = new VisualisationReconciler(
      cache,
      new ChildWriter(cluster.client, cache),
      new StatusRecorder(cluster.client, cache),
      new EventRecorder(cluster.client),
      new SecurityContextPolicy(configuration),
      configuration,
    );
  };
  const visualisation = (imDataManager: object = { imageTag: '1' }, metadata: object = {}): void => {
    const current = cluster.object<KubernetesObject & { status?: object }>('datavisualisations', 'viz-1');
    cluster.write({
      kind: 'DataVisualisation',
      ...(current?.status ? { status: current.status } : {}),
      metadata: { name: 'viz-1', namespace: 'there', uid: 'uid-1', generation: 1, ...metadata },
      spec: { imDataManager },
    } as KubernetesObject);
  };
  /** What a pass does: its writes; the calls are forgotten. */
  const pass = async (at = now): Promise<string[]> => {
    cluster.calls.length = 0;
    await reconciler.reconcile(KEY, at);
    return cluster.calls.filter((call) => !call.endsWith(' events'));
  };
  const ready = () => cluster.statusOf('viz-1')?.conditions?.find(({ type }) => type === 'Ready');

  beforeEach(() => {
    cluster = new VisualisationCluster();
    build();
    visualisation();
  });

  it('makes the objects, then tells what it made', async () => {
    expect(await pass()).toEqual([...createAll, 'patch datavisualisations/status']);
    expect(cluster.statusOf('viz-1')).toEqual({
      observedGeneration: 1,
      viz: {
        url: 'https://apps.example.org/viz-1',
        image: 'registry.example.org/viz-app:1',
        serviceAccountName: 'default',
        resources: { requests: { cpu: '10m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
      },
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'Starting',
          message: 'The app is starting.',
          lastTransitionTime: '2026-01-31T12:00:00Z',
          observedGeneration: 1,
        },
      ],
    });
    expect(cluster.events).toEqual([
      'Normal Created: Deployment created.',
      'Normal Created: Service created.',
      'Normal Created: Ingress created.',
      'Normal Starting: The app is starting.',
    ]);
  });

  it('does nothing where all is as it should be', async () => {
    await pass();
    expect(await pass(later)).toEqual([]);
  });

  it('writes once after a restart, which changes nothing', async () => {
    await pass();
    const versions = [...cluster.objects.values()].map(({ metadata }) => metadata?.resourceVersion);
    cluster.events.length = 0;
    const restarted = cluster.objects;
    build();
    const before = [...restarted.values()].map(({ metadata }) => metadata?.resourceVersion);
    expect(await pass(later)).toEqual(['replace deployments', 'replace services', 'replace ingresses']);
    expect([...restarted.values()].map(({ metadata }) => metadata?.resourceVersion)).toEqual(before);
    expect(versions).toHaveLength(before.length);
    expect(cluster.events).toEqual([]);
    expect(await pass(later)).toEqual([]);
  });

  test.each<[string, () => void, string[]]>([
    ['Deployment deleted', () => cluster.remove('deployments', 'viz-1'), ['create deployments']],
    ['Service deleted', () => cluster.remove('services', 'viz-1'), ['create services']],
    ['Ingress deleted', () => cluster.remove('ingresses', 'viz-1'), ['create ingresses']],
    [
      'Deployment edited',
      () =>
        cluster.edit<V1Deployment>('deployments', 'viz-1', (object) => {
          object.spec!.template.spec!.hostNetwork = true;
          return object;
        }),
      ['replace deployments'],
    ],
    [
      'Service edited',
      () => cluster.edit<V1Service>('services', 'viz-1', (object) => ({ ...object, spec: { selector: { x: 'y' } } })),
      ['replace services'],
    ],
    [
      'Ingress edited',
      () => cluster.edit<V1Ingress>('ingresses', 'viz-1', (object) => ({ ...object, spec: { rules: [] } })),
      ['replace ingresses'],
    ],
    [
      'label of the Ingress changed',
      () =>
        cluster.write({
          ...cluster.object<V1Ingress>('ingresses', 'viz-1'),
          metadata: {
            ...cluster.object('ingresses', 'viz-1')?.metadata,
            labels: { ...cluster.object('ingresses', 'viz-1')?.metadata?.labels, app: 'other' },
          },
        }),
      ['replace ingresses'],
    ],
    [
      'own labels taken off, so that it is not seen any more',
      () =>
        cluster.edit<V1Service>('services', 'viz-1', (object) => ({
          ...object,
          metadata: { ...object.metadata, labels: {} },
        })),
      ['create services', 'get services', 'replace services'],
    ],
  ])('puts right: %s', async (_what, damage, calls) => {
    await pass();
    const objects = () => createAll.map((call) => strip(cluster.object(call.split(' ')[1] as 'services', 'viz-1')));
    const right = objects();
    damage();
    expect(await pass(later)).toEqual(calls);
    expect(objects()).toEqual(right);
    expect(await pass(later)).toEqual([]);
  });

  it('keeps what others have added to the metadata, and takes off what it no longer wants', async () => {
    visualisation({ imageTag: '1', ingressProxyBodySize: '2m' });
    await pass();
    const annotations = {
      ...cluster.object('ingresses', 'viz-1')?.metadata?.annotations,
      'cert-manager.io/cluster-issuer': 'mine',
      'example.org/note': 'x',
    };
    const object = cluster.object<V1Ingress>('ingresses', 'viz-1');
    cluster.write({ ...object, metadata: { ...object?.metadata, annotations, finalizers: ['example.org/f'] } });
    await pass();
    const { metadata } = cluster.object('ingresses', 'viz-1') ?? {};
    expect(metadata?.annotations).toEqual({
      'kubernetes.io/ingress.class': 'nginx',
      'nginx.ingress.kubernetes.io/proxy-body-size': '2m',
      'example.org/note': 'x',
    });
    expect(metadata?.finalizers).toEqual(['example.org/f']);
  });

  it('follows a changed resource', async () => {
    visualisation({ imageTag: '1', project: { claimName: 'c', id: 'p' } });
    await pass();
    visualisation({ imageTag: '2', ingressDomain: 'other.example.org' }, { generation: 2 });
    expect(await pass(later)).toEqual(['replace deployments', 'replace ingresses', 'patch datavisualisations/status']);
    const status = cluster.statusOf('viz-1');
    expect(status).toMatchObject({
      observedGeneration: 2,
      viz: { url: 'https://other.example.org/viz-1', image: 'registry.example.org/viz-app:2' },
    });
    expect(status?.viz).not.toHaveProperty('project');
    expect(cluster.events.slice(-2)).toEqual([
      'Normal Updated: Deployment differed from what the resource says; put right.',
      'Normal Updated: Ingress differed from what the resource says; put right.',
    ]);
  });

  it('takes on the objects that the predecessor made for the resource', async () => {
    const metadata = { name: 'viz-1', namespace: 'there', uid: 'old', labels: { app: 'viz-1' }, generation: 1 };
    const spec = { replicas: 1, selector: { matchLabels: { deployment: 'viz-1' } } };
    cluster.write({
      kind: 'Deployment',
      metadata: { ...metadata, ownerReferences: [owner] },
      spec,
    } as KubernetesObject);
    expect(await pass()).toEqual([
      'create deployments',
      'get deployments',
      'replace deployments',
      'create services',
      'create ingresses',
      'patch datavisualisations/status',
    ]);
    expect(cluster.object('deployments', 'viz-1')?.metadata?.uid).toBe('old');
  });

  test.each<[string, object[] | undefined, string, string]>([
    [
      'nobody owns',
      undefined,
      'NameTaken',
      'There is a Service viz-1 already, which belongs to nobody. It is left alone: delete it, or choose another name.',
    ],
    [
      'another kind owns',
      [{ ...owner, kind: 'Shop', uid: 'u' }],
      'NameTaken',
      'There is a Service viz-1 already, which belongs to Shop viz-1. It is left alone: delete it, or choose another name.',
    ],
    [
      'another instance owns',
      [{ ...owner, name: 'viz-2', uid: 'u' }],
      'NameTaken',
      'There is a Service viz-1 already, which belongs to DataVisualisation viz-2. It is left alone: delete it, or choose another name.',
    ],
    [
      'a former instance owned',
      [{ ...owner, uid: 'u' }],
      'FormerInstanceGoes',
      'The Service viz-1 of a former instance of this name is still there; it is made anew once it is gone.',
    ],
  ])('never takes over an object that %s', async (_what, ownerReferences, reason, message) => {
    const labels = {
      'app.kubernetes.io/managed-by': 'ogc-processes-k8s',
      'app.kubernetes.io/component': 'visualisation',
    };
    const metadata = { name: 'viz-1', namespace: 'there', uid: 'foreign', labels, ownerReferences };
    cluster.write({ kind: 'Service', metadata, spec: {} } as KubernetesObject);
    const before = cluster.object('services', 'viz-1');
    await expect(pass()).rejects.toThrow(message);
    expect(cluster.object('services', 'viz-1')).toEqual(before);
    expect(ready()).toMatchObject({ status: 'False', reason, message });
    cluster.remove('services', 'viz-1');
    await pass();
    expect(ready()?.reason).toBe('Starting');
  });

  it('takes out of the status what the predecessor has left within its own, once', async () => {
    const status = { viz: { viz: { url: 'https://old.example.org/viz-1' }, image: 'old' }, kopf: { progress: {} } };
    cluster.write({ ...cluster.object('datavisualisations', 'viz-1'), status } as KubernetesObject);
    expect(await pass()).toContain('patch datavisualisations/status');
    expect(cluster.statusOf('viz-1')?.viz).toMatchObject({ url: 'https://apps.example.org/viz-1' });
    expect(cluster.statusOf('viz-1')?.viz).not.toHaveProperty('viz');
    expect(cluster.statusOf('viz-1')).toHaveProperty('kopf');
    expect(await pass(later)).toEqual([]);
  });

  it('never takes over an object that became another’s between two looks', async () => {
    await pass();
    cluster.edit<V1Service>('services', 'viz-1', (object) => ({ ...object, spec: {} }));
    const metadata = { name: 'viz-1', namespace: 'there', uid: 'foreign' };
    cluster.before.set('replace services', () => cluster.write({ kind: 'Service', metadata } as KubernetesObject));
    await expect(pass()).rejects.toThrow('belongs to nobody');
    expect(cluster.object('services', 'viz-1')?.metadata?.uid).toBe('foreign');
  });

  test.each<[string, object, string]>([
    ['without a tag', {}, 'spec.imDataManager.imageTag is missing'],
    ['with a label that is none', { imageTag: '1', labels: ['x'] }, 'must be a label KEY=VALUE'],
    ['that leaves its project', { imageTag: '1', project: { claimName: 'c', id: '../x' } }, 'project.id must be'],
    ['that takes another’s traffic', { imageTag: '1', labels: ['deployment=viz-2'] }, 'must not set deployment'],
    ['that wants privileges', { imageTag: '1', securityContext: { privileged: true } }, 'privileged is not allowed'],
  ])('leaves a resource %s alone but for its status, and does not try again', async (_what, material, message) => {
    visualisation(material);
    expect(await pass()).toEqual(['patch datavisualisations/status']);
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'InvalidSpec',
      message: expect.stringContaining(message),
    });
    expect(cluster.statusOf('viz-1')).not.toHaveProperty('viz');
    expect(cluster.events).toEqual([expect.stringMatching(/^Warning InvalidSpec: /)]);
    expect(await pass(later)).toEqual([]);
  });

  it('leaves an instance running whose resource becomes invalid, and goes on once it is valid', async () => {
    await pass();
    cluster.setAvailable('viz-1', 1);
    await pass();
    expect(ready()).toMatchObject({ status: 'True', reason: 'Available' });
    visualisation({ imageTag: 'a b' }, { generation: 2 });
    expect(await pass(later)).toEqual(['patch datavisualisations/status']);
    expect(cluster.statusOf('viz-1')).toMatchObject({
      observedGeneration: 2,
      viz: { image: 'registry.example.org/viz-app:1' },
      conditions: [{ reason: 'InvalidSpec', lastTransitionTime: '2026-01-31T13:00:00Z', observedGeneration: 2 }],
    });
    visualisation({ imageTag: '1' }, { generation: 3 });
    await pass(later);
    expect(ready()).toMatchObject({ status: 'True', reason: 'Available', observedGeneration: 3 });
  });

  it('makes nothing of a resource that names what is not allowed, and says in status and Events what is', async () => {
    build(undefined, { allowed: { ingressDomains: [], serviceAccounts: ['viewer'] } });
    visualisation({ imageTag: '1', ingressDomain: 'evil.example.org' });
    expect(await pass()).toEqual(['patch datavisualisations/status']);
    const domain = 'spec.imDataManager.ingressDomain must be one of apps.example.org (is "evil.example.org")';
    expect(ready()).toMatchObject({ status: 'False', reason: 'NotAllowed', message: domain });
    expect(cluster.statusOf('viz-1')).not.toHaveProperty('viz');
    visualisation({ imageTag: '1', serviceAccountName: 'admin' }, { generation: 2 });
    expect(await pass(later)).toEqual(['patch datavisualisations/status']);
    const account = 'spec.imDataManager.serviceAccountName must be one of default, viewer (is "admin")';
    expect(cluster.events).toEqual([`Warning NotAllowed: ${domain}`, `Warning NotAllowed: ${account}`]);
    expect(await pass(later)).toEqual([]);
    visualisation({ imageTag: '1', serviceAccountName: 'viewer' }, { generation: 3 });
    expect(await pass(later)).toEqual([...createAll, 'patch datavisualisations/status']);
  });

  it('leaves an instance running as it was that is no longer allowed, and repairs nothing of it', async () => {
    visualisation({ imageTag: '1', ingressDomain: 'other.example.org' });
    await pass();
    build(undefined, { allowed: { ingressDomains: [] } });
    cluster.remove('services', 'viz-1');
    expect(await pass(later)).toEqual(['patch datavisualisations/status']);
    expect(ready()?.reason).toBe('NotAllowed');
    expect(cluster.statusOf('viz-1')?.viz?.url).toBe('https://other.example.org/viz-1');
    expect(cluster.object<V1Ingress>('ingresses', 'viz-1')?.spec?.rules?.[0]?.host).toBe('other.example.org');
  });

  describe('with a Gateway', () => {
    const both: Partial<VisualisationSettings> = { gateway, routes: 'both' };
    const routed = () => cluster.statusOf('viz-1')?.conditions?.find(({ type }) => type === 'Routed');
    /** As the Gateway's controller writes it. */
    const setAccepted = (...conditions: object[]): void => {
      const route = cluster.object<KubernetesObject>('httproutes', 'viz-1');
      const { generation: observedGeneration } = route?.metadata ?? {};
      const parents = [
        {
          controllerName: 'example.org/controller',
          conditions: conditions.map((condition) => ({ observedGeneration, ...condition })),
        },
      ];
      cluster.write({ ...route, kind: 'HTTPRoute', status: { parents } } as KubernetesObject);
    };

    it('makes an HTTPRoute beside the Ingress, and says at which Gateway the instance is reached', async () => {
      build(undefined, both);
      expect(await pass()).toEqual([...createAll, 'create httproutes', 'patch datavisualisations/status']);
      expect(cluster.statusOf('viz-1')).toMatchObject({
        viz: { url: 'https://apps.example.org/viz-1', gateway: 'infra/public/https' },
        conditions: [
          { type: 'Ready', reason: 'Starting' },
          { type: 'Routed', status: 'Unknown', reason: 'Pending', lastTransitionTime: '2026-01-31T12:00:00Z' },
        ],
      });
      expect(cluster.events).toContain('Normal Created: HTTPRoute created.');
      setAccepted({ type: 'Accepted', status: 'True' }, { type: 'ResolvedRefs', status: 'True' });
      expect(await pass(later)).toEqual(['patch datavisualisations/status']);
      expect(routed()).toEqual({
        type: 'Routed',
        status: 'True',
        reason: 'Accepted',
        message: 'example.org/controller has taken the HTTPRoute.',
        lastTransitionTime: '2026-01-31T13:00:00Z',
        observedGeneration: 1,
      });
      expect(await pass(later)).toEqual([]);
    });

    test.each<[string, object[], object]>([
      [
        'no listener that lets it in',
        [{ type: 'Accepted', status: 'False', reason: 'NotAllowedByListeners', message: 'not from there' }],
        { status: 'False', reason: 'NotAllowedByListeners', message: 'example.org/controller: not from there' },
      ],
      [
        'a filter that is not there',
        [
          { type: 'Accepted', status: 'True' },
          { type: 'ResolvedRefs', status: 'False', reason: 'InvalidKind' },
        ],
        { status: 'False', reason: 'InvalidKind', message: 'example.org/controller: InvalidKind' },
      ],
      [
        'what is said of an older one',
        [{ type: 'Accepted', status: 'True', observedGeneration: 0 }],
        { status: 'Unknown', reason: 'Pending' },
      ],
    ])('tells of %s', async (_what, conditions, expected) => {
      build(undefined, both);
      await pass();
      setAccepted(...conditions);
      await pass(later);
      expect(routed()).toMatchObject(expected);
    });

    it('puts an HTTPRoute right, and makes it anew', async () => {
      build(undefined, both);
      await pass();
      const right = strip(cluster.object('httproutes', 'viz-1'));
      cluster.edit<KubernetesObject>('httproutes', 'viz-1', (object) => ({ ...object, spec: { parentRefs: [] } }));
      expect(await pass(later)).toEqual(['replace httproutes']);
      expect(strip(cluster.object('httproutes', 'viz-1'))).toEqual(right);
      cluster.remove('httproutes', 'viz-1');
      expect(await pass(later)).toEqual(['create httproutes']);
      expect(await pass(later)).toEqual([]);
    });

    it('follows a resource to another Gateway, and says what an HTTPRoute has no place for', async () => {
      build(undefined, both);
      await pass();
      visualisation({ imageTag: '1', gateway: 'team/own', ingressProxyBodySize: '10m' }, { generation: 2 });
      expect(await pass(later)).toEqual(['replace ingresses', 'replace httproutes', 'patch datavisualisations/status']);
      const lost = 'Not carried over to the HTTPRoute, which has no place for it: ingressProxyBodySize 10m; ';
      expect(cluster.events.at(-1)).toContain(`Warning NotCarriedOver: ${lost}`);
      expect(cluster.statusOf('viz-1')?.viz?.gateway).toBe('team/own');
      expect(routed()?.message).toContain(lost);
    });

    it('takes away what it is no longer to make, and nothing that is another’s', async () => {
      build(undefined, both);
      await pass();
      build(undefined, { gateway, routes: 'httproute' });
      expect(await pass(later)).toContain('delete ingresses');
      expect(cluster.object('ingresses', 'viz-1')).toBeUndefined();
      expect(cluster.events.at(-1)).toBe('Normal Removed: Ingress is no longer made (SVO_ROUTES); removed.');
      expect(await pass(later)).toEqual([]);

      build(undefined, { gateway, routes: 'ingress' });
      expect(await pass(later)).toEqual(expect.arrayContaining(['create ingresses', 'delete httproutes']));
      expect(cluster.statusOf('viz-1')?.viz).not.toHaveProperty('gateway');
      expect(routed()).toBeUndefined();

      const labels = cluster.object('services', 'viz-1')?.metadata?.labels;
      const metadata = { name: 'viz-1', namespace: 'there', uid: 'foreign', labels };
      cluster.write({ kind: 'HTTPRoute', metadata, spec: { parentRefs: [] } } as KubernetesObject);
      expect(await pass(later)).toEqual([]);
      expect(cluster.object('httproutes', 'viz-1')).toBeDefined();
    });

    it('takes away the Ingress that the predecessor made, which has no labels, and asks for it once', async () => {
      build(undefined, { gateway, routes: 'httproute' });
      const metadata = { name: 'viz-1', namespace: 'there', uid: 'old', labels: { app: 'viz-1' } };
      cluster.write({ kind: 'Ingress', metadata: { ...metadata, ownerReferences: [owner] } } as KubernetesObject);
      cluster.failures.set('delete ingresses', 'unavailable');
      await expect(pass()).rejects.toMatchObject({ failure: 'unavailable' });
      cluster.failures.clear();
      expect(await pass()).toEqual(expect.arrayContaining(['get ingresses', 'delete ingresses']));
      expect(cluster.object('ingresses', 'viz-1')).toBeUndefined();
      expect(await pass()).toEqual([]);
    });

    it('never takes over an HTTPRoute that is another’s', async () => {
      build(undefined, both);
      const metadata = { name: 'viz-1', namespace: 'there', uid: 'foreign' };
      cluster.write({ kind: 'HTTPRoute', metadata, spec: { parentRefs: [] } } as KubernetesObject);
      await expect(pass()).rejects.toThrow('There is an HTTPRoute viz-1 already, which belongs to nobody.');
      expect(cluster.object('httproutes', 'viz-1')?.metadata?.uid).toBe('foreign');
    });
  });

  test.each<[string, V1PodStatus, string, string]>([
    [
      'whose image cannot be pulled',
      { containerStatuses: [status({ state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } })] },
      'ImagePullBackOff',
      'no such image',
    ],
    [
      'that no node can take',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] },
      'Unschedulable',
      '0/3 nodes',
    ],
    [
      'that ends again and again',
      {
        containerStatuses: [
          status({
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          }),
        ],
      },
      'CrashLoopBackOff',
      'back-off 10s The container ended with code 137 (OOMKilled).',
    ],
    [
      'that was evicted',
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' },
      'Evicted',
      'The node was low on memory.',
    ],
    [
      'that no longer answers',
      {
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: second(9) }],
        containerStatuses: [status({ state: { running: { startedAt: second(3) } } })],
      },
      'ContainersNotReady',
      'The app has answered before, and no longer does.',
    ],
    [
      'that does not answer yet',
      {
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: second(3) }],
        containerStatuses: [status({ state: { running: { startedAt: second(3) } } })],
      },
      'Starting',
      'The app is starting.',
    ],
    [
      'that is being made',
      { containerStatuses: [status({ state: { waiting: { reason: 'ContainerCreating' } } })] },
      'Starting',
      'The app is starting.',
    ],
  ])('tells of a pod %s', async (_what, podStatus, reason, message) => {
    await pass();
    cluster.setAvailable('viz-1', 0);
    cluster.addPod('viz-1-abc', 'viz-1', podStatus);
    await pass(later);
    expect(ready()).toMatchObject({ status: 'False', reason, message });
    cluster.remove('pods', 'viz-1-abc');
    cluster.setAvailable('viz-1', 1);
    await pass(later);
    expect(ready()).toMatchObject({ status: 'True', reason: 'Available', lastTransitionTime: '2026-01-31T13:00:00Z' });
  });

  it('tells nothing of a pod that was evicted and has been followed by another', async () => {
    await pass();
    cluster.setAvailable('viz-1', 0);
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' };
    cluster.addPod('viz-1-old', 'viz-1', evicted, new Date('2026-01-01T00:00:00Z'));
    await pass(later);
    expect(ready()?.reason).toBe('Evicted');
    cluster.addPod('viz-1-new', 'viz-1', { phase: 'Pending' }, new Date('2026-01-31T00:00:00Z'));
    await pass(later);
    expect(ready()?.reason).toBe('Starting');
  });

  it('tells why no pod can even be made', async () => {
    await pass();
    const message = 'pods "viz-1-" is forbidden: no PriorityClass';
    cluster.setAvailable('viz-1', 0, [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }]);
    await pass();
    expect(ready()).toMatchObject({ status: 'False', reason: 'FailedCreate', message });
  });

  it('does not call ready what was available before the Deployment controller has seen the change', async () => {
    await pass();
    cluster.setAvailable('viz-1', 1);
    visualisation({ imageTag: '2' }, { generation: 2 });
    await pass();
    expect(ready()).toMatchObject({ status: 'False', reason: 'Starting' });
  });

  it('touches nothing of a resource that is being deleted, or is gone', async () => {
    await pass();
    visualisation({ imageTag: '2' }, { deletionTimestamp: '2026-01-31T12:00:00Z' });
    cluster.remove('services', 'viz-1');
    expect(await pass()).toEqual([]);
    cluster.remove('datavisualisations', 'viz-1');
    expect(await pass()).toEqual([]);
  });

  it('does not run instances while the server’s security context is wrong', async () => {
    build('{no json');
    expect(await pass()).toEqual(['patch datavisualisations/status']);
    expect(ready()).toMatchObject({ reason: 'SecurityContextInvalid' });
  });

  test.each([...createAll, 'patch datavisualisations/status'])(
    'is right in the end where "%s" has failed before',
    async (call) => {
      cluster.failures.set(call, 'unavailable');
      await expect(pass()).rejects.toMatchObject({ failure: 'unavailable' });
      if (call.startsWith('create'))
        expect(ready()).toMatchObject({ reason: 'ReconcileFailed', message: `${call}: unavailable` });
      cluster.failures.clear();
      await pass();
      expect(createAll.map((made) => cluster.object(made.split(' ')[1] as 'services', 'viz-1'))).not.toContain(
        undefined,
      );
      expect(ready()?.reason).toBe('Starting');
    },
  );

  it('goes on where somebody else has written at the same time', async () => {
    await pass();
    cluster.edit<V1Service>('services', 'viz-1', (object) => ({ ...object, spec: {} }));
    cluster.before.set('replace services', () => {
      cluster.edit<V1Service>('services', 'viz-1', (object) => ({ ...object, spec: { selector: {} } }));
    });
    expect(await pass()).toEqual(['replace services', 'get services', 'replace services']);
    expect(cluster.object<V1Service>('services', 'viz-1')?.spec?.selector).toEqual({ deployment: 'viz-1' });
  });

  it('is content without events', async () => {
    cluster.failures.set('create events', 'forbidden');
    await pass();
    expect(ready()?.reason).toBe('Starting');
  });

  it('says what misses where the definition has no status of its own', async () => {
    cluster.failures.set('patch datavisualisations/status', 'not-found');
    await expect(pass()).rejects.toThrow('k8s-manifests/visualisations/crd.yaml');
    cluster.before.set('patch datavisualisations/status', () => cluster.remove('datavisualisations', 'viz-1'));
    await pass();
  });

  describe('on its queue', () => {
    const run = async (): Promise<ManualClock> => {
      const clock = new ManualClock();
      const options = {
        name: 'spec',
        concurrency: 1,
        delayAfter: retryDelays(settings),
        onError: () => 'retry' as const,
      };
      const queue = new KeyedWorkQueue(options, (key) => reconciler.reconcile(key, now), clock);
      cache.onChange((key) => queue.add(key));
      queue.add(KEY);
      await settle();
      return clock;
    };

    it('tries again six times, 20 seconds apart, and then slowly, for good', async () => {
      cluster.failures.set('create services', 'forbidden');
      const clock = await run();
      const delays: (number | undefined)[] = [];
      for (let round = 0; round < 9; round += 1) {
        // Changes meanwhile make it be tried, too, and take nothing from the quick tries.
        if (round < 3) cluster.setAvailable('viz-1', 0);
        await settle();
        delays.push(clock.next);
        await clock.advance(clock.next ?? 0);
      }
      expect(delays).toEqual([...Array.from({ length: 6 }, () => 20_000), 300_000, 300_000, 300_000]);
      cluster.failures.clear();
      await clock.advance(300_000);
      expect([ready()?.reason, clock.next]).toEqual(['Starting', undefined]);
    });

    it('tries again where a webhook denies an object, which it answers by a bad request', async () => {
      cluster.failures.set('create ingresses', 'bad-request');
      const clock = await run();
      expect([ready()?.reason, clock.next]).toEqual(['ReconcileFailed', 20_000]);
      cluster.failures.clear();
      await clock.advance(20_000);
      expect([ready()?.reason, clock.next]).toEqual(['Starting', undefined]);
    });

    test.each<[string, () => void]>([
      ['the resource is invalid', () => visualisation({ imageTag: 'a b' })],
      [
        'the resource names what is not allowed',
        () => {
          build(undefined, { allowed: { ingressClasses: [] } });
          visualisation({ imageTag: '1', ingressClass: 'other' });
        },
      ],
      ['the API server finds an object invalid', () => void cluster.failures.set('create deployments', 'invalid')],
    ])('does not try again where %s', async (_what, make) => {
      make();
      const clock = await run();
      expect(ready()?.status).toBe('False');
      expect(clock.next).toBeUndefined();
    });
  });
});

function status(container: Partial<NonNullable<V1PodStatus['containerStatuses']>[number]>) {
  return { name: 'viz', image: 'i', imageID: '', ready: false, restartCount: 0, ...container };
}

function second(of: number): Date {
  return new Date(Date.UTC(2026, 0, 31, 12, 0, of));
}

/** Without what each write changes. */
function strip(object: KubernetesObject | undefined): unknown {
  const { resourceVersion: _version, uid: _uid, generation: _generation, ...metadata } = object?.metadata ?? {};
  return { ...object, metadata };
}
