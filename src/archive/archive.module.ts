import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ArchiveService } from './archive.service.js';
import { ArchiveSweeper } from './archive.sweeper.js';
import { JobArchiver } from './job.archiver.js';
import { JobReleaser } from './job.releaser.js';
import { StoredObjects } from './stored-objects.js';

/** Brings jobs that have ended into the archive, and out of the cluster. */
@Module({
  imports: [HealthModule, JobsModule],
  providers: [ArchiveService, ArchiveSweeper, JobArchiver, JobReleaser, StoredObjects],
})
export class ArchiveModule {}
