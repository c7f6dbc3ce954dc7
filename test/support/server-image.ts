import { eventually } from './wait.js';
import { onRealCluster, type TestCluster } from './cluster.js';
import { kubectl } from './kubectl.js';
import { isSlow } from './slow-tests.js';
import type { TestBed } from './test-bed.js';

/** The server's image, as the real cluster pulls it; without it the suites of the image are skipped. */
export const serverImage = process.env['E2E_SERVER_IMAGE'] ?? '';
export const hasServerImage = onRealCluster && serverImage !== '';

/** What takes long, or wants a cluster that nobody else keeps busy, runs in .ci/full only. */
export const withSlowTests = hasServerImage && isSlow;

/** The variables of the bed's bucket, for a server that runs in a pod. */
export function bucketVariables({ store }: Pick<TestBed, 'store'>): Record<string, string> {
  const endpoint = process.env['S3_ENDPOINT_FROM_PODS'] ?? process.env['S3_ENDPOINT'] ?? '';
  return { ...store.environment, PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_ENDPOINT: endpoint };
}

/** Waits until a server answers there that every object is listed to, and lets the bed use it. */
export async function useServerAt(bed: TestBed, url: string): Promise<void> {
  await eventually(
    `a server at ${url}`,
    async () => (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) })).ok,
    120_000,
  );
  bed.url = url;
}

/** The address of the pod, once it has one. */
export async function podAddress(cluster: TestCluster, name: string): Promise<string> {
  return eventually(`an address of pod ${name}`, async () => {
    const { status } = await cluster.core.readNamespacedPod({ name, namespace: cluster.namespace });
    return status?.podIP;
  });
}

/** The address of the Service, which answers from the cluster's node. */
export async function serviceAddress(cluster: TestCluster, name: string): Promise<string> {
  const { spec } = await cluster.core.readNamespacedService({ name, namespace: cluster.namespace });
  return `http://${spec?.clusterIP}:${spec?.ports?.[0]?.port}`;
}

/** Whose process the server is, and what it may do beyond others, of /proc/1/status: `{ Uid: '1000 …', CapEff: '0…' }`. */
export async function firstProcess(cluster: TestCluster, target: string): Promise<Record<string, string>> {
  const text = await kubectl(cluster, ['exec', target, '--', 'cat', '/proc/1/status']);
  return Object.fromEntries(
    text.split('\n').map((line) => {
      const [name = '', value = ''] = line.split(':');
      return [name, value.trim().replaceAll(/\s+/g, ' ')];
    }),
  );
}
