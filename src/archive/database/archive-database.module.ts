import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Configuration } from '../../config/configuration.js';
import { type ArchiveSettings, EMBEDDED } from '../../config/sections/archive.section.js';
import { type HealthCheck, HealthChecks } from '../../health/health-checks.js';
import { HealthModule } from '../../health/health.module.js';
import { ClusterConnection } from '../../k8s/connection/cluster-connection.js';
import { Archive } from '../records/archive.js';
import { DatabaseArchive } from './database.archive.js';
import { EmbeddedLanes } from './embedded.lanes.js';
import { PostgresLanes } from './postgres.lanes.js';
import { Reach } from './reach.js';

/** The archive of the settings, for all modules. Closes last: whoever writes to it stops before. */
@Module({})
export class ArchiveDatabaseModule implements OnApplicationShutdown {
  constructor(
    @Inject(Reach) private readonly reach: Reach,
    healthChecks: HealthChecks,
  ) {
    healthChecks.add('archive', () => healthOf(reach));
  }

  static forRoot(settings: ArchiveSettings): DynamicModule {
    return {
      module: ArchiveDatabaseModule,
      global: true,
      imports: [HealthModule],
      providers: [
        {
          provide: Reach,
          inject: [ClusterConnection, Configuration],
          useFactory: async (connection: ClusterConnection, configuration: Configuration) => {
            const reach = new Reach(lanesOf(settings), settings.instance ?? instanceOf(connection, configuration));
            await reach.start();
            return reach;
          },
        },
        { provide: Archive, inject: [Reach], useFactory: (reach: Reach) => new DatabaseArchive(reach) },
      ],
      exports: [Archive],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reach.close();
  }
}

function lanesOf(settings: ArchiveSettings) {
  return settings.url === EMBEDDED ? new EmbeddedLanes(settings.folder) : new PostgresLanes(settings);
}

/** What tells the jobs of this server from those of others in the cluster. */
function instanceOf({ namespace }: ClusterConnection, { server, environment }: Configuration): string {
  return `${server.manager.jobsNamespace ?? namespace}/${environment.jobNamePrefix}`;
}

/** Away it only degrades: live jobs are there all the same, and those that ended wait for it. */
function healthOf({ description, trouble }: Reach): HealthCheck {
  if (!trouble) return { status: 'ok', detail: description };
  const hint = trouble.what === 'away' ? 'the archive is away' : 'the archive cannot do all';
  return { status: 'degraded', detail: `${hint} (${description}): ${trouble.reason}`, hint };
}
