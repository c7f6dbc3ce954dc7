import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { ProcessesModule } from '../processes/processes.module.js';
import { SecurityContextModule } from '../security-context/security-context.module.js';
import { InspectionReconciler } from './inspection.reconciler.js';
import { InspectionsService } from './inspections.service.js';

/** Runs what processors want inspected, and has the registry know what was found. */
@Module({
  imports: [HealthModule, ProcessesModule, SecurityContextModule],
  providers: [InspectionReconciler, InspectionsService],
})
export class InspectionsModule {}
