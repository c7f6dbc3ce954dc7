import { describe, expect, it } from '@jest/globals';
import { HealthChecks } from '../health/health-checks.js';
import type { JobCache } from '../jobs/model/job-cache.js';
import { SignatureCheck } from './signature-check.js';

const checked = (trustworthiness: JobCache['trustworthiness']) => {
  const checks = new HealthChecks();
  new SignatureCheck({ trustworthiness } as JobCache, checks).onModuleInit();
  return checks.run()['signatures'];
};

describe('readiness', () => {
  it('has nothing to say where all that is signed is known', () => {
    expect(checked({ signs: true, disputed: 0, elsewhere: 0 })).toEqual({ status: 'ok' });
  });

  it('says that nothing is signed where there is neither key nor token, which is no fault', () => {
    // A hint: without a token nobody may read details.
    const text = expect.stringMatching(/^nothing is signed.*PYGEOAPI_K8S_MANAGER_SIGNING_KEYS or the API token$/);
    expect(checked({ signs: false, disputed: 0, elsewhere: 0 })).toEqual({ status: 'ok', detail: text, hint: text });
  });

  it('counts jobs that are not believed, which is one, and those signed with keys that are not known', () => {
    expect(checked({ signs: true, disputed: 0, elsewhere: 2 })).toMatchObject({
      status: 'ok',
      detail: 'jobs signed with keys that this server does not have, which are read as unsigned ones: 2',
    });
    expect(checked({ signs: true, disputed: 3, elsewhere: 2 })).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/^jobs that say what is not believed.*: 3; jobs signed .*: 2$/),
    });
  });
});
