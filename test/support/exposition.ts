import type { TestClient } from './test-client.js';

const PREFIX = 'ogc_processes_';

/** What `/metrics` says. Series are named as they stand there, with their labels, but without the prefix of the server. */
export class Exposition {
  private readonly series: ReadonlyMap<string, number>;

  constructor(readonly text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    this.series = new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at).replace(PREFIX, ''), Number(line.slice(at + 1))];
      }),
    );
  }

  /** Rejects where the answer is not in Prometheus' format. */
  static async of(client: TestClient): Promise<Exposition> {
    const response = await client.get('/metrics');
    const type = response.headers.get('content-type');
    if (response.status !== 200 || type !== 'text/plain; version=0.0.4; charset=utf-8')
      throw new Error(`/metrics answers ${response.status} ${type}`);
    return new Exposition(await response.text());
  }

  /** 0 where there is no such series. */
  value(series: string): number {
    return this.series.get(series) ?? 0;
  }

  /** The values of all series of a metric, by their labels as they stand there. */
  all(metric: string): Record<string, number> {
    const own = [...this.series].filter(([name]) => name === metric || name.startsWith(`${metric}{`));
    return Object.fromEntries(own.map(([name, value]) => [name.slice(metric.length), value]));
  }
}
