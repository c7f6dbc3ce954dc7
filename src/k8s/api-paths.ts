/** Paths of the API's resources in one namespace (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). */
const groupVersion = {
  jobs: 'apis/batch/v1',
  pods: 'api/v1',
  events: 'api/v1',
  leases: 'apis/coordination.k8s.io/v1',
} as const;

export type Resource = keyof typeof groupVersion;

export function resourcePath(namespace: string, resource: Resource, name?: string): string {
  const collection = `/${groupVersion[resource]}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}
