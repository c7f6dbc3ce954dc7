import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { EmbeddedCluster, type EmbeddedClusterOptions } from '../embedded-cluster.js';
import { ApiClient } from './api-client.js';

export interface TestCluster {
  readonly cluster: EmbeddedCluster;
  readonly client: ApiClient;
  readonly dataDir: string;
  readonly failures: string[];
  stop(): Promise<void>;
}

/** A cluster in a folder of its own, which `stop` removes. */
export async function startCluster(options: Partial<EmbeddedClusterOptions> = {}): Promise<TestCluster> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'embedded-cluster-'));
  const failures: string[] = [];
  const cluster = await EmbeddedCluster.start({
    images: [],
    log: (message) => failures.push(message),
    ...options,
    dataDir,
  });
  const client = new ApiClient(cluster.kubeconfigPath);
  return {
    cluster,
    client,
    dataDir,
    failures,
    async stop() {
      client.close();
      await cluster.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One cluster for the tests of a `describe`, in which nothing may have failed by their end. @param use is given its client before them */
export function withCluster(use: (client: ApiClient) => void): void {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startCluster();
    use(test.client);
  });

  afterAll(async () => {
    await test.stop();
    expect(test.failures).toEqual([]);
  });
}
