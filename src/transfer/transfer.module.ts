import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { JobTransfers } from '../jobs/execution/job-transfers.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ResultSources } from '../jobs/results/result-source.js';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { HealthModule } from '../health/health.module.js';
import { ObjectStore } from '../object-store/object-store.js';
import { FilePolicy } from './file-policy.js';
import { InternalAddress } from './internal-address.js';
import { JobOffers } from './job-offers.js';
import { OutputCeilings } from './output-ceilings.js';
import { TransfersService } from './transfers.service.js';
import { UploadRegister } from './upload-register.js';
import { UploadedResults } from './uploaded-results.js';

/** Files of inputs and outputs between jobs and the object store. */
@Module({
  imports: [HealthModule, JobsModule],
  providers: [
    FilePolicy,
    InternalAddress,
    JobOffers,
    OutputCeilings,
    TransfersService,
    UploadRegister,
    UploadedResults,
  ],
  exports: [TransfersService],
})
export class TransferModule implements OnModuleInit {
  constructor(
    private readonly transfers: JobTransfers,
    private readonly offers: JobOffers,
    private readonly sources: ResultSources,
    private readonly uploaded: UploadedResults,
    private readonly address: InternalAddress,
    private readonly store: ObjectStore,
    private readonly policy: FilePolicy,
    private readonly checks: HealthChecks,
  ) {}

  onModuleInit(): void {
    this.transfers.register(this.offers);
    this.sources.register(this.uploaded);
    if (!this.store.uploads) return;
    if (this.address.isKnown) this.checks.add('files', () => this.check());
    else
      new Logger(TransferModule.name).log(
        'Jobs cannot exchange files: set --internal-url (INTERNAL_URL, server.internal_url) to the address of this server for pods.',
      );
  }

  private check(): HealthCheck {
    const detail = this.policy.refusal();
    return detail === undefined ? { status: 'ok' } : { status: 'degraded', detail };
  }
}
