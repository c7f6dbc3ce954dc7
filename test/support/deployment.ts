import { expect } from '@jest/globals';
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from './child.js';
import { SERVER, type TestCluster } from './cluster.js';
import { apply, kubectl, secret } from './kubectl.js';
import { hasServerImage, serverImage } from './server-image.js';
import { eventually } from './wait.js';

const run = promisify(execFile);

const HELM = process.env['HELM'] || 'helm';
const WAYS = ['kustomize', 'chart'] as const;
export type Way = (typeof WAYS)[number];
/** Those that this machine has the programs for. */
export const possibleWays = WAYS.filter(
  (way) => way === 'kustomize' || (hasServerImage && spawnSync(HELM, ['version']).status === 0),
);

/**
 * How `E2E_DEPLOY` wants this suite's server to be deployed on the real cluster: `kustomize`, `chart`, or `both`, which is every other suite by the one or the other.
 * Undefined: it has a process of its own.
 */
export const deployedBy = hasServerImage ? wayOf(process.env['E2E_DEPLOY'] ?? '') : undefined;
export const isDeployed = deployedBy !== undefined;

function wayOf(setting: string): Way | undefined {
  if (setting === '') return undefined;
  if (setting === 'both') {
    const suites = readdirSync(join(projectFolder, 'test/e2e')).sort();
    return WAYS[suites.indexOf(basename(expect.getState().testPath ?? '')) % 2] ?? 'kustomize';
  }
  const way = WAYS.find((candidate) => candidate === setting);
  if (way === undefined) throw new Error(`E2E_DEPLOY must be ${WAYS.join(', ')}, or both; it is ${setting}`);
  return way;
}

const PODS = `app=${SERVER}`;
/** Of as many that are shared out by chance none meets a replica that is gone, should there be one. */
const CONNECTIONS = 12;
/** What servers say of requests that their Role does not allow. */
const FORBIDDEN = /^.*(?:cannot \w+ resource|Missing rights|It may not).*$/m;

/** What is deployed besides what is shipped. */
export interface DeploymentSettings {
  /** The text of the configuration file. */
  readonly configuration: string;
  readonly token: string;
  /** The variables of the bucket. */
  readonly bucket: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Of `k8s-manifests/components`; only with kustomize. */
  readonly components?: readonly string[];
  /** Of the server's pods. */
  readonly volumes?: readonly V1Volume[];
  readonly volumeMounts?: readonly V1VolumeMount[];
}

/** `k8s-manifests` as shipped, in the namespace of a suite: two replicas of the image behind a Service. */
export class Deployment {
  private constructor(
    private readonly cluster: TestCluster,
    /** Of the Service, as the node of the cluster reaches it. */
    readonly url: string,
  ) {}

  /** Resolves when both replicas are ready. */
  static async start(
    cluster: TestCluster,
    settings: DeploymentSettings,
    way: Way = deployedBy ?? 'kustomize',
  ): Promise<Deployment> {
    await apply(cluster, [secret(SERVER, { token: settings.token }), secret(`${SERVER}-bucket`, settings.bucket)]);
    await (way === 'chart' ? installChart(cluster, settings) : applyOverlay(cluster, settings));
    const { spec } = await cluster.core.readNamespacedService({ name: SERVER, namespace: cluster.namespace });
    const deployment = new Deployment(cluster, `http://${spec?.clusterIP}`);
    await deployment.rolledOut();
    return deployment;
  }

  /** The logs of all replicas that are there. */
  async output(): Promise<string> {
    return kubectl(this.cluster, ['logs', '--selector', PODS, '--tail=-1', '--prefix']);
  }

  /** Takes all replicas away at once, and resolves when others are ready. */
  async replace(): Promise<void> {
    await this.removePods();
    await this.rolledOut();
  }

  /** One replica after the other. Resolves when the new ones are ready. */
  async restart(): Promise<void> {
    await kubectl(this.cluster, ['rollout', 'restart', `deployment/${SERVER}`]);
    await this.rolledOut();
  }

