import { label, MANAGED_BY } from '../k8s/names.js';

/** Every name, label and annotation of visualisation instances, in one place. The custom resource, and what clients and the Data Manager see, are the predecessor's. */

export const API_VERSION = 'squonk.it/v1';
export const KIND = 'DataVisualisation';

/** Of the Gateway API. */
export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

/** Lease of the replica that runs the operator; not the one of the jobs, whose deployment may be another. */
export const LEASE_NAME = 'visualisations-operator';
/** Injection token of its election. */
export const VISUALISATIONS_LEADER = Symbol('VISUALISATIONS_LEADER');
/** `source.component` of the Events. */
export const EVENT_COMPONENT = 'visualisations-operator';

export const CONTAINER_NAME = 'viz';
export const CONTAINER_PORT = 5170;
export const PORT_NAME = '5170-tcp';
export const PROJECT_VOLUME = 'project';
export const PROJECT_PATH = '/project';

export const environmentVariable = {
  projectDirectory: 'DM_PROJECT_DIR',
  projectId: 'DM_PROJECT_ID',
  instanceId: 'DM_INSTANCE_ID',
  instanceOwner: 'DM_INSTANCE_OWNER',
  basePath: 'DM_BASE_PATH',
} as const;
/** What those are where the resource does not say. */
export const UNKNOWN = 'Unknown';

export const vizLabel = {
  /** On every object: the instance's name. */
  app: 'app',
  /** On pods, and what the Deployment and the Service select. */
  deployment: 'deployment',
} as const;
const COMPONENT = 'visualisation';
/** On every object and pod; by these they are watched. */
export const ownLabels: Readonly<Record<string, string>> = {
  [label.managedBy]: MANAGED_BY,
  [label.component]: COMPONENT,
};
export const OWN_SELECTOR = Object.entries(ownLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

/** Suffixes of the labels that hold the instance's id and owner. */
export const labelSuffix = { instanceId: '/instance-id', owner: '/owner' } as const;

/** Labels that mean something to Kubernetes or to this server; no resource may set them. */
export function isReservedLabel(key: string): boolean {
  const [prefix, ...rest] = key.split('/');
  if (rest.length > 0) return /(?:^|\.)(?:kubernetes|(?:x-)?k8s)\.io$/.test(prefix ?? '');
  return [
    'app',
    'deployment',
    label.jobName,
    'controller-uid',
    'pod-template-hash',
    'controller-revision-hash',
  ].includes(key);
}

export const ingressAnnotation = {
  class: 'kubernetes.io/ingress.class',
  bodySize: 'nginx.ingress.kubernetes.io/proxy-body-size',
  clusterIssuer: 'cert-manager.io/cluster-issuer',
} as const;
/** Annotations that are this server's alone: where the instance no longer asks for one, it goes. */
export const ownAnnotations: readonly string[] = Object.values(ingressAnnotation);

/** First segments of the API's paths. */
export const API_SEGMENTS: readonly string[] = [
  'asyncapi',
  'conformance',
  'docs',
  'health',
  'jobs',
  'me',
  'metrics',
  'openapi',
  'problems',
  'processes',
  'sign-in',
  'sign-out',
  'static',
  'transfer',
  'usage',
  'visualisations',
];

/** Path of an instance beneath its host. */
export function instancePath(name: string): string {
  return `/${name}`;
}

export function instanceUrl(domain: string, name: string): string {
  return `https://${domain}${instancePath(name)}`;
}

/** Secret that cert-manager puts an instance's certificate in. */
export function certificateSecret(name: string): string {
  return `${name}-tls`;
}

/** Key of an instance, and of its Deployment, Service and Ingress, which have its name. */
export function instanceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
