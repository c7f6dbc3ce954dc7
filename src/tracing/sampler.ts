import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { type Environment, valueOf } from './environment.js';

/** By `OTEL_TRACES_SAMPLER`, of the share `OTEL_TRACES_SAMPLER_ARG`; what is unknown is `parentbased_always_on`, the default. */
export function samplerOf(environment: Environment): { readonly name: string; readonly sampler: Sampler } {
  const share = Number(valueOf(environment, 'OTEL_TRACES_SAMPLER_ARG') ?? 1);
  const ratio = share >= 0 && share <= 1 ? share : 1;
  const samplers: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const asked = valueOf(environment, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const [isParentBased, base] = asked.startsWith('parentbased_') ? [true, asked.slice(12)] : [false, asked];
  const make = Object.hasOwn(samplers, base) ? samplers[base] : undefined;
  if (!make) return { name: 'parentbased_always_on', sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }) };
  return { name: asked, sampler: isParentBased ? new ParentBasedSampler({ root: make() }) : make() };
}
