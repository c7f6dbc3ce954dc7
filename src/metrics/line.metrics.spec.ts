import { afterEach, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { AdmissionLine } from '../admission/line/admission-line.js';
import { aJob } from '../jobs/testing/records.js';
import { LineMetrics } from './line.metrics.js';
import { MetricRegistry } from './metric-registry.js';
import { seriesOf } from './testing/series.js';

const registry = new MetricRegistry();
afterEach(() => registry.onApplicationShutdown());

it('the metrics of the line tell how many jobs wait, and how many have a place', async () => {
  const configuration = { server: { manager: { maxRunning: 1 } }, access: {} } as Configuration;
  const line = new AdmissionLine(configuration, { find: () => undefined } as never);
  new LineMetrics(line, registry);
  const admission = { state: 'waiting', caller: 'a' } as const;
  for (const name of ['a', 'b']) line.update(name, aJob({ name, suspended: true, admission }), undefined, () => false);
  line.update('c', aJob({ name: 'c' }), undefined, () => true);
  expect(await seriesOf(registry, 'line_jobs')).toEqual({ 'state="waiting"': 2, 'state="running"': 1 });
});
