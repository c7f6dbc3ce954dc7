/** Group and version of the API's resources (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). */
const groupVersion = {
  jobs: 'apis/batch/v1',
  pods: 'api/v1',
  events: 'api/v1',
  secrets: 'api/v1',
  leases: 'apis/coordination.k8s.io/v1',
  deployments: 'apis/apps/v1',
  services: 'api/v1',
  ingresses: 'apis/networking.k8s.io/v1',
  httproutes: 'apis/gateway.networking.k8s.io/v1',
  datavisualisations: 'apis/squonk.it/v1',
  workloads: 'apis/kueue.x-k8s.io/v1beta2',
  localqueues: 'apis/kueue.x-k8s.io/v1beta2',
  workloadpriorityclasses: 'apis/kueue.x-k8s.io/v1beta2',
  // Names of another group, too, so it is said which.
  'localqueues.visibility.kueue.x-k8s.io': 'apis/visibility.kueue.x-k8s.io/v1beta2',
  'pods.metrics.k8s.io': 'apis/metrics.k8s.io/v1beta1',
} as const;

export type Resource = keyof typeof groupVersion;

/** @param namespace undefined: of all namespaces, which only lists and watches take, or of a resource that is in none */
export function resourcePath(namespace: string | undefined, resource: Resource, name?: string): string {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const collection = `/${groupVersion[resource]}${scope}/${resource.split('.')[0]}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** From `/api` or `/apis/GROUP` on: group, version, namespace, resource, name, subresource. */
const PATH = /^\/api(?:s\/([^/]+))?\/[^/]+(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/([^/]+)(?:\/([a-z]+))?)?$/;

/**
 * Verb and resource of a request as a Role names them, with its group where another has a resource of that name; a path that is none of a
 * resource is `other`.
 */
export function verbAndResource(
  method: string,
  path: string,
  isWatch = false,
): { readonly verb: string; readonly resource: string } {
  const [, group = '', plural, name, subresource] = PATH.exec(path) ?? [];
  const verb = VERBS[method] ?? (isWatch ? 'watch' : name === undefined ? 'list' : 'get');
  if (plural === undefined) return { verb, resource: 'other' };
  const resource = `${plural}.${group}` in groupVersion ? `${plural}.${group}` : plural;
  return { verb, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
}
