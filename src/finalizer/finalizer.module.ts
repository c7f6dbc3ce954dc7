import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { HealthModule } from '../health/health.module.js';
import { MeasuredUseModule } from '../measured-use/measured-use.module.js';
import { QueuesModule } from '../queues/queues.module.js';
import { CollectionProblems } from './collection-problems.js';
import { CollectionRoom } from './collection-room.js';
import { FinalizerService } from './finalizer.service.js';
import { JobReconciler } from './job.reconciler.js';
import { LogCollector } from './log-collector.js';
import { LogFollower } from './log-follower.js';
import { LogHeads } from './log-heads.js';
import { LogPatience } from './log-patience.js';
import { LogStore } from './log-store.js';
import { OutcomeRecorder } from './outcome.recorder.js';
import { PodReconciler } from './pod.reconciler.js';
import { ResultKeeper } from './result-keeper.js';
import { ResultRetention } from './result-retention.js';
import { SignatureCheck } from './signature-check.js';
import { StorePlaces } from './store-places.js';
import { StoreProber } from './store-prober.js';

/** Collects logs and results of ended pods. */
@Module({
  imports: [HealthModule, JobsModule, MeasuredUseModule, QueuesModule],
  providers: [
    CollectionProblems,
    CollectionRoom,
    FinalizerService,
    JobReconciler,
    LogCollector,
    LogFollower,
    LogHeads,
    LogPatience,
    LogStore,
    OutcomeRecorder,
    PodReconciler,
    ResultKeeper,
    ResultRetention,
    SignatureCheck,
    StoreProber,
    { provide: StorePlaces, useFactory: () => new StorePlaces() },
  ],
})
export class FinalizerModule {}