  /** Rejects where a request was made that the Role does not allow. */
  async stop(): Promise<void> {
    const forbidden = FORBIDDEN.exec(await this.output());
    // Without their owners pods can be taken away faster than they are asked to go.
    await kubectl(this.cluster, ['delete', 'deployments', SERVER, '--cascade=orphan']);
    await kubectl(this.cluster, ['delete', 'replicasets', '--selector', PODS, '--cascade=orphan']);
    await this.removePods();
    if (forbidden)
      throw new Error(`The Role that is shipped does not allow what the server asked for: ${forbidden[0]}`);
  }

  private async removePods(): Promise<void> {
    // The hook before the end would go on for as long as pods may take to end.
    await kubectl(this.cluster, ['delete', 'pods', '--selector', PODS, '--grace-period=1']);
  }

  private async rolledOut(): Promise<void> {
    try {
      await kubectl(this.cluster, ['rollout', 'status', `deployment/${SERVER}`, '--timeout=150s']);
    } catch (error) {
      const pods = await kubectl(this.cluster, ['describe', 'pods', '--selector', PODS]);
      throw new Error(`${String(error)}\n${pods}\n${await this.output().catch(String)}`);
    }
    await this.isReached();
  }

  /** A node learns of the pods behind a Service a moment after they are ready, and of those that are gone a moment after they are. */
  private async isReached(): Promise<void> {
    await eventually(
      `${CONNECTIONS} connections in a row to ${this.url}`,
      async () => {
        for (let count = 0; count < CONNECTIONS; count += 1) {
          const init = { headers: { connection: 'close' }, signal: AbortSignal.timeout(2_000) };
          if (!(await fetch(`${this.url}/health/live`, init)).ok) return false;
        }
        return true;
      },
      120_000,
    );
  }
}

const variables = (environment: Readonly<Record<string, string>> = {}) =>
  Object.entries(environment).map(([name, value]) => ({ name, value }));
const [repository, tag] = serverImage.split(':');
// The tag stays the same from build to build.
const pullPolicy = 'Always';

/** As an operator writes an overlay. */
async function applyOverlay(cluster: TestCluster, settings: DeploymentSettings): Promise<void> {
  const { configuration, environment, components = [], volumes, volumeMounts } = settings;
  const folder = await mkdtemp(join(cluster.folder, 'overlay-'));
  // kustomize takes no absolute paths.
  const root = relative(folder, join(projectFolder, 'k8s-manifests'));
  const container = { name: SERVER, imagePullPolicy: pullPolicy, env: variables(environment), volumeMounts };
  const patch = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: SERVER },
    spec: { template: { spec: { containers: [container], volumes } } },
  };
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: cluster.namespace,
    resources: [`${root}/base`],
    components: components.map((name) => `${root}/components/${name}`),
    images: [{ name: 'ogc-processes-k8s/server', newName: repository, newTag: tag }],
    configMapGenerator: [{ name: `${SERVER}-config`, behavior: 'replace', files: ['local.config.yml'] }],
    patches: [{ patch: JSON.stringify(patch) }],
  };
  await writeFile(join(folder, 'local.config.yml'), configuration);
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  await kubectl(cluster, ['apply', '--kustomize', folder]);
}

/** With the release's name all objects have the names of the base. */
async function installChart(cluster: TestCluster, settings: DeploymentSettings): Promise<void> {
  const { configuration, environment, volumes, volumeMounts } = settings;
  const folder = await mkdtemp(join(cluster.folder, 'values-'));
  const values = {
    image: { repository, tag, pullPolicy },
    configFile: configuration,
    env: variables(environment),
    volumes: volumes ?? [],
    volumeMounts: volumeMounts ?? [],
  };
  await writeFile(join(folder, 'values.yaml'), JSON.stringify(values));
  const where = ['--kubeconfig', cluster.kubeconfig, '--namespace', cluster.namespace];
  const chart = join(projectFolder, 'k8s-manifests/chart');
  await run(HELM, ['install', SERVER, chart, ...where, '--values', join(folder, 'values.yaml')]);
}
