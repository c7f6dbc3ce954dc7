import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What all of the server's own metrics begin with; those of the process and of Node.js have the names that they have everywhere. */
export const PREFIX = 'ogc_processes_';

/** Gauges of prom-client with the suffix of counters, which Prometheus' own check refuses; they are the sums of others without it. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

interface Description<Label extends string> {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** One value of a gauge or counter that is read when the metrics are. */
export type Reading<Label extends string> = readonly [labels: Readonly<Record<Label, string>>, value: number];

/** The server's metrics, and one place to make them. Names and units as Prometheus has them (https://prometheus.io/docs/practices/naming/). */
@Injectable()
export class MetricRegistry implements OnApplicationShutdown {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Names of all metrics with their types; of a histogram the series have the suffixes `_bucket`, `_sum` and `_count`. */
  names(): Promise<ReadonlyMap<string, string>> {
    return this.#registry
      .getMetricsAsJSON()
      .then((metrics) => new Map(metrics.map(({ name, type }) => [name, String(type)])));
  }

  /** Of the metric with this whole name, those of the process and of Node.js among them. */
  labelsOf(name: string): readonly string[] {
    const metric = this.#registry.getSingleMetric(name) as { readonly labelNames?: readonly string[] } | undefined;
    return metric?.labelNames ?? [];
  }

  counter<Label extends string>(description: Description<Label>): Counter<Label> {
    return new Counter(this.#configuration(description));
  }

  /** @param buckets upper bounds */
  histogram<Label extends string>(description: Description<Label>, buckets: readonly number[]): Histogram<Label> {
    return new Histogram({ ...this.#configuration(description), buckets: [...buckets] });
  }

  /** A gauge that is read when the metrics are. Series that are not read any more are gone. */
  gauge<Label extends string>(
    description: Description<Label>,
    read: () => Iterable<Reading<Label>> | Promise<Iterable<Reading<Label>>>,
  ): void {
    const gauge: Gauge<Label> = new Gauge({
      ...this.#configuration(description),
      collect: async () => {
        const readings = await read();
        gauge.reset();
        for (const [labels, value] of readings) gauge.set(labels, value);
      },
    });
  }

  /** A counter that somebody else counts. */
  countedElsewhere<Label extends string>(description: Description<Label>, read: () => Iterable<Reading<Label>>): void {
    const counter: Counter<Label> = new Counter({
      ...this.#configuration(description),
      collect: () => {
        counter.reset();
        for (const [labels, value] of read()) counter.inc(labels, value);
      },
    });
  }

  onApplicationShutdown(): void {
    this.#registry.clear();
  }

  #configuration<Label extends string>({ name, help, labels = [] }: Description<Label>) {
    return { name: PREFIX + name, help, labelNames: labels, registers: [this.#registry] };
  }
}
