import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { hostname } from 'node:os';
import { type Environment, numberOf, valueOf } from './environment.js';
import { samplerOf } from './sampler.js';
import { TRACER_NAME } from './tracing.js';

/**
 * Makes spans from now on, and exports them. Endpoint, headers, timeout and compression are read by the exporter, from the environment of the process.
 * @returns sends what is left and ends
 */
export function startSdk(environment: Environment): () => Promise<void> {
  const version = valueOf(environment, 'VERSION');
  const own = resourceFromAttributes({
    'service.name': TRACER_NAME,
    'service.instance.id': hostname(),
    ...(version === undefined ? {} : { 'service.version': version }),
  });
  // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME stand over what the server says of itself.
  const given = detectResources({ detectors: [envDetector] });
  const provider = new TracerProvider({
    resource: defaultResource().merge(own).merge(given),
    sampler: samplerOf(environment).sampler,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        ...numberOf(environment, 'OTEL_BSP_SCHEDULE_DELAY', 'scheduledDelayMillis'),
        ...numberOf(environment, 'OTEL_BSP_EXPORT_TIMEOUT', 'exportTimeoutMillis'),
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}
