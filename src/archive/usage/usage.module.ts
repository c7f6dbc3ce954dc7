import { Module } from '@nestjs/common';
import { JobsModule } from '../../jobs/jobs.module.js';
import { UsageController } from './usage.controller.js';
import { UsageReports } from './usage-report.js';

/** What jobs took, over HTTP; where there is an archive. */
@Module({
  imports: [JobsModule],
  controllers: [UsageController],
  providers: [UsageReports],
})
export class UsageModule {}
