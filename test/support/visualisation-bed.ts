import {
  ApiextensionsV1Api,
  ApiException,
  AppsV1Api,
  type CoreV1Event,
  CustomObjectsApi,
  KubeConfig,
  loadYaml,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  type V1CustomResourceDefinition,
  type V1PolicyRule,
} from '@kubernetes/client-node';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { Child } from './child.js';
import { TestCluster } from './cluster.js';
import { kubeconfigWith } from './service-account.js';
import { TOKEN } from './test-bed.js';
import { eventually } from './wait.js';

export const DOMAIN = 'apps.example.org';
export const IMAGE = 'ogc-processes-k8s/visualisation-app';
export const TAG = '0.1.0';
export const PROJECT = { claimName: 'project', id: 'project-1' };

const MANIFESTS = 'k8s-manifests/visualisations';
const CUSTOM = { group: 'squonk.it', version: 'v1', plural: 'datavisualisations' };
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

export interface Visualisation {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration: number;
    readonly viz?: Readonly<Record<string, unknown>> & { readonly url: string };
    readonly conditions: readonly Condition[];
  };
}

/** A server with nothing but the operator, with the rights of its manifest, in a namespace of a real cluster; a volume with a project. */
export class VisualisationBed {
  server: Child | undefined;
  url = '';

  private constructor(
    readonly cluster: TestCluster,
    readonly apps: AppsV1Api,
    readonly networking: NetworkingV1Api,
    private readonly custom: CustomObjectsApi,
    private readonly kubeconfig: string,
    private readonly over: Readonly<Record<string, string>>,
  ) {}

