import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { VisualisationSettings } from '../config/configuration.js';
import type { InformerFactory, InformerOptions } from '../k8s/informers/informer.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import type { FakeInformer } from '../k8s/testing/fake-informer.js';
import { settle } from '../k8s/testing/manual-clock.js';
import { configurationWith, VisualisationCluster } from './testing/visualisation-cluster.js';
import { settings } from './testing/instances.js';
import { VisualisationCache } from './visualisation-cache.js';
import type { VisualisationReconciler } from './visualisation.reconciler.js';
import { VisualisationsService } from './visualisations.service.js';

const visualisation = (name: string, namespace = 'there'): KubernetesObject => ({
  kind: 'DataVisualisation',
  metadata: { name, namespace, uid: `uid-${name}` },
});

describe('the service of visualisations', () => {
  let cluster: VisualisationCluster;
  let service: VisualisationsService;
  let reconciled: string[];
  const leader = {
    isLeader: true,
    listener: (_isLeader: boolean): void => undefined,
    onChange(listener: (isLeader: boolean) => void) {
      this.listener = listener;
      return () => undefined;
    },
    start: () => undefined,
    stop: async () => undefined,
  };

  const make = (visualisations: VisualisationSettings, informers: InformerFactory): void => {
    const configuration = configurationWith(visualisations);
    const cache = new VisualisationCache(informers, configuration);
    const reconciler = { reconcile: async (key: string) => void reconciled.push(key) };
    service = new VisualisationsService(
      cache,
      reconciler as unknown as VisualisationReconciler,
      leader as unknown as LeaderElection,
      new WorkQueues(),
      configuration,
    );
    service.onModuleInit();
  };

  beforeEach(() => {
    reconciled = [];
    cluster = new VisualisationCluster();
    leader.isLeader = true;
    make(settings, cluster.informerFactory);
  });
  afterEach(() => service.beforeApplicationShutdown());

  it('looks at everything that there is when it starts', async () => {
    leader.isLeader = false;
    cluster.write(visualisation('a'));
    cluster.write(visualisation('b', 'elsewhere'));
    await settle();
    leader.isLeader = true;
    service.onApplicationBootstrap();
    await settle();
    expect(reconciled).toEqual(['elsewhere/b', 'there/a']);
  });

  it('looks at an instance when its resource, one of its objects or its pod changes or goes', async () => {
    service.onApplicationBootstrap();
    await settle();
    const labels = {
      'app.kubernetes.io/managed-by': 'ogc-processes-k8s',
      'app.kubernetes.io/component': 'visualisation',
    };
    const looks = async (change: () => void): Promise<string[]> => {
      reconciled.length = 0;
      change();
      await settle();
      return reconciled;
    };
    expect(await looks(() => cluster.write(visualisation('a')))).toEqual(['there/a']);
    const service1 = { kind: 'Service', metadata: { name: 'a', namespace: 'there', uid: 's', labels } };
    expect(await looks(() => cluster.write(service1))).toEqual(['there/a']);
    expect(await looks(() => cluster.remove('services', 'a'))).toEqual(['there/a']);
    expect(await looks(() => cluster.addPod('a-xyz', 'a', {}))).toEqual(['there/a']);
    expect(await looks(() => cluster.remove('pods', 'a-xyz'))).toEqual(['there/a']);
    expect(await looks(() => cluster.write({ ...service1, metadata: { ...service1.metadata, labels: {} } }))).toEqual(
      [],
    );
  });

  it('leaves everything to the leader, and looks at all once it is that', async () => {
    service.onApplicationBootstrap();
    await settle();
    leader.isLeader = false;
    cluster.write(visualisation('a'));
    await settle();
    expect(reconciled).toEqual([]);
    leader.isLeader = true;
    leader.listener(true);
    await settle();
    expect(reconciled).toEqual(['there/a']);
  });

  it('works on a namespace that is known while another cannot be read, and on that once it can be', async () => {
    const readable = Promise.withResolvers<void>();
    const late: FakeInformer<unknown>[] = [];
    const factory = {
      create: (options: InformerOptions<KubernetesObject, unknown>) => {
        const informer = cluster.informerFactory.create(options) as FakeInformer<unknown>;
        if (options.namespace !== 'elsewhere') return informer;
        late.push(informer);
        return Object.assign(informer, { synced: false, whenSynced: () => readable.promise });
      },
    } as unknown as InformerFactory;
    make({ ...settings, namespaces: ['elsewhere', 'there'] }, factory);
    cluster.write(visualisation('a'));
    cluster.write(visualisation('b', 'elsewhere'));
    service.onApplicationBootstrap();
    await settle();
    expect(reconciled).toEqual(['there/a']);
    for (const informer of late) informer.synced = true;
    readable.resolve();
    await settle();
    expect(reconciled).toEqual(['there/a', 'elsewhere/b']);
  });

  it('does nothing any more once the server shuts down', async () => {
    service.onApplicationBootstrap();
    await settle();
    await service.beforeApplicationShutdown();
    cluster.write(visualisation('a'));
    await settle();
    expect(reconciled).toEqual([]);
  });
});
