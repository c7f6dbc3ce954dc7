import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.js';
import { TestCluster } from './cluster.js';
import { startTestStore, type TestStore } from './store.js';
import { TestClient } from './test-client.js';

export type { StatusInfo } from './test-client.js';

export const TOKEN = 'correct-horse-battery-staple';

const CONFIGURATION = 'test/fixtures/e2e-config.yaml';

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

/** A server under test in a process of its own, its cluster and its object store. */
export class TestBed extends TestClient {
  server: Child | undefined;
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
    const cluster = options.cluster ?? (await TestCluster.start());
    const variables = { ...environment };
    if (options.configuration) {
      variables['PYGEOAPI_CONFIG'] = join(cluster.folder, 'configuration.yaml');
      await writeFile(variables['PYGEOAPI_CONFIG'], options.configuration(await readFile(CONFIGURATION, 'utf8')));
    }
    const bed = new TestBed(cluster, options.store ?? (await startTestStore()), variables);
    try {
      await bed.startServer();
      return bed;
    } catch (error) {
      await bed.stop();
      throw error;
    }
  }

  /** A cluster and an object store without a server: the suite starts its own, and says where in `url`. */
  static async around(cluster: TestCluster): Promise<TestBed> {
    return new TestBed(cluster, await startTestStore(), {});
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
    await Promise.all([this.server, ...this.replicas.map(({ process }) => process)].map((server) => server?.end()));
    await this.cluster.stop();
    await this.store.remove();
  }

  private async spawn(
    store: Pick<TestStore, 'args' | 'environment'>,
    environment: Readonly<Record<string, string>>,
  ): Promise<{ child: Child; url: string }> {
    const { child, match } = await Child.start(
      'dist/main.js',
      ['--cluster', 'kubeconfig', '--port', '0', ...store.args],
      {
        PYGEOAPI_CONFIG: CONFIGURATION,
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
