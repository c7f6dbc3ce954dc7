import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Logger } from '@nestjs/common';
import isInsideContainer from 'is-inside-container';
import type { ClusterChoice } from '../../config/configuration.js';
import { ClusterConnectionError } from './cluster-connection-error.js';
import { readEmbeddedImages } from './embedded-images.js';
import type { EmbeddedImage } from './embedded-images.js';
import { findKubeconfigFiles, loadKubeconfigFiles } from './kubeconfig-files.js';
import { PooledKubeConfig } from './pooled-kube-config.js';

/** The cluster in use; injection token. */
export abstract class ClusterConnection {
  abstract readonly kubeConfig: PooledKubeConfig;
  abstract readonly namespace: string;
  /** For people, printed at start: where the cluster is and how it was found. */
  abstract readonly description: string;
  /** Whether it is the embedded cluster, run by this process. */
  abstract readonly embedded: boolean;
  /** Whether this process is in a container, which is a machine of its own. */
  abstract readonly insideContainer: boolean;
  /** Breaks all connections and stops the embedded cluster. */
  abstract close(): Promise<void>;
}

export interface ClusterSettings {
  readonly cluster: ClusterChoice;
  readonly dataDir: string;
  /** Whom the containers of the embedded cluster run as; default: as this process. */
  readonly runAs?: string;
  /** A Python that has papermill, for notebooks on the embedded cluster; default: what is in `PATH`. */
  readonly notebookPython?: string;
  readonly namespace?: string;
  /** Where jobs run; default: the same. */
  readonly jobsNamespace?: string;
}

export interface RunningEmbeddedCluster {
  readonly kubeconfigPath: string;
  readonly url: string;
  stop(): Promise<void>;
}

