import { ApiClient } from './api-client.js';
import { Scenario } from './scenarios.js';
import { startCluster } from './start-cluster.js';

export interface Target {
  readonly kubeconfigPath: string;
  stop(): Promise<void>;
}

/** The same scenarios hold for a real cluster: EMBEDDED_PARITY_KUBECONFIG names its kubeconfig file (busybox must be pullable there). */
const parity = process.env.EMBEDDED_PARITY_KUBECONFIG;
export const targets: [string, () => Promise<Target>][] = [
  [
    'embedded',
    async () => {
      const { cluster, stop } = await startCluster();
      return { kubeconfigPath: cluster.kubeconfigPath, stop };
    },
  ],
  ...(parity
    ? [
        ['real', async () => ({ kubeconfigPath: parity, stop: async () => undefined })] as [
          string,
          () => Promise<Target>,
        ],
      ]
    : []),
];

/** A namespace of its own on the target; `end` removes it. */
export async function enter(
  target: Target,
): Promise<{ scenario: Scenario; client: ApiClient; namespace: string; end: () => Promise<void> }> {
  const namespace = `parity-${Date.now().toString(36)}-${process.pid}`;
  const client = new ApiClient(target.kubeconfigPath);
  await client.call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  // A real cluster makes the service account a moment after the namespace, and takes no pod before.
  await client.watch(`/api/v1/namespaces/${namespace}/serviceaccounts?watch=true&timeoutSeconds=10`, () => true);
  return {
    scenario: new Scenario(client, namespace),
    client,
    namespace,
    async end() {
      await client.call('DELETE', `/api/v1/namespaces/${namespace}`, {});
      client.close();
      await target.stop();
    },
  };
}
