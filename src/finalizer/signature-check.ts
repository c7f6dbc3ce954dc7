import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthChecks, type HealthCheck } from '../health/health-checks.js';
import { JobCache } from '../jobs/model/job-cache.js';

/** Says in readiness whether what stands on Jobs is signed, and of how many it is not what a server wrote. */
@Injectable()
export class SignatureCheck implements OnModuleInit {
  constructor(
    private readonly cache: JobCache,
    private readonly checks: HealthChecks,
  ) {}

  onModuleInit(): void {
    this.checks.add('signatures', () => this.check());
  }

  private check(): HealthCheck {
    const { signs, disputed, elsewhere } = this.cache.trustworthiness;
    const told = [
      disputed > 0 && `jobs that say what is not believed, for no server has written it so: ${disputed}`,
      elsewhere > 0 &&
        `jobs signed with keys that this server does not have, which are read as unsigned ones: ${elsewhere}`,
      !signs &&
        'nothing is signed, so that whoever may patch Jobs is believed: set PYGEOAPI_K8S_MANAGER_SIGNING_KEYS or the API token',
    ].filter((text) => text !== false);
    // Where nothing is signed there is no token, and so nobody who may read more than hints.
    const text = told.join('; ');
    return { status: disputed > 0 ? 'degraded' : 'ok', ...(text === '' ? {} : { detail: text, hint: text }) };
  }
}