  /** @param over its usual variables */
  static async start(over: Readonly<Record<string, string>> = {}, cluster?: TestCluster): Promise<VisualisationBed> {
    cluster ??= await TestCluster.start();
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    await applyDefinition(config.makeApiClient(ApiextensionsV1Api));
    const lease = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] };
    const bed = new VisualisationBed(
      cluster,
      config.makeApiClient(AppsV1Api),
      config.makeApiClient(NetworkingV1Api),
      config.makeApiClient(CustomObjectsApi),
      await kubeconfigWith(cluster, [...(await manifestRules()), lease]),
      over,
    );
    try {
      await bed.makeProject();
      await bed.startServer();
      return bed;
    } catch (error) {
      await bed.stop();
      throw error;
    }
  }

  get namespace(): string {
    return this.cluster.namespace;
  }

  /** @param over the bed's variables, this time */
  async restartWith(over: Readonly<Record<string, string>>): Promise<void> {
    await this.server?.end();
    await this.startServer(over);
  }

  async startServer(over: Readonly<Record<string, string>> = {}): Promise<void> {
    const file = join(this.cluster.folder, 'operator.yaml');
    await writeFile(file, 'operators: [visualisations]\nprocesses_api: off\nserver: {bind: {host: 127.0.0.1}}\n');
    const { child, match } = await Child.start(
      'dist/main.js',
      ['--cluster', 'kubeconfig', '--port', '0'],
      { PYGEOAPI_CONFIG: file, KUBECONFIG: this.kubeconfig, ...this.variables, ...over },
      /^listening on (http:\/\/\S+)$/m,
    );
    this.server = child;
    this.url = match[1] ?? '';
  }

  /** For a server with the operator, in this namespace. */
  get variables(): Record<string, string> {
    return {
      PYGEOAPI_K8S_MANAGER_NAMESPACE: this.namespace,
      PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN,
      INGRESS_DOMAIN: DOMAIN,
      INGRESS_CERT_ISSUER: 'letsencrypt',
      SVO_ALLOWED_INGRESS_DOMAINS: '*.example.org',
      SVO_ALLOWED_INGRESS_CLASSES: 'none',
      SVO_ALLOWED_INGRESS_TLS_SECRETS: 'own-tls',
      SVO_ALLOWED_IMAGE_PULL_SECRETS: 'pull',
      SVO_ALLOWED_PROJECT_CLAIMS: PROJECT.claimName,
      SVO_ALLOWED_SERVICE_ACCOUNTS: 'viewer',
      SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS: 'viewer',
      SVO_RESERVED_ADDRESSES: 'api.example.org',
      SVO_NAMESPACES: this.namespace,
      SVO_IMAGE: IMAGE,
      SVO_POD_NODE_SELECTOR_KEY: 'kubernetes.io/os',
      SVO_POD_NODE_SELECTOR_VALUE: 'linux',
      SVO_RETRY_SECONDS: '2',
      SVO_SLOW_RETRY_SECONDS: '2',
      ...this.over,
    };
  }

  async stop(): Promise<void> {
    await this.server?.end();
    await this.cluster.stop();
    await this.cluster.core.deletePersistentVolume({ name: this.namespace }).catch(() => undefined);
  }

  create(name: string, imDataManager: object): Promise<Visualisation> {
    const body = { apiVersion: 'squonk.it/v1', kind: 'DataVisualisation', metadata: { name }, spec: { imDataManager } };
    return this.custom.createNamespacedCustomObject({ ...CUSTOM, namespace: this.namespace, body });
  }

  change(name: string, imDataManager: object): Promise<Visualisation> {
    const body = { spec: { imDataManager } };
    const { namespace } = this;
    return this.custom.patchNamespacedCustomObject({ ...CUSTOM, namespace, name, body }, mergePatch);
  }

  async delete(name: string): Promise<void> {
    await this.custom.deleteNamespacedCustomObject({ ...CUSTOM, namespace: this.namespace, name });
  }

  get(name: string): Promise<Visualisation> {
    return this.custom.getNamespacedCustomObject({ ...CUSTOM, namespace: this.namespace, name });
  }

  /** Waits until the instance's status, of its newest specification, has one of these reasons. */
  until(name: string, ...reasons: readonly string[]): Promise<Condition> {
    return eventually(
      `${name} being ${reasons.join(' or ')}`,
      async () => {
        const { metadata, status } = await this.get(name);
        const ready = status?.conditions.find(({ type }) => type === 'Ready');
        if (ready && ready.observedGeneration === metadata.generation && reasons.includes(ready.reason)) return ready;
        throw new Error(JSON.stringify(ready ?? null));
      },
      90_000,
    );
  }

  deployment(name: string) {
    return this.apps.readNamespacedDeployment({ name, namespace: this.namespace });
  }

  service(name: string) {
    return this.cluster.core.readNamespacedService({ name, namespace: this.namespace });
  }

  ingress(name: string) {
    return this.networking.readNamespacedIngress({ name, namespace: this.namespace });
  }

  /** Its HTTPRoute; undefined where there is none. */
  async httpRoute(name: string): Promise<{ metadata: { uid: string }; spec: object } | undefined> {
    const routes = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' };
    try {
      return await this.custom.getNamespacedCustomObject({ ...routes, namespace: this.namespace, name });
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  }

  async deleteHttpRoute(name: string): Promise<void> {
    const routes = { group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes' };
    await this.custom.deleteNamespacedCustomObject({ ...routes, namespace: this.namespace, name });
  }

  /** Names of the kinds of objects of this name that there are. */
  async objectsOf(name: string): Promise<string[]> {
    const found = await Promise.all([
      isThere('Deployment', this.deployment(name)),
      isThere('Service', this.service(name)),
      isThere('Ingress', this.ingress(name)),
      this.podsOf(name).then((pods) => (pods.length > 0 ? 'Pod' : undefined)),
    ]);
    return found.filter((kind) => kind !== undefined);
  }

  async podsOf(name: string) {
    return (await this.cluster.pods()).filter(({ metadata }) => metadata?.labels?.['deployment'] === name);
  }

  async eventsOf(uid: string): Promise<CoreV1Event[]> {
    const { items } = await this.cluster.core.listNamespacedEvent({
      namespace: this.namespace,
      fieldSelector: `involvedObject.uid=${uid}`,
    });
    return items;
  }

  /** Through the instance's Service, from outside its pod. The nodes learn of a pod a moment after the Deployment counts it as available. */
  async ask(name: string, path: string): Promise<Response> {
    const { spec } = await this.service(name);
    const address = `http://${spec?.clusterIP}:${spec?.ports?.[0]?.port}${path}`;
    return eventually(`${address} being reached`, () => fetch(address));
  }

  list(token: string | undefined = TOKEN): Promise<Response> {
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${this.url}/visualisations`, { headers });
  }

  /** There is no storage provisioner: a folder of this machine, which is the node. */
  private async makeProject(): Promise<void> {
    const { core, folder, namespace } = this.cluster;
    const path = join(folder, 'volume');
    await mkdir(join(path, PROJECT.id), { recursive: true });
    await writeFile(join(path, PROJECT.id, 'molecules.sdf'), 'x');
    await writeFile(join(path, 'other-projects-secret.txt'), 'x');
    await chmod(folder, 0o755);
    const size = { storage: '1Mi' };
    await core.createPersistentVolume({
      body: {
        metadata: { name: namespace },
        spec: {
          capacity: size,
          accessModes: ['ReadWriteMany'],
          hostPath: { path },
          storageClassName: '',
          claimRef: { namespace, name: PROJECT.claimName },
        },
      },
    });
    await core.createNamespacedPersistentVolumeClaim({
      namespace,
      body: {
        metadata: { name: PROJECT.claimName },
        spec: {
          accessModes: ['ReadWriteMany'],
          storageClassName: '',
          volumeName: namespace,
          resources: { requests: size },
        },
      },
    });
  }
}

/** The definition is the cluster's, and stays there: other suites may use it at the same time. */
async function applyDefinition(api: ApiextensionsV1Api): Promise<void> {
  // The library renames keys such as x-kubernetes-…: its own reader knows how. It knows no merge keys.
  const plain: unknown = parse(await readFile(`${MANIFESTS}/crd.yaml`, 'utf8'), { merge: true });
  const definition = loadYaml<V1CustomResourceDefinition>(stringify(plain, { aliasDuplicateObjects: false }));
  const name = definition.metadata?.name ?? '';
  try {
    await api.createCustomResourceDefinition({ body: definition });
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 409) throw error;
    const { metadata } = await api.readCustomResourceDefinition({ name });
    const body = { ...definition, metadata: { ...definition.metadata, resourceVersion: metadata?.resourceVersion } };
    await api.replaceCustomResourceDefinition({ name, body });
  }
  await eventually('the definition', async () => {
    const { status } = await api.readCustomResourceDefinition({ name });
    return status?.conditions?.some(({ type, status: state }) => type === 'Established' && state === 'True');
  });
}

async function manifestRules(): Promise<V1PolicyRule[]> {
  const [role] = parseAllDocuments(await readFile(`${MANIFESTS}/cluster-role.yaml`, 'utf8'));
  return (role?.toJSON() as { rules: V1PolicyRule[] }).rules;
}

async function isThere(kind: string, read: Promise<unknown>): Promise<string | undefined> {
  try {
    await read;
    return kind;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
