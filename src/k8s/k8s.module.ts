import { Global, Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { Observer } from '../observation/observer.js';
import { ApiTransport } from './api-transport.js';
import { ClusterConnection, connectToCluster } from './cluster-connection.js';
import { ClusterClock } from './cluster-clock.js';
import { askRights, ClusterRights } from './cluster-rights.js';
import { InformerFactory } from './informer.js';
import { ListWatchInformerFactory } from './informer.factory.js';
import { KubernetesClient } from './kubernetes-client.js';
import { ApiKubernetesClient } from './kubernetes-client.adapter.js';
import { LeaderElection, leaseName } from './leader-election.js';
import { LeaderElections } from './leader-elections.js';
import { ApiObjectClient, ObjectClient } from './object-client.js';
import { WorkQueues } from './work-queues.js';

/** Where jobs are; the Leases are in the connection's own namespace. */
function jobsNamespaceOf({ namespace }: ClusterConnection, { server }: Configuration): string {
  return server.manager.jobsNamespace ?? namespace;
}

/**
 * The connection to the cluster and all that uses it. Informers and leader election stop in `onApplicationShutdown`, and then the connection
 * closes: who uses them stops in `onModuleDestroy` or `beforeApplicationShutdown`.
 */
@Global()
@Module({})
export class K8sModule implements OnApplicationShutdown {
  constructor(@Inject(ClusterConnection) private readonly connection: ClusterConnection) {}

  /** @param connect how the cluster is chosen; by default as {@link connectToCluster} does from the configuration and the process' environment */
  static forRoot(
    connect: (configuration: Configuration) => Promise<ClusterConnection> = ({ environment }) =>
      connectToCluster(environment, process.env),
  ): DynamicModule {
    return {
      module: K8sModule,
      providers: [
        {
          provide: ClusterConnection,
          inject: [Configuration],
          useFactory: connect,
        },
        { provide: ClusterClock, useFactory: () => new ClusterClock() },
        {
          provide: ApiTransport,
          inject: [ClusterConnection, ClusterClock, { token: Observer, optional: true }],
          useFactory: ({ kubeConfig }: ClusterConnection, clock: ClusterClock, observer?: Observer) =>
            new ApiTransport(kubeConfig, observer, clock),
        },
        {
          provide: WorkQueues,
          inject: [{ token: Observer, optional: true }],
          useFactory: (observer?: Observer) => new WorkQueues(observer),
        },
        {
          provide: KubernetesClient,
          inject: [ApiTransport, ClusterConnection, Configuration],
          useFactory: (transport: ApiTransport, connection: ClusterConnection, configuration: Configuration) =>
            new ApiKubernetesClient(transport, jobsNamespaceOf(connection, configuration), connection.description),
        },
        {
          provide: ObjectClient,
          inject: [ApiTransport],
          useFactory: (transport: ApiTransport) => new ApiObjectClient(transport),
        },
        {
          provide: LeaderElections,
          inject: [ApiTransport, ClusterConnection],
          useFactory: (transport: ApiTransport, { namespace }: ClusterConnection) =>
            new LeaderElections(transport, namespace),
        },
        {
          provide: ClusterRights,
          inject: [KubernetesClient, Configuration],
          // Without jobs nothing needs them.
          useFactory: (
            client: KubernetesClient,
            { processesApi }: Configuration,
          ): Promise<ClusterRights> | ClusterRights =>
            processesApi ? askRights(client) : { releasePods: false, watchEvents: false },
        },
        {
          provide: ListWatchInformerFactory,
          inject: [ApiTransport, ClusterConnection, Configuration],
          useFactory: (transport: ApiTransport, connection: ClusterConnection, configuration: Configuration) =>
            new ListWatchInformerFactory(transport, jobsNamespaceOf(connection, configuration)),
        },
        { provide: InformerFactory, useExisting: ListWatchInformerFactory },
        {
          provide: LeaderElection,
          inject: [LeaderElections, Configuration],
          useFactory: (elections: LeaderElections, { environment }: Configuration) =>
            elections.create(leaseName(environment.jobNamePrefix)),
        },
      ],
      exports: [
        ClusterClock,
        ClusterConnection,
        KubernetesClient,
        ObjectClient,
        ClusterRights,
        ListWatchInformerFactory,
        InformerFactory,
        LeaderElection,
        LeaderElections,
        WorkQueues,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}
