import { Module } from '@nestjs/common';
import { ProcessesModule } from '../processes/processes.module.js';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { Access } from './access.js';
import { DeclaredOutputs } from './declared-outputs.js';
import { CauseTypes } from './cause-types.js';
import { ExplainedCauses } from './explained-causes.js';
import { ExecutionController } from './execution.controller.js';
import { ExecutionService } from './execution.service.js';
import { JobCache } from './job-cache.js';
import { JobCreation } from './job-creation.js';
import { JobLogs } from './job-logs.js';
import { JobResults } from './job-results.js';
import { JobTransfers } from './job-transfers.js';
import { JobWaiter } from './job-waiter.js';
import { JobsController } from './jobs.controller.js';
import { LinkedInputs } from './linked-inputs.js';
import { LiveResults } from './live-results.js';
import { LoggedProgress } from './logged-progress.js';
import { ProcessorsCluster } from './processors-cluster.js';
import { JobsService } from './jobs.service.js';
import { ResultSources } from './result-source.js';
import { ValidationController } from './validation.controller.js';

/** Executing, and what becomes of it: status, list, results, logs, dismissal. */
@Module({
  imports: [ProcessesModule, SecurityContextModule],
  controllers: [ExecutionController, ValidationController, JobsController],
  providers: [
    Access,
    CauseTypes,
    DeclaredOutputs,
    ExecutionService,
    ExplainedCauses,
    JobCache,
    JobCreation,
    JobLogs,
    JobResults,
    JobTransfers,
    JobWaiter,
    JobsService,
    LinkedInputs,
    LiveResults,
    LoggedProgress,
    ProcessorsCluster,
    ResultSources,
  ],
  exports: [
    Access,
    DeclaredOutputs,
    ExecutionService,
    ExplainedCauses,
    JobCache,
    JobResults,
    JobTransfers,
    JobsService,
    ResultSources,
  ],
})
export class JobsModule {}
