import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { resourcePath } from './api-paths.js';
import type { ApiTransport } from './api-transport.js';
import { KubernetesError } from './kubernetes-error.js';

export interface StopOptions {
  readonly dryRun: boolean;
  /** Milliseconds between two looks at the pods; default 1,000. */
  readonly pause?: number;
  /** Milliseconds that the pods may take beyond their own time to end; default 60,000. */
  readonly patience?: number;
}

/**
 * Scales a Deployment to 0 and waits until all its pods are gone, those that are ending, too, which its status does not count. Needs `get` of `deployments`, `patch` of
 * `deployments/scale` and `list` of `pods`.
 * @returns how many pods there were; undefined where there is no such Deployment
 * @throws KubernetesError, or an Error where pods are left when their time is over
 */
export async function stopDeployment(
  transport: Pick<ApiTransport, 'json'>,
  namespace: string,
  name: string,
  { dryRun, pause = 1_000, patience = 60_000 }: StopOptions,
): Promise<number | undefined> {
  const path = resourcePath(namespace, 'deployments', name);
  const deployment = await transport.json<V1Deployment>({ method: 'GET', path }).catch((error: unknown) => {
    if (error instanceof KubernetesError && error.failure === 'not-found') return undefined;
    throw error;
  });
  if (!deployment?.spec) return undefined;
  const pods = () => podsOf(transport, namespace, deployment);
  const before = (await pods()).length;
  if (dryRun) return before;
  await transport.json({
    method: 'PATCH',
    path: `${path}/scale`,
    body: { spec: { replicas: 0 } },
    contentType: 'application/merge-patch+json',
  });
  const graceSeconds = deployment.spec.template.spec?.terminationGracePeriodSeconds ?? 30;
  const end = performance.now() + graceSeconds * 1000 + patience;
  for (;;) {
    const left = await pods();
    if (left.length === 0) return before;
    if (performance.now() > end)
      throw new Error(
        `pods of deployment ${name} have not ended: ${left.map(({ metadata }) => metadata?.name).join(', ')}`,
      );
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function podsOf(
  transport: Pick<ApiTransport, 'json'>,
  namespace: string,
  deployment: V1Deployment,
): Promise<V1Pod[]> {
  const { matchLabels = {}, matchExpressions } = deployment.spec?.selector ?? {};
  if (matchExpressions?.length || Object.keys(matchLabels).length === 0)
    throw new Error(
      `deployment ${deployment.metadata?.name} selects its pods otherwise than by matchLabels: stop it by hand`,
    );
  const labelSelector = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const { items } = await transport.json<{ items: V1Pod[] }>({
    method: 'GET',
    path: resourcePath(namespace, 'pods'),
    query: { labelSelector },
  });
  return items;
}
