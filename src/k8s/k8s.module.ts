import { Global, Inject, Logger, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { Observer } from '../observation/observer.js';
import { ApiTransport } from './client/api-transport.js';
import { ClusterConnection, connectToCluster } from './connection/cluster-connection.js';
import { ClusterClock } from './time/cluster-clock.js';
import { askRights, ClusterRights } from './client/cluster-rights.js';
import { InformerFactory } from './informers/informer.js';
import { ListWatchInformerFactory } from './informers/informer.factory.js';
import { KubernetesClient } from './client/kubernetes-client.js';
import { ApiKubernetesClient } from './client/kubernetes-client.adapter.js';
import { LeaderElection, leaseName } from './leadership/leader-election.js';
import { LeaderElections } from './leadership/leader-elections.js';
import { ApiObjectClient, ObjectClient } from './client/object-client.js';
import { signingKeysOf } from '../signing/signatures.js';
import { WorkQueues } from './queues/work-queues.js';

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
    connect: (configuration: Configuration) => Promise<ClusterConnection> = ({ environment, server }) =>
      connectToCluster({ ...environment, jobsNamespace: server.manager.jobsNamespace }, process.env),
  ): DynamicModule {
    return {
      module: K8sModule,
      providers: [
        {
          provide: ClusterConnection,
          inject: [Configuration],
          useFactory: async (configuration: Configuration) => {
            const connection = await connect(configuration);
            const { runAs } = configuration.environment;
            if (runAs !== undefined && !connection.embedded)
              new Logger(K8sModule.name).warn(
                `--run-as ${runAs} is for the embedded cluster; pods of another run as their security contexts say`,
              );
            return connection;
          },
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
            new ApiKubernetesClient(
              transport,
              jobsNamespaceOf(connection, configuration),
              connection.description,
              signingKeysOf(configuration.environment),
            ),
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
