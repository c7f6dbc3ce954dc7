import { afterAll, beforeAll } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { TestBed } from './test-bed.js';

export const serverFixture = (name: string) => `test/fixtures/server-${name}.yaml`;

/** Two servers on one cluster: one with all settings on, beneath a path prefix that arrives with the requests, and one with all off. */
export class ServerPair {
  private constructor(
    readonly bed: TestBed,
    private readonly folder: string,
    readonly logFile: string,
    readonly plain: Child,
    readonly plainUrl: string,
  ) {}

  static async start(): Promise<ServerPair> {
    const folder = await mkdtemp(join(tmpdir(), 'e2e-server-'));
    const logFile = join(folder, 'server.log');
    const bed = await TestBed.startProcess({
      PYGEOAPI_CONFIG: serverFixture('everything'),
      LOG_FILE: logFile,
      SCRIPT_NAME: '/pygeoapi',
      VERSION: '9.8.7',
      BUILD_DATE: '2026-01-31',
      GIT_COMMIT: 'abc123',
    });
    try {
      const container = { CONTAINER_HOST: '127.0.0.1', CONTAINER_PORT: '0' };
      const { child, url } = await startBeside(bed, { PYGEOAPI_CONFIG: serverFixture('plain'), ...container });
      return new ServerPair(bed, folder, logFile, child, url);
    } catch (error) {
      await bed.stop();
      throw error;
    }
  }

  /** One pair for a suite. @param use is given it before the tests */
  static forSuite(use: (servers: ServerPair) => void): void {
    let servers: ServerPair | undefined;
    beforeAll(async () => use((servers = await ServerPair.start())), 180_000);
    afterAll(() => servers?.stop(), 180_000);
  }

  /** A third server, which finds out itself where to listen. */
  startAnother(environment: Readonly<Record<string, string>>): Promise<{ child: Child; url: string }> {
    return startBeside(this.bed, environment);
  }

  async stop(): Promise<void> {
    await this.plain.end();
    await this.bed.stop();
    await rm(this.folder, { recursive: true });
  }
}

async function startBeside(
  { cluster, store }: TestBed,
  environment: Readonly<Record<string, string>>,
): Promise<{ child: Child; url: string }> {
  const { child, match } = await Child.start(
    'dist/main.js',
    ['--cluster', 'kubeconfig', ...store.args],
    {
      KUBECONFIG: cluster.kubeconfig,
      PYGEOAPI_K8S_MANAGER_NAMESPACE: cluster.namespace,
      PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX: 'another-',
      ...store.environment,
      ...environment,
    },
    /^listening on (http:\/\/\S+)$/m,
  );
  return { child, url: match[1] ?? '' };
}
