import { afterAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { AdmissionLine } from '../admission/line/admission-line.js';
import type { Configuration } from '../config/configuration.js';
import type { HealthService } from '../health/health.service.js';
import { jobCacheOf } from '../jobs/testing/job-cache-of.js';
import { resourcePath, verbAndResource } from '../k8s/client/api-paths.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import type { ListWatchInformerFactory } from '../k8s/informers/informer.factory.js';
import type { LeaderElections } from '../k8s/leadership/leader-elections.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { HttpMetrics } from './http.metrics.js';
import { JobMetrics } from './job.metrics.js';
import { LineMetrics } from './line.metrics.js';
import { MetricRegistry, PREFIX } from './metric-registry.js';
import { MetricsObserver } from './metrics.observer.js';
import { ProcessLabel } from './process-label.js';
import { ServerMetrics } from './server.metrics.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[];
  };
}

const registry = allMetrics();
afterAll(() => registry.onApplicationShutdown());
const operations = (file: string) => readFileSync(`docs/operations/${file}`, 'utf8');
const rules = (parse(operations('alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(operations('grafana-dashboard.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
  ...dashboard.templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => [name, (query as { query: string }).query] as const),
];

/** Everything that the server registers, of parts that do nothing. */
function allMetrics(): MetricRegistry {
  const made = new MetricRegistry();
  const configuration = {
    environment: { jobNamePrefix: 'x-', bucket: { pathPrefix: '' }, build: {} },
    processes: [],
  } as unknown as Configuration;
  const cluster = new FakeCluster();
  const label = new ProcessLabel(configuration);
  new MetricsObserver(made, label, () => undefined);
  new JobMetrics(jobCacheOf(cluster, configuration), label, made);
  new LineMetrics({ jobs: { waiting: 0, running: 0 } } as AdmissionLine, made);
  new HttpMetrics(made);
  new ServerMetrics(
    made,
    { statistics: () => [] } as unknown as ListWatchInformerFactory,
    new WorkQueues(),
    { started: () => [] } as unknown as LeaderElections,
    { readiness: async () => ({ status: 'ok', checks: {} }) } as unknown as HealthService,
    '1.2.3',
    configuration,
  );
  return made;
}

/** Names of series with the labels of their metrics; of a histogram those of its parts. */
async function knownSeries(): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>();
  for (const [name, type] of await registry.names()) {
    const labels = registry.labelsOf(name);
    if (type !== 'histogram') known.set(name, labels);
    else
      for (const part of ['bucket', 'sum', 'count'])
        known.set(`${name}_${part}`, part === 'bucket' ? [...labels, 'le'] : labels);
  }
  return known;
}

/** What Prometheus itself puts on every series, and variables of the dashboard. */
const TARGET_LABELS = ['namespace', 'job', 'instance'];

describe('the dashboard and the alerts', () => {
  it.each(expressions)('%s asks for metrics that there are, by labels that they have', async (_title, expression) => {
    const known = await knownSeries();
    const used = [...expression.matchAll(/\b((?:ogc_processes|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, name = '', selectors = ''] of used) {
      expect([...known.keys()]).toContain(name);
      const labels = [...selectors.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label);
      expect([...TARGET_LABELS, ...(known.get(name) ?? [])]).toEqual(expect.arrayContaining(labels));
    }
    const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
    const ofUsed = used.flatMap(([, name = '']) => known.get(name) ?? []);
    expect([...TARGET_LABELS, ...ofUsed]).toEqual(expect.arrayContaining(grouped));
  });
});

describe('the PrometheusRules of the manifests', () => {
  const read = (path: string) => readFileSync(`k8s-manifests/${path}`, 'utf8');

  it('hold the alerts', () => {
    expect(read('chart/files/alerts.yaml')).toBe(operations('alerts.yaml'));
    const { spec } = parse(read('components/prometheus-rule/prometheus-rule.yaml')) as { spec: unknown };
    expect(spec).toEqual(parse(operations('alerts.yaml')));
  });
});

describe('each alert', () => {
  it.each(rules)('$alert says what is the matter, and the runbook what to do', ({ alert, annotations }) => {
    expect(annotations['summary']).toBeTruthy();
    expect(annotations['description']).toBeTruthy();
    expect(annotations['runbook_url']).toBe(`docs/operations/runbook.md#${alert.toLowerCase()}`);
    const section = operations('runbook.md')
      .split(/^## /m)
      .find((text) => text.startsWith(`${alert}\n`));
    expect(section?.slice(alert.length).trim().length).toBeGreaterThan(100);
  });

  it('is not raised for rights that the server does without', () => {
    const refused = rules.find(({ alert }) => alert === 'OgcProcessesKubernetesRefuses')?.expr ?? '';
    // Prometheus anchors what it is to match.
    const unasked = new RegExp(`^(?:${/code="403".*resource!~"([^"]+)"/.exec(refused)?.[1]})$`);
    const resourceOf = (path: string) => verbAndResource('GET', path).resource;
    const queue = resourcePath('here', 'localqueues.visibility.kueue.x-k8s.io', 'one');
    expect(resourceOf(resourcePath('here', 'pods.metrics.k8s.io'))).toMatch(unasked);
    expect(resourceOf(`${queue}/pendingworkloads`)).toMatch(unasked);
    expect(resourceOf(resourcePath('here', 'pods'))).not.toMatch(unasked);
  });

  it('is the only reason for a section of the runbook, whose references lead somewhere', () => {
    const sections = [...operations('runbook.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(rules.map(({ alert }) => alert));
    const anchors = [...operations('runbook.md').matchAll(/\]\(#([a-z]+)\)/g)].map(([, anchor]) => anchor);
    expect(sections.map((title) => title?.toLowerCase())).toEqual(expect.arrayContaining(anchors));
  });
});

describe('the dashboard', () => {
  it('has variables for data source, namespace and job, and uses them in all panels', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['namespace', 'query'],
      ['job', 'query'],
    ]);
    for (const { datasource, targets = [] } of panels) {
      expect(datasource?.uid).toBe('${datasource}');
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) {
        expect(target.datasource.uid).toBe('${datasource}');
        expect(target.expr).toContain('namespace=~"$namespace", job=~"$job"');
      }
    }
  });

  it('has panels that do not overlap, with ids of their own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('docs/operations/metrics.md', () => {
  it('lists every metric of the server with its type and labels', async () => {
    const rows = [
      ...operations('metrics.md').matchAll(/^\| `([a-z_]+)` +\| ([a-z]+) +\| ([^|]*?) +\| (sum|max|min|each) +\|/gm),
    ];
    const documented = rows.map(([, name, type, labels = '']) => [
      name,
      type,
      labels === '–' ? [] : labels.split(', '),
    ]);
    const own = [...(await registry.names())]
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, type]) => [name.slice(PREFIX.length), type, registry.labelsOf(name).map((label) => `\`${label}\``)]);
    expect(documented.sort()).toEqual(own.sort());
  });
});

describe('names', () => {
  it('follow the conventions of Prometheus', async () => {
    for (const [name, type] of await registry.names()) {
      if (!name.startsWith(PREFIX)) continue;
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});
