import { Logger, Module, type OnModuleInit } from '@nestjs/common';
import { JobTransfers } from '../jobs/execution/job-transfers.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ResultSources } from '../jobs/results/result-source.js';
import { ObjectStore } from '../object-store/object-store.js';
import { InternalAddress } from './internal-address.js';
import { JobOffers } from './job-offers.js';
import { TransfersService } from './transfers.service.js';
import { UploadedResults } from './uploaded-results.js';

/** Files of inputs and outputs between jobs and the object store. */
@Module({
  imports: [JobsModule],
  providers: [InternalAddress, JobOffers, TransfersService, UploadedResults],
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
  ) {}

  onModuleInit(): void {
    this.transfers.register(this.offers);
    this.sources.register(this.uploaded);
    if (this.store.uploads && !this.address.isKnown)
      new Logger(TransferModule.name).log(
        'Jobs cannot exchange files: set --internal-url (INTERNAL_URL, server.internal_url) to the address of this server for pods.',
      );
  }
}
