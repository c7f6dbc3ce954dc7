import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Configuration } from '../config/configuration.js';
import { HealthModule } from '../health/health.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { Observer } from '../observation/observer.js';
import { Exposition } from './exposition.js';
import { HttpMetrics } from './http.metrics.js';
import { JobMetrics } from './job.metrics.js';
import { LineMetrics } from './line.metrics.js';
import { MetricRegistry } from './metric-registry.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsListener } from './metrics.listener.js';
import { FAILURE_TRANSLATION, type FailureTranslation, MetricsObserver } from './metrics.observer.js';
import { ProcessLabel } from './process-label.js';
import { PACKAGE_VERSION, ServerMetrics } from './server.metrics.js';

/** Provides the {@link Observer} to all modules; apart from {@link MetricsModule}, for it stands beneath what that reads. */
@Global()
@Module({})
export class ObservationModule {
  static forRoot(translate: FailureTranslation): DynamicModule {
    return {
      module: ObservationModule,
      providers: [
        MetricRegistry,
        MetricsObserver,
        ProcessLabel,
        { provide: FAILURE_TRANSLATION, useValue: translate },
        { provide: Observer, useExisting: MetricsObserver },
      ],
      exports: [MetricRegistry, Observer, ProcessLabel],
    };
  }
}

/** The metrics of the server, and where they are read. */
@Module({})
export class MetricsModule {
  /** @param version of the package, where the image has none of its own */
  static forRoot({ environment, processesApi }: Configuration, version: string): DynamicModule {
    const hasOwnPort = environment.metrics.port !== undefined;
    return {
      module: MetricsModule,
      imports: [HealthModule, ...(processesApi ? [JobsModule] : [])],
      controllers: hasOwnPort ? [] : [MetricsController],
      providers: [
        { provide: PACKAGE_VERSION, useValue: version },
        Exposition,
        HttpMetrics,
        ServerMetrics,
        ...(processesApi ? [JobMetrics, LineMetrics] : []),
        ...(hasOwnPort ? [MetricsListener] : []),
      ],
    };
  }
}
