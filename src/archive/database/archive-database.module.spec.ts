import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { rmSync } from 'node:fs';
import { Configuration } from '../../config/configuration.js';
import { HealthChecks } from '../../health/health-checks.js';
import { HealthModule } from '../../health/health.module.js';
import { ClusterConnection } from '../../k8s/connection/cluster-connection.js';
import { Archive } from '../records/archive.js';
import { archivedJob } from '../testing/archived-jobs.js';
import { embeddedFolder } from '../testing/open-archive.js';
import { ArchiveDatabaseModule } from './archive-database.module.js';

@Module({ providers: [HealthChecks], exports: [HealthChecks] })
class ChecksModule {}

let folder: string;
beforeAll(async () => {
  folder = await embeddedFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A server whose jobs have this prefix, in the namespace of its connection or in one of their own. */
async function start(jobNamePrefix: string, instance?: string, jobsNamespace?: string) {
  const configuration = { server: { manager: { jobsNamespace } }, environment: { jobNamePrefix } };
  const values = [
    { provide: Configuration, useValue: configuration },
    { provide: ClusterConnection, useValue: { namespace: 'own' } },
  ];
  @Global()
  @Module({ providers: values, exports: values })
  class SurroundingsModule {}
  const settings = { url: 'embedded', folder, ...(instance ? { instance } : {}) };
  const module = await Test.createTestingModule({
    imports: [SurroundingsModule, ArchiveDatabaseModule.forRoot(settings)],
  })
    .overrideModule(HealthModule)
    .useModule(ChecksModule)
    .compile();
  return module.enableShutdownHooks([]).init();
}

describe('the module of the archive', () => {
  it('gives each namespace and prefix records of their own, and those who name an instance its records', async () => {
    const first = await start('a-');
    await first.get(Archive).put(archivedJob('x'));
    expect(first.get(HealthChecks, { strict: false }).run()).toEqual({
      archive: { status: 'ok', detail: `PostgreSQL in this process, in ${folder}` },
    });
    await first.close();
    const has = async (...server: Parameters<typeof start>) => {
      const module = await start(...server);
      const found = await module.get(Archive).find('x');
      await module.close();
      return found !== undefined;
    };
    expect(await has('a-')).toBe(true);
    expect(await has('b-')).toBe(false);
    expect(await has('a-', undefined, 'jobs')).toBe(false);
    expect(await has('b-', 'own/a-')).toBe(true);
    expect(await has('a-', undefined, 'own')).toBe(true);
  });
});
