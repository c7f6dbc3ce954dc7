import { Module } from '@nestjs/common';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { HealthChecks } from './health-checks.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';

/** Liveness and readiness. */
@Module({
  imports: [SecurityContextModule],
  controllers: [HealthController],
  providers: [HealthChecks, HealthService],
  exports: [HealthChecks, HealthService],
})
export class HealthModule {}
