import { KubeConfig, RbacAuthorizationV1Api, type V1PolicyRule } from '@kubernetes/client-node';
import { readFile, writeFile } from 'node:fs/promises';
import type { TestCluster } from './cluster.js';

/**
 * A kubeconfig of a service account that has these rights in the cluster's namespace.
 * @param elsewhere rights that it has in another namespace, too
 */
export async function kubeconfigWith(
  cluster: TestCluster,
  rules: V1PolicyRule[],
  name = 'manager',
  elsewhere?: { readonly namespace: string; readonly rules: V1PolicyRule[] },
): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const { namespace } = cluster;
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  await cluster.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  for (const granted of [{ namespace, rules }, ...(elsewhere ? [elsewhere] : [])]) {
    await rbac.createNamespacedRole({
      namespace: granted.namespace,
      body: { metadata: { name }, rules: granted.rules },
    });
    await rbac.createNamespacedRoleBinding({
      namespace: granted.namespace,
      body: {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    });
  }
  const { status } = await cluster.core.createNamespacedServiceAccountToken({
    namespace,
    name,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [], expirationSeconds: 3600 },
    },
  });
  const text = await readFile(cluster.kubeconfig, 'utf8');
  const file = `${cluster.folder}/${name}-kubeconfig`;
  await writeFile(file, text.replace(/token: \S+?(?=[},\s])/, `token: ${status?.token ?? ''}`), { mode: 0o600 });
  return file;
}
