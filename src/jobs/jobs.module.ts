import { Module } from '@nestjs/common';
import { ProcessesModule } from '../processes/processes.module.js';
import { QueuesModule } from '../queues/queues.module.js';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { AdmissionLine } from '../admission/line/admission-line.js';
import { Access } from '../access/access.js';
import { Readers } from '../access/readers.js';
import { USAGE_OF_CALLERS } from '../access/me/usage-of-callers.js';
import { MeController } from '../access/me/me.controller.js';
import { Identities } from '../access/identity/identities.js';
import { oidcProviders } from '../access/oidc/oidc.providers.js';
import { OidcSignIn } from '../access/oidc/oidc-sign-in.js';
import { Sight } from '../access/sight.js';
import { Standing } from '../access/standing.js';
import { SubscriberSecrets } from '../access/subscriber-secrets.js';
import { Sessions } from '../access/session/sessions.js';
import { ShareRights } from '../access/share-rights.js';
import { Shares } from '../access/shares/shares.js';
import { Configuration } from '../config/configuration.js';
import { ClusterConnection } from '../k8s/connection/cluster-connection.js';
import { DeclaredOutputs } from './results/declared-outputs.js';
import { ArchivedJobs } from './model/archived/archived-jobs.js';
import { CauseTypes } from './model/cause-types.js';
import { ExplainedCauses } from './model/explained-causes.js';
import { ExecutionAnswers } from './execution/execution-answers.js';
import { ExecutionController } from './execution/execution.controller.js';
import { TakenJobs } from './execution/taken-jobs.js';
import { ExecutionService } from './execution/execution.service.js';
import { JobCache } from './model/job-cache.js';
import { JobAdmission } from './execution/job-admission.js';
import { JobCreation } from './execution/job-creation.js';
import { JobPreparation } from './execution/job-preparation.js';
import { JobLogs } from './logs/job-logs.js';
import { JobResults } from './results/job-results.js';
import { JobSecrets } from './execution/job-secrets.js';
import { JobTransfers } from './execution/job-transfers.js';
import { JobWaiter } from './execution/job-waiter.js';
import { JobViews } from './listing/job-view.js';
import { JobsController } from './listing/jobs.controller.js';
import { LinkedInputs } from './inputs/linked-inputs.js';
import { CallerUsage } from './limits/caller-usage.js';
import { LimitedCallers } from './limits/limited-callers.js';
import { OwnerSums } from './limits/owner-sums.js';
import { LiveJobs } from './execution/live-jobs.js';
import { LiveResults } from './results/live-results.js';
import { LogEvents } from './logs/log-events.js';
import { LogPages } from './logs/log-page.js';
import { LoggedProgress } from './logs/logged-progress.js';
import { ProcessorsCluster } from './execution/processors-cluster.js';
import { JobsService } from './listing/jobs.service.js';
import { JobLists } from './listing/job-lists.js';
import { JobTally } from './listing/job-tally.js';
import { ListsOfProcesses } from './listing/lists-of-processes.js';
import { ArchivedLists } from './listing/archived/archived-lists.js';
import { WholeLists } from './listing/archived/whole-lists.js';
import { ListViews } from './listing/list-view.js';
import { LogsController } from './logs/logs.controller.js';
import { JobRequests } from './requests/job-requests.js';
import { KeptInputs } from './requests/kept-inputs.js';
import { ProvenanceController } from './provenance/provenance.controller.js';
import { Provenances } from './provenance/provenances.js';
import { RequestsController } from './requests/requests.controller.js';
import { ResultsController } from './results/results.controller.js';
import { ResultValidator } from './results/result-validator.js';
import { ResultMemory } from './results/result-memory.js';
import { ResultSources } from './results/result-source.js';
import { ShareLinksController } from './sharing/share-links.controller.js';
import { ShareLinks } from './sharing/share-links.js';
import { ValidationController } from './execution/validation.controller.js';

/** Executing, and what becomes of it: status, list, results, logs, dismissal. */
@Module({
  imports: [ProcessesModule, QueuesModule, SecurityContextModule],
  controllers: [
    ExecutionController,
    ValidationController,
    JobsController,
    RequestsController,
    ProvenanceController,
    ResultsController,
    LogsController,
    MeController,
    ShareLinksController,
  ],
  providers: [
    Access,
    AdmissionLine,
    CallerUsage,
    CauseTypes,
    DeclaredOutputs,
    ExecutionAnswers,
    ExecutionService,
    ExplainedCauses,
    Identities,
    ArchivedLists,
    ArchivedJobs,
    JobCache,
    JobAdmission,
    JobCreation,
    JobLists,
    ListsOfProcesses,
    JobLogs,
    JobPreparation,
    JobRequests,
    JobResults,
    JobSecrets,
    JobTally,
    JobTransfers,
    JobViews,
    JobWaiter,
    JobsService,
    KeptInputs,
    LimitedCallers,
    LinkedInputs,
    ListViews,
    LiveJobs,
    LiveResults,
    LogEvents,
    LogPages,
    LoggedProgress,
    OwnerSums,
    ProcessorsCluster,
    Provenances,
    Readers,
    ResultMemory,
    ResultSources,
    ResultValidator,
    ShareLinks,
    ShareRights,
    Sight,
    Standing,
    ...oidcProviders,
    SubscriberSecrets,
    WholeLists,
    TakenJobs,
    { provide: USAGE_OF_CALLERS, useExisting: CallerUsage },
    {
      provide: Sessions,
      inject: [Configuration, ClusterConnection, Identities],
      useFactory: (configuration: Configuration, { embedded }: ClusterConnection, identities: Identities) =>
        new Sessions(configuration, embedded, identities),
    },
    {
      provide: Shares,
      inject: [Configuration, ClusterConnection, Sessions],
      useFactory: (configuration: Configuration, { embedded }: ClusterConnection, sessions: Sessions) =>
        new Shares(configuration, embedded, sessions),
    },
  ],
  exports: [
    Access,
    AdmissionLine,
    ArchivedJobs,
    CallerUsage,
    DeclaredOutputs,
    ExecutionAnswers,
    ExecutionService,
    ExplainedCauses,
    Identities,
    OidcSignIn,
    JobCache,
    JobRequests,
    JobTally,
    ListViews,
    LoggedProgress,
    JobResults,
    JobTransfers,
    JobWaiter,
    JobsService,
    KeptInputs,
    Readers,
    ResultSources,
    ResultValidator,
    Sessions,
    ShareLinks,
    Shares,
    Sight,
    Standing,
    SubscriberSecrets,
  ],
})
export class JobsModule {}
