import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.js';
import { TestCluster } from './cluster.js';
import { startTestStore, type TestStore } from './store.js';
import { eventually } from './wait.js';

export const TOKEN = 'correct-horse-battery-staple';

/** A status as clients get it. */
export interface StatusInfo {
  readonly jobID: string;
  readonly processID: string;
  readonly type: string;
  readonly status: string;
  readonly message: string;
  readonly progress?: number;
  readonly created: string;
  readonly started?: string;
  readonly finished?: string;
  readonly updated: string;
  readonly cause?: {
    readonly type: string;
    readonly message: string;
    readonly exitCode?: number;
    readonly container?: string;
    readonly log?: string;
  };
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

const CONFIGURATION = 'test/fixtures/e2e-config.yaml';

export interface TestBedOptions {
  /** Default: a new one. */
  readonly cluster?: TestCluster;
  /** Changes the text of the suites' configuration. */
  readonly configuration?: (text: string) => string;
}

/** A server under test in a process of its own, its cluster and its object store. */
export class TestBed {
  server: Child | undefined;
  /** Address of the server without trailing slash; another after each start. */
  url = '';

  private constructor(
    readonly cluster: TestCluster,
    readonly store: TestStore,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

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
    const bed = new TestBed(cluster, await startTestStore(), variables);
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

  /** @param settings `withoutStore`: as where the variables of the bucket are missing */
  async startServer({ withoutStore = false } = {}): Promise<void> {
    const { child, match } = await Child.start(
      'dist/main.js',
      ['--cluster', 'kubeconfig', '--port', '0', ...(withoutStore ? ['--object-store', 's3'] : this.store.args)],
      {
        PYGEOAPI_CONFIG: CONFIGURATION,
        KUBECONFIG: this.cluster.kubeconfig,
        PYGEOAPI_K8S_MANAGER_NAMESPACE: this.cluster.namespace,
        PYGEOAPI_K8S_MANAGER_API_TOKEN: TOKEN,
        ...(withoutStore ? {} : this.store.environment),
        ...this.environment,
      },
      /^listening on (http:\/\/\S+)$/m,
    );
    this.server = child;
    this.url = match[1] ?? '';
  }

  async stop(): Promise<void> {
    await this.server?.end();
    await this.cluster.stop();
    await this.store.remove();
  }

  get(path: string, token?: string): Promise<Response> {
    return fetch(this.url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  }

  delete(path: string, token?: string): Promise<Response> {
    return fetch(this.url + path, {
      method: 'DELETE',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  }

  execute(
    process: string,
    inputs: Readonly<Record<string, unknown>> = {},
    options: { prefer?: string; token?: string; body?: Readonly<Record<string, unknown>> } = {},
  ): Promise<Response> {
    return fetch(`${this.url}/processes/${process}/execution`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.prefer === undefined ? {} : { prefer: options.prefer }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      body: JSON.stringify({ inputs, ...options.body }),
    });
  }

  /** Starts a job asynchronously. @returns its id */
  async submit(
    process: string,
    inputs: Readonly<Record<string, unknown>> = {},
    options: { token?: string; body?: Readonly<Record<string, unknown>> } = {},
  ): Promise<string> {
    const response = await this.execute(process, inputs, { ...options, prefer: 'respond-async' });
    if (response.status !== 201) throw new Error(`${process} answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as StatusInfo).jobID;
  }

  async status(jobId: string, token?: string): Promise<StatusInfo> {
    return (await (await this.get(`/jobs/${jobId}`, token)).json()) as StatusInfo;
  }

  /** Waits until the job has one of these statuses. */
  until(jobId: string, ...statuses: readonly string[]): Promise<StatusInfo> {
    return eventually(`job ${jobId} being ${statuses.join(' or ')}`, async () => {
      const status = await this.status(jobId);
      return statuses.includes(status.status)
        ? status
        : Promise.reject(new Error(`${status.status}: ${status.message}`));
    });
  }

  ended(jobId: string): Promise<StatusInfo> {
    return this.until(jobId, 'successful', 'failed', 'dismissed');
  }

  async log(jobId: string, token?: string): Promise<string> {
    return (await this.get(`/jobs/${jobId}/logs`, token)).text();
  }
}
