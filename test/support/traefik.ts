import { describe } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { generate } from 'selfsigned';
import { Agent, request } from 'undici';
import { onRealCluster, type TestCluster } from './cluster.js';
import { apply, kubectl, secret } from './kubectl.js';
import { freePort } from './stores/store-process.js';
import { eventually } from './wait.js';

/** The program: `TRAEFIK`, as scripts/get-traefik puts it, with the definitions beside it. */
const program = process.env['TRAEFIK'] ?? '';
const hasTraefik = program !== '' && spawnSync(program, ['version']).status === 0;

/** A suite that needs Traefik and a real cluster; where there is none its name says why it is skipped. */
export function describeWithTraefik(name: string, suite: () => void, also = true): void {
  if (hasTraefik && onRealCluster && also) describe(name, suite);
  else describe.skip(`${name} (skipped: needs a real cluster, and TRAEFIK; scripts/get-traefik builds it)`, suite);
}

export const GATEWAY = 'public';
/** The Secret of its certificate. */
export const CERTIFICATE = 'certificate';

/** Where a request goes in: by the Gateway API, or by Ingresses with the annotations of ingress-nginx. */
export type EntryPoint = 'http' | 'https' | 'closed' | 'ingress-http' | 'ingress';
const entryPoints: readonly EntryPoint[] = ['http', 'https', 'closed', 'ingress-http', 'ingress'];

/**
 * Traefik as a process beside the cluster, with a Gateway of its own in the namespace of a test: `https` with a Secret's certificate,
 * `http`, and `closed`, which lets no route in. At `ingress`, by HTTPS, it serves Ingresses of the class of the namespace's name, as
 * ingress-nginx would.
 */
export class Traefik {
  private output = '';
  private readonly agent: Agent;

