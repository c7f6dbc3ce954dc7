import { Module } from '@nestjs/common';
import { ProcessesModule } from '../processes/processes.module.js';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { Access } from './access.js';
import { ExecutionController } from './execution.controller.js';
import { ExecutionService } from './execution.service.js';
import { JobCache } from './job-cache.js';
import { JobCreation } from './job-creation.js';
import { JobLogs } from './job-logs.js';
import { JobResults } from './job-results.js';
import { JobWaiter } from './job-waiter.js';
import { JobsController } from './jobs.controller.js';
import { LiveResults } from './live-results.js';
import { JobsService } from './jobs.service.js';

/** Executing, and what becomes of it: status, list, results, logs, dismissal. */
@Module({
  imports: [ProcessesModule, SecurityContextModule],
  controllers: [ExecutionController, JobsController],
  providers: [
    Access,
    ExecutionService,
    JobCache,
    JobCreation,
    JobLogs,
    JobResults,
    JobWaiter,
    JobsService,
    LiveResults,
  ],
  exports: [JobCache, JobResults],
})
export class JobsModule {}
