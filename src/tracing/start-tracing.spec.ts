import { describe, expect, it } from '@jest/globals';
import { samplerOf } from './sampler.js';
import { exporting } from './start-tracing.js';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('spans are exported', () => {
  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [endpoint, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/x' }, true],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'false', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, true],
    [{ OTEL_SERVICE_NAME: 'x' }, false],
  ])('of %j: %s', (environment, isOn) => {
    expect(exporting(environment)).toEqual({ isOn, warnings: [] });
  });

  it('by OTLP only, and as JSON only, which is said', () => {
    expect(exporting({ ...endpoint, OTEL_TRACES_EXPORTER: 'zipkin' })).toEqual({
      isOn: false,
      warnings: [expect.stringContaining('OTEL_TRACES_EXPORTER: must be otlp or none ("zipkin")')],
    });
    expect(exporting({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toEqual({
      isOn: true,
      warnings: [expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL: "grpc"')],
    });
  });
});

describe('the sampler', () => {
  it.each([
    [undefined, undefined, 'ParentBased{root=AlwaysOnSampler'],
    ['always_on', undefined, 'AlwaysOnSampler'],
    ['always_off', undefined, 'AlwaysOffSampler'],
    ['traceidratio', '0.25', 'TraceIdRatioBased{0.25}'],
    ['parentbased_traceidratio', '0.25', 'ParentBased{root=TraceIdRatioBased{0.25}'],
    ['parentbased_always_off', undefined, 'ParentBased{root=AlwaysOffSampler'],
    ['traceidratio', '7', 'TraceIdRatioBased{1}'],
    ['constructor', undefined, 'ParentBased{root=AlwaysOnSampler'],
  ])('%s of %s is %s', (OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, expected) => {
    const { sampler } = samplerOf({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG });
    expect(sampler.toString().slice(0, expected.length)).toBe(expected);
  });
});
