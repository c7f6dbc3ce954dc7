import type { TestBed } from './test-bed.js';
import { Exposition } from './exposition.js';
import { TestClient, type Readiness } from './test-client.js';

/** What the pod of a deployed server says of itself, asked as the kubelet and Prometheus do: by its own address. */
export interface ObservedReplica {
  readonly pod: string;
  readonly restarts: number;
  readonly live: number;
  readonly ready: Readiness & { readonly code: number };
  readonly metrics: Exposition;
}

/** Of all pods that are not about to end. */
export async function observedReplicas({ cluster }: TestBed): Promise<ObservedReplica[]> {
  const pods = (await cluster.serverPods()).filter(({ metadata }) => !metadata?.deletionTimestamp);
  return Promise.all(
    pods.map(async ({ metadata, status }) => {
      const client = new TestClient(`http://${status?.podIP}:8080`);
      return {
        pod: metadata?.name ?? '',
        restarts: status?.containerStatuses?.[0]?.restartCount ?? 0,
        live: (await client.get('/health/live')).status,
        ready: await client.readiness(),
        metrics: await Exposition.of(client),
      };
    }),
  );
}

/**
 * How much more series say than before, with what is each replica's own added up, and what all replicas see as the one says that sees most.
 * @param before of the same pods
 */
export function growth(
  before: readonly ObservedReplica[],
  after: readonly ObservedReplica[],
  { sum, max }: { readonly sum: readonly string[]; readonly max: readonly string[] },
): Record<string, number> {
  const grown = (series: string) =>
    after.map(({ pod, metrics }) => {
      const earlier = before.find((replica) => replica.pod === pod);
      if (!earlier) throw new Error(`${pod} was not there before`);
      return metrics.value(series) - earlier.metrics.value(series);
    });
  return Object.fromEntries([
    ...sum.map((series) => [series, grown(series).reduce((one, other) => one + other, 0)]),
    ...max.map((series) => [series, Math.max(...grown(series))]),
  ]) as Record<string, number>;
}
