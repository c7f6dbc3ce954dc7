import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { HealthChecks } from '../health/health-checks.js';
import type { ResultSources } from '../jobs/results/result-source.js';
import type { JobTransfers } from '../jobs/execution/job-transfers.js';
import type { ObjectStore } from '../object-store/object-store.js';
import { KnownStore } from '../object-store/store-capabilities.js';
import { FilePolicy } from './file-policy.js';
import type { InternalAddress } from './internal-address.js';
import type { JobOffers } from './job-offers.js';
import { TransferModule } from './transfer.module.js';
import type { UploadedResults } from './uploaded-results.js';

const registry = { register: () => undefined };

function checksOf(uploads: unknown, isKnown: boolean, known = new KnownStore()) {
  const checks = new HealthChecks();
  const configuration = { server: { manager: {} } } as Configuration;
  new TransferModule(
    registry as unknown as JobTransfers,
    {} as JobOffers,
    registry as unknown as ResultSources,
    {} as UploadedResults,
    { isKnown } as InternalAddress,
    { uploads } as ObjectStore,
    new FilePolicy(known, configuration),
    checks,
  ).onModuleInit();
  return checks;
}

describe('readiness', () => {
  it('says why jobs are not offered to upload files, once that is known', () => {
    const known = new KnownStore();
    const checks = checksOf({}, true, known);
    expect(checks.run()).toEqual({ files: { status: 'ok' } });
    known.learn({ multipartListing: 'no' });
    expect(checks.run()).toEqual({
      files: {
        status: 'degraded',
        detail:
          'Jobs are not offered to upload files, for the object store does not list the parts of an upload (server.manager.files: always offers it all the same).',
      },
    });
  });

  it.each([
    ['store', undefined, true],
    ['address for pods', {}, false],
  ])('says nothing of files where there is no %s', (_what, uploads, isKnown) => {
    expect(checksOf(uploads, isKnown).run()).toEqual({});
  });
});