/** What is looked at beside the environment; tests give their own. */
export interface Surroundings {
  /** Where a kubeconfig is looked for, in this order. */
  readonly homeFolders: readonly string[];
  /** Where the root of the mounted service account is; the empty string but in tests. */
  readonly root: string;
  readonly insideContainer: boolean;
  readonly startEmbeddedCluster: (
    dataDir: string,
    images: EmbeddedImage[],
    runAs: string | undefined,
    namespaces: readonly string[],
  ) => Promise<RunningEmbeddedCluster>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ROOT_HOME = '/root';
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Chooses the cluster: `auto` takes `KUBECONFIG` or `~/.kube/config` (inside a container also root's) where it exists, then a pod's service account, else, but never inside a
 * container, the embedded cluster. Nothing is asked of the cluster yet.
 * @throws ClusterConnectionError where what was chosen is not available; ConfigurationError where `EMBEDDED_IMAGES` is wrong
 */
export async function connectToCluster(
  settings: ClusterSettings,
  environment: Environment,
  surroundings: Partial<Surroundings> = {},
): Promise<ClusterConnection> {
  const around: Surroundings = { ...actualSurroundings(environment), ...surroundings };
  const files = findKubeconfigFiles(environment, around.homeFolders);
  const account = join(around.root, SERVICE_ACCOUNT, 'token');
  const inPod = existsSync(account) && Boolean(environment.KUBERNETES_SERVICE_HOST);
  const noAccount = `no service account of a pod (${account} and KUBERNETES_SERVICE_HOST)`;

  switch (settings.cluster) {
    case 'embedded':
      return connectEmbedded(settings, environment, around);
    case 'kubeconfig':
      if (files.found.length === 0)
        throw new ClusterConnectionError(`--cluster kubeconfig: no file at ${files.looked}`);
      return connectByKubeconfig(settings, files.found, around);
    case 'in-cluster':
      if (!inPod) throw new ClusterConnectionError(`--cluster in-cluster: ${noAccount}`);
      return connectInCluster(settings, around);
    case 'auto':
  }
  if (files.found.length > 0) return connectByKubeconfig(settings, files.found, around);
  if (files.named)
    throw new ClusterConnectionError(`no kubeconfig file at ${files.looked}; unset KUBECONFIG to go without`);
  if (inPod) return connectInCluster(settings, around);
  if (around.insideContainer) {
    throw new ClusterConnectionError(
      `no cluster found: no kubeconfig at ${files.looked}, ${noAccount}. Inside a container the embedded cluster is never chosen by itself: ` +
        '--cluster embedded (K8S_CLUSTER=embedded) runs jobs as local processes beside the server.',
    );
  }
  return connectEmbedded(settings, environment, around);
}

function actualSurroundings(environment: Environment): Surroundings {
  const insideContainer = Boolean(environment.KUBERNETES_SERVICE_HOST) || isInsideContainer();
  const own = environment.HOME || homedir();
  return {
    // The predecessor's container was root: people mount their ~/.kube there, whoever this process is.
    homeFolders: insideContainer && own !== ROOT_HOME ? [own, ROOT_HOME] : [own],
    root: '',
    insideContainer,
    startEmbeddedCluster: async (dataDir, images, runAs, namespaces) => {
      const { EmbeddedCluster } = await import('../../embedded-cluster/embedded-cluster.js');
      const logger = new Logger(EmbeddedCluster.name);
      const [log, warn] = [(message: string) => logger.log(message), (message: string) => logger.warn(message)];
      return EmbeddedCluster.start({ dataDir, images, runAs, namespaces, log, warn });
    },
  };
}

function connectByKubeconfig(
  settings: ClusterSettings,
  files: readonly string[],
  around: Surroundings,
): ClusterConnection {
  const kubeConfig = new PooledKubeConfig();
  loadKubeconfigFiles(kubeConfig, files);
  const context = kubeConfig.getCurrentContext();
  const namespace =
    mountedNamespace(around) || settings.namespace || kubeConfig.getContextObject(context)?.namespace || undefined;
  if (namespace === undefined) {
    throw new ClusterConnectionError(
      `no namespace: set PYGEOAPI_K8S_MANAGER_NAMESPACE, or a namespace for context ${context} in ${files.join(delimiter)}`,
    );
  }
  const source = `kubeconfig ${files.join(delimiter)}, context ${context}`;
  return connection(kubeConfig, namespace, `${kubeConfig.getCurrentCluster()?.server} (${source})`, around);
}

function connectInCluster(settings: ClusterSettings, around: Surroundings): ClusterConnection {
  const kubeConfig = new PooledKubeConfig();
  kubeConfig.loadFromCluster(around.root);
  const namespace = mountedNamespace(around) || settings.namespace;
  if (!namespace) {
    throw new ClusterConnectionError(
      `no namespace: the service account names none (${join(SERVICE_ACCOUNT, 'namespace')}); set PYGEOAPI_K8S_MANAGER_NAMESPACE`,
    );
  }
  const description = `${kubeConfig.getCurrentCluster()?.server} (service account of the pod)`;
  return connection(kubeConfig, namespace, description, around);
}

async function connectEmbedded(
  settings: ClusterSettings,
  environment: Environment,
  around: Surroundings,
): Promise<ClusterConnection> {
  const dataDir = join(settings.dataDir, 'cluster');
  const images = await readEmbeddedImages(environment, settings.notebookPython);
  const namespace = settings.namespace || 'default';
  const namespaces = [namespace, settings.jobsNamespace || namespace];
  const cluster = await around
    .startEmbeddedCluster(dataDir, images, settings.runAs, namespaces)
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new ClusterConnectionError(`The embedded cluster cannot start: ${why}`, { cause: error });
    });
  try {
    const kubeConfig = new PooledKubeConfig();
    loadKubeconfigFiles(kubeConfig, [cluster.kubeconfigPath]);
    const description = `embedded cluster in ${dataDir} (${cluster.url})`;
    return connection(kubeConfig, namespace, description, around, cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function connection(
  kubeConfig: PooledKubeConfig,
  namespace: string,
  description: string,
  { insideContainer }: Surroundings,
  embedded?: RunningEmbeddedCluster,
): ClusterConnection {
  return {
    kubeConfig,
    namespace,
    description,
    embedded: embedded !== undefined,
    insideContainer,
    close: async () => {
      await kubeConfig.close();
      await embedded?.stop();
    },
  };
}

function mountedNamespace({ root }: Surroundings): string | undefined {
  const file = join(root, SERVICE_ACCOUNT, 'namespace');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
