import {
  KubeConfig,
  RbacAuthorizationV1Api,
  type V1BoundObjectReference,
  type V1Pod,
  type V1PolicyRule,
} from '@kubernetes/client-node';
import { readFile, writeFile } from 'node:fs/promises';
import type { TestCluster } from './cluster.js';

/** A kubeconfig of a new service account that has these rights in the cluster's namespace. */
export async function kubeconfigWith(cluster: TestCluster, rules: V1PolicyRule[], name = 'manager'): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const { namespace } = cluster;
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  await cluster.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  });
  return kubeconfigAs(cluster, namespace, name);
}

/** A kubeconfig of a service account that is there. @param pod whose token it is, as those that are mounted into pods; default: nobody's */
export async function kubeconfigAs(
  cluster: TestCluster,
  namespace: string,
  name: string,
  pod?: V1Pod,
): Promise<string> {
  const { status } = await cluster.core.createNamespacedServiceAccountToken({
    namespace,
    name,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [], expirationSeconds: 3600, ...(pod && { boundObjectRef: boundTo(pod) }) },
    },
  });
  const text = await readFile(cluster.kubeconfig, 'utf8');
  const file = `${cluster.folder}/${pod?.metadata?.name ?? name}-kubeconfig`;
  await writeFile(file, text.replace(/token: \S+?(?=[},\s])/, `token: ${status?.token ?? ''}`), { mode: 0o600 });
  return file;
}

function boundTo({ metadata }: V1Pod): V1BoundObjectReference {
  return { apiVersion: 'v1', kind: 'Pod', name: metadata?.name, uid: metadata?.uid };
}