  private constructor(
    private readonly cluster: TestCluster,
    private readonly ports: Readonly<Record<EntryPoint, number>>,
    ca: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.agent = new Agent({
      connect: { ca, lookup: (_host, _options, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]) },
    });
  }

  /** @param hosts of the certificate @param limit bytes of a request that its Middleware `limits` lets through */
  static async start(cluster: TestCluster, hosts: readonly string[], limit: number): Promise<Traefik> {
    const pem = await generate([{ name: 'commonName', value: hosts[0] ?? '' }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) }],
    });
    const ports = Object.fromEntries(
      await Promise.all(entryPoints.map(async (name) => [name, await freePort()] as const)),
    ) as Record<EntryPoint, number>;
    await applyDefinitions(cluster);
    await apply(cluster, objectsFor(cluster.namespace, ports, pem, limit));
    const child = spawn(program, argumentsFor(cluster.namespace, ports), {
      env: { KUBECONFIG: cluster.kubeconfig },
    });
    return new Traefik(cluster, ports, pem.cert, child);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill();
      await ended;
    }
    await this.agent.close();
    await kubectl(this.cluster, ['delete', 'gatewayclass,ingressclass', this.cluster.namespace, '--ignore-not-found']);
  }

  /** The features of the Gateway API that it says it has. */
  async features(): Promise<string[]> {
    const of = ['get', 'gatewayclass', this.cluster.namespace, '-o', 'jsonpath={.status.supportedFeatures[*].name}'];
    return eventually('the features', async () => (await kubectl(this.cluster, of)).split(' ').filter(Boolean));
  }

  url(at: EntryPoint, host: string, path: string): string {
    return `${at === 'https' || at === 'ingress' ? 'https' : 'http'}://${host}:${this.ports[at]}${path}`;
  }

  /** Asks Traefik for a host; its certificate has to be the one of the Secret. */
  async ask(
    at: EntryPoint,
    host: string,
    path: string,
    {
      method = 'GET',
      body,
      headers = {},
    }: { method?: 'GET' | 'POST'; body?: string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; headers: Readonly<Record<string, unknown>>; body: string }> {
    if (this.child.exitCode !== null) throw new Error(`Traefik has ended:\n${this.output}`);
    const answer = await request(this.url(at, host, path), { method, body, headers, dispatcher: this.agent });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** Asks until the answer has this status: Traefik learns of objects a moment after the API server does. */
  until(status: number, ...question: Parameters<Traefik['ask']>) {
    return eventually(`${status} of ${question[1]}${question[2]} at ${question[0]}`, async () => {
      const answer = await this.ask(...question);
      if (answer.status === status) return answer;
      throw new Error(`${answer.status}: ${answer.body.slice(0, 500)}\n${this.output.slice(-2000)}`);
    });
  }
}

/** They are the cluster's, and stay there: other suites may use them at the same time. */
async function applyDefinitions(cluster: TestCluster): Promise<void> {
  const folder = join(dirname(program), 'definitions');
  await kubectl(cluster, ['apply', '--server-side', '--force-conflicts', '--filename', folder]);
  await kubectl(cluster, [
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd/gateways.gateway.networking.k8s.io',
    'crd/httproutes.gateway.networking.k8s.io',
    'crd/middlewares.traefik.io',
  ]);
}

function argumentsFor(namespace: string, ports: Readonly<Record<EntryPoint, number>>): string[] {
  return [
    ...entryPoints.map((name) => `--entrypoints.${name}.address=127.0.0.1:${ports[name]}`),
    '--providers.kubernetesgateway=true',
    `--providers.kubernetesgateway.namespaces=${namespace}`,
    '--providers.kubernetescrd=true',
    `--providers.kubernetescrd.namespaces=${namespace}`,
    '--providers.kubernetesingressnginx=true',
    `--providers.kubernetesingressnginx.watchnamespace=${namespace}`,
    `--providers.kubernetesingressnginx.ingressclass=${namespace}`,
    `--providers.kubernetesingressnginx.controllerclass=example.org/${namespace}`,
    // Without it proxy-body-size does nothing.
    '--providers.kubernetesingressnginx.proxyrequestbuffering=true',
    '--providers.kubernetesingressnginx.httpentrypoint=ingress-http',
    '--providers.kubernetesingressnginx.httpsentrypoint=ingress',
    '--serverstransport.forwardingtimeouts.responseheadertimeout=20s',
    '--global.checknewversion=false',
    '--global.sendanonymoususage=false',
    '--log.level=INFO',
  ];
}

function objectsFor(
  namespace: string,
  ports: Readonly<Record<EntryPoint, number>>,
  pem: { readonly cert: string; readonly private: string },
  limit: number,
): object[] {
  const group = 'gateway.networking.k8s.io/v1';
  const listener = (name: 'https' | 'http' | 'closed', more: object) => ({ name, port: ports[name], ...more });
  const nobody = { namespaces: { from: 'Selector', selector: { matchLabels: { 'example.org/no': 'namespace' } } } };
  return [
    {
      apiVersion: group,
      kind: 'GatewayClass',
      metadata: { name: namespace },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: namespace },
      spec: { controller: `example.org/${namespace}` },
    },
    { ...secret(CERTIFICATE, { 'tls.crt': pem.cert, 'tls.key': pem.private }), type: 'kubernetes.io/tls' },
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'Middleware',
      metadata: { name: 'limits' },
      spec: { buffering: { maxRequestBodyBytes: limit } },
    },
    {
      apiVersion: group,
      kind: 'Gateway',
      metadata: { name: GATEWAY },
      spec: {
        gatewayClassName: namespace,
        listeners: [
          listener('https', {
            protocol: 'HTTPS',
            tls: { mode: 'Terminate', certificateRefs: [{ name: CERTIFICATE }] },
          }),
          listener('http', { protocol: 'HTTP' }),
          listener('closed', { protocol: 'HTTP', allowedRoutes: nobody }),
        ],
      },
    },
  ];
}
