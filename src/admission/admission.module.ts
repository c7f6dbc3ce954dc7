import { Module } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ObjectClient } from '../k8s/client/object-client.js';
import { ClusterConnection } from '../k8s/connection/cluster-connection.js';
import { LeaderElection, leaseName } from '../k8s/leadership/leader-election.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { AdmissionReconciler } from './admission.reconciler.js';
import { AdmissionService } from './admission.service.js';
import { PriorityCheck } from './priority-check.js';
import { Turns } from './turns.js';

/** Starts jobs that wait for their turn, where limits hold for them (docs/queues.md). */
@Module({
  imports: [JobsModule, ProcessesModule],
  providers: [
    AdmissionReconciler,
    AdmissionService,
    PriorityCheck,
    {
      provide: Turns,
      inject: [ObjectClient, ClusterConnection, LeaderElection, Configuration],
      useFactory: (
        objects: ObjectClient,
        { namespace }: ClusterConnection,
        { identity }: LeaderElection,
        { environment }: Configuration,
      ) => new Turns(objects, namespace, `${leaseName(environment.jobNamePrefix)}-admission`, identity),
    },
  ],
})
export class AdmissionModule {}
