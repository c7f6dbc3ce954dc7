import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module.js';
import { RunningUse } from './running-use.js';
import { UseSampler } from './use-sampler.js';

/** Samples what the pods of jobs use. */
@Module({
  imports: [JobsModule],
  providers: [{ provide: RunningUse, useFactory: () => new RunningUse() }, UseSampler],
  exports: [RunningUse],
})
export class MeasuredUseModule {}
