import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { ClusterConnection } from '../k8s/connection/cluster-connection.js';
import { ClusterConnectionError } from '../k8s/connection/cluster-connection-error.js';
import { LeaderElections } from '../k8s/leadership/leader-elections.js';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { ChildWriter } from './child.writer.js';
import { EventRecorder } from './event.recorder.js';
import { LEASE_NAME, VISUALISATIONS_LEADER } from './names.js';
import { StatusRecorder } from './status.recorder.js';
import { VisualisationCache } from './visualisation-cache.js';
import { VisualisationReconciler } from './visualisation.reconciler.js';
import { VisualisationsController } from './visualisations.controller.js';
import { VisualisationsService } from './visualisations.service.js';

/** The operator of DataVisualisations: interactive apps, each of one custom resource. Imported where the configuration switches it on. */
/** Why the operator does not run on the embedded cluster. */
export const NEEDS_CLUSTER =
  'The operator of visualisations needs a Kubernetes cluster: the embedded cluster has no Deployments, Services and Ingresses. ' +
  'Take it out of operators, or choose another cluster.';

@Module({
  imports: [SecurityContextModule],
  controllers: [VisualisationsController],
  providers: [
    ChildWriter,
    EventRecorder,
    StatusRecorder,
    VisualisationCache,
    VisualisationReconciler,
    VisualisationsService,
    {
      provide: VISUALISATIONS_LEADER,
      inject: [LeaderElections],
      useFactory: (elections: LeaderElections) => elections.create(LEASE_NAME),
    },
  ],
})
export class VisualisationsModule implements OnModuleInit {
  constructor(@Inject(ClusterConnection) private readonly connection: ClusterConnection) {}

  /** @throws ClusterConnectionError on the embedded cluster, which runs no Deployments */
  onModuleInit(): void {
    if (!this.connection.embedded) return;
    throw new ClusterConnectionError(NEEDS_CLUSTER);
  }
}
