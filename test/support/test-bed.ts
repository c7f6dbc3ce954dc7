import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.js';
import { TestCluster } from './cluster.js';
import { Deployment, isDeployed, type DeploymentSettings, type Way } from './deployment.js';
import { bucketVariables } from './server-image.js';
import { startTestStore, type TestStore } from './store.js';
import { TestClient, TOKEN } from './test-client.js';

export type { StatusInfo } from './test-client.js';

export { TOKEN };

/** What the suites execute where they do not say otherwise. */
export const CONFIGURATION = 'test/fixtures/e2e-config.yaml';
/** What the server starts with where nobody names another. */
export const SHIPPED_CONFIGURATION = 'config/pygeoapi-config.yaml';

export interface TestBedOptions {
  /** Default: a new one. */
  readonly cluster?: TestCluster;
  /** Default: a new one. */
  readonly store?: TestStore;
  /** Changes the text of the suites' configuration. */
  readonly configuration?: (text: string) => string;
}

/** A server beside the bed's own, on the same cluster, namespace and object store. */
export class TestReplica extends TestClient {
  constructor(
    readonly process: Child,
    url: string,
  ) {
    super(url);
  }
}

/** A server under test, its cluster and its object store. The server is a process of its own or, where `E2E_DEPLOY` says so, two replicas behind a Service. */
export class TestBed extends TestClient {
  server: Child | undefined;
  deployment: Deployment | undefined;
  readonly replicas: TestReplica[] = [];

  private constructor(
    readonly cluster: TestCluster,
    readonly store: TestStore,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    super();
  }

  /** @param environment over the usual one of a server under test */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    options: TestBedOptions = {},
  ): Promise<TestBed> {
    return TestBed.with(environment, options, (bed) => (isDeployed ? bed.deploy() : bed.startServer()));
  }

  /** Never deployed: for suites that end their server, start it otherwise, or look at its process. */
  static async startProcess(
    environment: Readonly<Record<string, string>> = {},
    options: TestBedOptions = {},
  ): Promise<TestBed> {
    return TestBed.with(environment, options, (bed) => bed.startServer());
  }

  /** A cluster and an object store without a server: the suite starts its own, and says where in `url`. */
  static async around(cluster: TestCluster): Promise<TestBed> {
    return new TestBed(cluster, await startTestStore(), { PYGEOAPI_CONFIG: CONFIGURATION });
  }

  private static async with(
    environment: Readonly<Record<string, string>>,
    options: TestBedOptions,
    start: (bed: TestBed) => Promise<void>,
  ): Promise<TestBed> {
    const cluster = options.cluster ?? (await TestCluster.start());
    const variables = { PYGEOAPI_CONFIG: CONFIGURATION, ...environment };
    if (options.configuration) {
      const text = await readFile(variables.PYGEOAPI_CONFIG, 'utf8');
      variables.PYGEOAPI_CONFIG = join(cluster.folder, 'configuration.yaml');
      await writeFile(variables.PYGEOAPI_CONFIG, options.configuration(text));
    }
    const bed = new TestBed(cluster, options.store ?? (await startTestStore()), variables);
    try {
      await start(bed);
      return bed;
    } catch (error) {
      await bed.stop();
      throw error;
    }
  }

  /** What the server has printed so far, all of its replicas. */
  async output(): Promise<string> {
    return this.deployment ? this.deployment.output() : (this.server?.output ?? '');
  }

  /** Takes the server away, a process by SIGKILL, and brings it back. */
  async replaceServer(): Promise<void> {
    if (this.deployment) return this.deployment.replace();
    await this.server?.end('SIGKILL');
    await this.startServer();
  }

  /** The server's address is another after each start. @param settings `withoutStore`: as where the variables of the bucket are missing */
  async startServer({ withoutStore = false } = {}): Promise<void> {
    const store = withoutStore ? { args: ['--object-store', 's3'], environment: {} } : this.store;
    ({ child: this.server, url: this.url } = await this.spawn(store, {}));
  }

  /** @param environment over the one of the bed's own server */
  async startReplica(environment: Readonly<Record<string, string>> = {}): Promise<TestReplica> {
    const { child, url } = await this.spawn(this.store, environment);
    const replica = new TestReplica(child, url);
    this.replicas.push(replica);
    return replica;
  }

  async stop(): Promise<void> {
    await this.deployment?.stop();
    await Promise.all([this.server, ...this.replicas.map(({ process }) => process)].map((server) => server?.end()));
    await this.cluster.stop();
    await this.store.remove();
  }

  /** Deploys the server. @param over the bed's environment */
  async deploy(
    over: Readonly<Record<string, string>> = {},
    settings: Partial<DeploymentSettings> = {},
    way?: Way,
  ): Promise<void> {
    const { PYGEOAPI_CONFIG = '', ...environment } = this.environment;
    this.deployment = await Deployment.start(
      this.cluster,
      {
        configuration: await readFile(PYGEOAPI_CONFIG, 'utf8'),
        token: TOKEN,
        bucket: bucketVariables(this),
        // The suites' configuration says 127.0.0.1; they ask by the address of the Service.
        environment: { HOST: '0.0.0.0', SERVER_HOSTS: '*', ...environment, ...over },
        ...settings,
      },
      way,
    );
    this.url = this.deployment.url;
  }

  private async spawn(
    store: Pick<TestStore, 'args' | 'environment'>,
    environment: Readonly<Record<string, string>>,
  ): Promise<{ child: Child; url: string }> {
    const { child, match } = await Child.start(
      'dist/main.js',
      ['--cluster', 'kubeconfig', '--port', '0', ...store.args],
      {
        KUBECONFIG: this.cluster.kubeconfig,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: this.cluster.namespace,
        PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN,
        ...store.environment,
        ...this.environment,
        ...environment,
      },
      /^listening on (http:\/\/\S+)$/m,
    );
    return { child, url: match[1] ?? '' };
  }
}
