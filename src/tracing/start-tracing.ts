import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type Environment, valueOf } from './environment.js';

/** How long the last spans may take to be sent, milliseconds. */
const PATIENCE = 3_000;

export interface Tracing {
  /** Why spans are not exported though the environment asks for it. */
  readonly warnings: readonly string[];
  /** Sends what is left. Never rejects, and takes three seconds at the most. */
  stop(): Promise<void>;
}

/**
 * Lets what is traced be passed on; and, where OpenTelemetry's variables ask for it, makes spans and exports them by OTLP over HTTP as JSON. The SDK is loaded only then. The variables are
 * {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ OpenTelemetry's}.
 */
export async function startTracing(environment: Environment): Promise<Tracing> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const { isOn, warnings } = exporting(environment);
  if (!isOn) return { warnings, stop: async () => context.disable() };
  const { startSdk } = await import('./sdk.js');
  const shutDown = startSdk(environment);
  return {
    warnings,
    stop: async () => {
      await Promise.race([shutDown().catch(() => undefined), patience()]);
      trace.disable();
      context.disable();
    },
  };
}

/** Whether spans are exported: where an endpoint or the exporter `otlp` is named, and nothing switches it off. */
export function exporting(environment: Environment): { readonly isOn: boolean; readonly warnings: readonly string[] } {
  const given = (name: string) => valueOf(environment, name);
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return { isOn: false, warnings: [] };
  const exporter = given('OTEL_TRACES_EXPORTER');
  if (exporter === 'none') return { isOn: false, warnings: [] };
  if (exporter !== undefined && exporter !== 'otlp')
    return {
      isOn: false,
      warnings: [`environment: OTEL_TRACES_EXPORTER: must be otlp or none ("${exporter}"); nothing is exported`],
    };
  const endpoint = given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? given('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (exporter === undefined && endpoint === undefined) return { isOn: false, warnings: [] };
  const protocol = given('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? given('OTEL_EXPORTER_OTLP_PROTOCOL');
  const isOther = protocol !== undefined && protocol !== 'http/json';
  return {
    isOn: true,
    warnings: isOther
      ? [`environment: OTEL_EXPORTER_OTLP_PROTOCOL: "${protocol}" is not known here; http/json is used, on port 4318`]
      : [],
  };
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE).unref());
}
