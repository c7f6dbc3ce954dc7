import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { QueueCheck } from './queue-check.js';
import { QueuePlaces } from './queue-places.js';
import { Workloads } from './workloads.js';

/** The queues of Kueue in which jobs wait (docs/queues.md). */
@Module({
  imports: [HealthModule, ProcessesModule],
  providers: [QueueCheck, QueuePlaces, Workloads],
  exports: [QueueCheck, QueuePlaces, Workloads],
})
export class QueuesModule {}
