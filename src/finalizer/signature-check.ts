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
    const told: string[] = [];
    if (disputed.length > 0) told.push(`${disputed.length} jobs say what no server wrote, which is not believed`);
    if (elsewhere > 0)
      told.push(
        `${elsewhere} jobs are signed with keys that are not among PYGEOAPI_K8S_MANAGER_SIGNING_KEYS; they are read as unsigned ones`,
      );
    if (!signs)
      told.push(
        'nothing is signed, so that whoever may patch Jobs is believed: set PYGEOAPI_K8S_MANAGER_SIGNING_KEYS or the API token',
      );
    const status = disputed.length > 0 ? 'degraded' : 'ok';
    return told.length === 0 ? { status } : { status, detail: told.join('; ') };
  }
}
