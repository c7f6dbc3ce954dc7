import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Global, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Configuration } from '../config/configuration.js';
import { ClusterRights } from './client/cluster-rights.js';
import type { ClusterConnection } from './connection/cluster-connection.js';
import { InformerFactory } from './informers/informer.js';
import { ListWatchInformerFactory } from './informers/informer.factory.js';
import { K8sModule } from './k8s.module.js';
import { KubernetesClient } from './client/kubernetes-client.js';
import { LeaderElection } from './leadership/leader-election.js';
import { eventually, json, list, object, ScriptedApi, ScriptedWatch } from './testing/scripted-api.js';

const manager: { jobsNamespace?: string } = {};

@Global()
@Module({
  providers: [
    {
      provide: Configuration,
      useValue: { processesApi: true, environment: { jobNamePrefix: 'my-jobs-' }, server: { manager } },
    },
  ],
  exports: [Configuration],
})
class FakeConfigurationModule {}

describe('K8sModule', () => {
  let api: ScriptedApi;
  beforeEach(async () => {
    Logger.overrideLogger(false);
    api = await new ScriptedApi().start();
  });
  afterEach(async () => {
    delete manager.jobsNamespace;
    await api.stop();
    Logger.overrideLogger(['error', 'warn']);
  });

  it('wires the client, starts informers with the application, and closes the connection last', async () => {
    const kubeConfig = api.kubeConfig();
    let closedAfter: string[] | undefined;
    const connection: ClusterConnection = {
      kubeConfig,
      namespace: 'here',
      description: 'scripted',
      embedded: false,
      insideContainer: false,
      close: async () => {
        closedAfter = api.requests.map(({ method, url }) => `${method} ${url.pathname.split('/').at(-1)}`);
        await kubeConfig.close();
      },
    };
    const module = await Test.createTestingModule({
      imports: [FakeConfigurationModule, K8sModule.forRoot(async () => connection)],
    })
      .overrideProvider(ClusterRights)
      .useValue({ releasePods: true, watchEvents: true })
      .compile();
    const client = module.get(KubernetesClient);
    expect([client.namespace, client.description]).toEqual(['here', 'scripted']);
    expect(module.get(InformerFactory)).toBe(module.get(ListWatchInformerFactory));

    const informer = module
      .get(InformerFactory)
      .create({ resource: 'pods', transform: ({ metadata }) => metadata?.name });
    const watch = new ScriptedWatch();
    api.answer(list(5, [object('p', 1)]), watch.answer);
    expect(api.requests).toHaveLength(0);
    await module.init();
    await module.get(ListWatchInformerFactory).whenAllSynced();
    expect(informer.get('p')).toBe('p');
    await watch.opened;
    expect(module.get(ListWatchInformerFactory).statistics()).toEqual([
      {
        resource: 'pods',
        scope: 'here',
        background: false,
        synced: true,
        size: 1,
        lists: 1,
        watches: 1,
        failed: 0,
        lastContact: expect.any(Date),
      },
    ]);

    const lease = (holderIdentity: string, resourceVersion: string) =>
      json({ metadata: { name: 'my-jobs-manager', resourceVersion }, spec: { holderIdentity, leaseTransitions: 0 } });
    const election = module.get(LeaderElection);
    api.answer(json({ code: 404 }, 404), lease(election.identity, '7'), lease('', '8'));
    election.start();
    await eventually(() => election.isLeader, 'leading');
    await module.close();

    const [, , asked, created, released] = api.requests;
    expect(asked!.url.pathname).toBe('/apis/coordination.k8s.io/v1/namespaces/here/leases/my-jobs-manager');
    expect(JSON.parse(created!.body)).toMatchObject({
      kind: 'Lease',
      metadata: { name: 'my-jobs-manager', namespace: 'here' },
      spec: { holderIdentity: election.identity, leaseDurationSeconds: 15 },
    });
    expect(JSON.parse(released!.body)).toMatchObject({
      metadata: { resourceVersion: '7' },
      spec: { holderIdentity: '' },
    });
    expect(closedAfter).toEqual(['GET pods', 'GET pods', 'GET my-jobs-manager', 'POST leases', 'PUT my-jobs-manager']);
  });

  it('looks for jobs where the configuration says, and keeps the Lease in its own namespace', async () => {
    manager.jobsNamespace = 'there';
    const kubeConfig = api.kubeConfig();
    const connection: ClusterConnection = {
      kubeConfig,
      namespace: 'here',
      description: 'scripted',
      embedded: false,
      insideContainer: false,
      close: () => kubeConfig.close(),
    };
    const module = await Test.createTestingModule({
      imports: [FakeConfigurationModule, K8sModule.forRoot(async () => connection)],
    })
      .overrideProvider(ClusterRights)
      .useValue({ releasePods: true, watchEvents: true })
      .compile();
    expect(module.get(KubernetesClient).namespace).toBe('there');
    module.get(InformerFactory).create({ resource: 'pods', transform: ({ metadata }) => metadata?.name });
    const watch = new ScriptedWatch();
    api.answer(list(5, []), watch.answer);
    await module.init();
    await watch.opened;
    api.answer(json({ code: 404 }, 404), json({ code: 403 }, 403));
    module.get(LeaderElection).start();
    await eventually(() => api.requests.length === 4, 'the Lease being asked for');
    await module.close();
    expect(api.requests.map(({ url }) => url.pathname)).toEqual([
      '/api/v1/namespaces/there/pods',
      '/api/v1/namespaces/there/pods',
      '/apis/coordination.k8s.io/v1/namespaces/here/leases/my-jobs-manager',
      '/apis/coordination.k8s.io/v1/namespaces/here/leases',
    ]);
  });
});
