import { type MetricRegistry, PREFIX } from '../metric-registry.js';

/** The series of one name in the exposition, by their labels as they stand there. @param name without the prefix */
export async function seriesOf(registry: Pick<MetricRegistry, 'read'>, name: string): Promise<Record<string, number>> {
  const lines = (await registry.read()).split('\n');
  const found = lines.map((line) => /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(
    found.filter(([, whole]) => whole === PREFIX + name).map(([, , labels = '', value]) => [labels, Number(value)]),
  );
}
