import { describe } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { CLUSTER_STATE } from './cluster-parts.js';
import { HOST_FROM_PODS, onRealCluster, type TestCluster } from './cluster.js';
import { freePort } from './free-port.js';
import { apply, kubectl } from './kubectl.js';
import { eventually } from './wait.js';

/** The program: `METRICS_SERVER`, as scripts/get-metrics-server puts it. */
const program = process.env['METRICS_SERVER'] ?? '';
const hasMetricsServer = program !== '' && spawnSync(program, ['--version']).status === 0;

/** A suite that needs metrics-server and a real cluster; where there is none its name says why it is skipped. */
export function describeWithMetricsServer(name: string, suite: () => void): void {
  if (hasMetricsServer && onRealCluster) describe(name, suite);
  else
    describe.skip(
      `${name} (skipped: needs a real cluster, and METRICS_SERVER; scripts/get-metrics-server builds it)`,
      suite,
    );
}

const NAME = 'metrics-server';
const GROUP = 'metrics.k8s.io';
const API = `v1beta1.${GROUP}`;
/** On what this makes of the whole cluster: one of a run that was broken off is replaced, one of anybody else is not. */
const MADE_HERE = 'ogc-processes-k8s/end-to-end';

/** What is looked at of a pod's metrics. */
interface PodMetrics {
  readonly metadata: { readonly name: string };
}

/** The real metrics-server as a process beside the cluster, which serves `metrics.k8s.io` while a suite runs. */
export class MetricsServer {
  private output = '';
  private child: ChildProcess | undefined;
  private readonly agent = new Agent({ connect: { rejectUnauthorized: false } });

  private constructor(
    private readonly cluster: TestCluster,
    private readonly port: number,
  ) {}

  /** Rejects where the cluster has metrics of its own, and leaves nothing behind then. */
  static async start(cluster: TestCluster): Promise<MetricsServer> {
    const there = await kubectl(cluster, ['get', 'apiservice', API, '--ignore-not-found', '--output', 'json']);
    if (there !== '' && !there.includes(MADE_HERE)) throw new Error(`the cluster has ${API} already`);
    const server = new MetricsServer(cluster, await freePort());
    try {
      await server.run();
      await apply(cluster, server.objects());
      await eventually('the metrics API', () => server.pods());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Resolves once it has something to tell. */
  async run(): Promise<void> {
    const child = (this.child = spawn(program, this.arguments()));
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-20_000)));
    await eventually('metrics-server', async () => {
      const url = `https://${HOST_FROM_PODS}:${this.port}/readyz`;
      const { statusCode, body } = await request(url, { dispatcher: this.agent });
      const answer = await body.text();
      return statusCode === 200 || Promise.reject(new Error(`${answer}\n${this.output.slice(-2000)}`));
    });
  }

  /** As a crash would: its API stays where it was, and nobody answers there. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Of the pods in the namespace of the suite of which something is known. */
  async pods(): Promise<readonly PodMetrics[]> {
    const path = `/apis/${GROUP}/v1beta1/namespaces/${this.cluster.namespace}/pods`;
    const { items } = JSON.parse(await kubectl(this.cluster, ['get', '--raw', path])) as { items: PodMetrics[] | null };
    return items ?? [];
  }

  /** The API goes first: one that does not answer keeps namespaces from being deleted, everybody's. */
  async stop(): Promise<void> {
    try {
      const objects = [`apiservice/${API}`, `service/${NAME}`, `endpointslice/${NAME}`];
      await kubectl(this.cluster, ['delete', '--ignore-not-found', ...objects]);
    } finally {
      await this.end('SIGTERM');
      await this.agent.close();
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  private arguments(): string[] {
    const { kubeconfig, folder } = this.cluster;
    // A kubelet that knows nobody by a token asks for the certificate that the API server shows.
    const certificate = join(CLUSTER_STATE, 'pki', 'kubelet-client');
    return [
      `--bind-address=${HOST_FROM_PODS}`,
      `--secure-port=${this.port}`,
      `--cert-dir=${join(folder, NAME)}`,
      ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
        (name) => `--${name}=${kubeconfig}`,
      ),
      '--kubelet-insecure-tls',
      ...(existsSync(`${certificate}.crt`)
        ? [`--kubelet-client-certificate=${certificate}.crt`, `--kubelet-client-key=${certificate}.key`]
        : []),
      // The least that it takes of each.
      '--metric-resolution=10s',
      '--kubelet-request-timeout=9s',
    ];
  }

  private objects(): object[] {
    const labels = { [MADE_HERE]: 'true' };
    const { namespace } = this.cluster;
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: NAME, labels },
        spec: { ports: [{ name: 'https', port: 443, targetPort: this.port }] },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: NAME, labels: { ...labels, 'kubernetes.io/service-name': NAME } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [HOST_FROM_PODS], conditions: { ready: true } }],
        ports: [{ name: 'https', port: this.port, protocol: 'TCP' }],
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: API, labels },
        spec: {
          group: GROUP,
          version: 'v1beta1',
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { name: NAME, namespace },
        },
      },
    ];
  }
}
