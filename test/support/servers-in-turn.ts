import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { TestCluster } from './cluster.js';
import { TestBed } from './test-bed.js';

/**
 * One cluster for a suite, on which each test may start a server process, which ends with the test.
 * @param use is given the cluster before the tests
 * @returns starts the server. Its argument: environment over the usual one
 */
export function serversInTurn(
  use: (cluster: TestCluster) => void,
): (environment: Readonly<Record<string, string>>) => Promise<TestBed> {
  let cluster: TestCluster;
  let bed: TestBed | undefined;
  beforeAll(async () => use((cluster = await TestCluster.start())), 180_000);
  afterEach(async () => {
    await bed?.server?.end();
    await bed?.store.remove();
    bed = undefined;
  });
  afterAll(() => cluster.stop(), 180_000);
  return async (environment) => (bed = await TestBed.startProcess(environment, { cluster }));
}
