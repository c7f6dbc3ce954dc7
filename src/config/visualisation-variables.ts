import type { Variable } from './variables.js';

/** Where the ingress class stands: in the older annotation, in `ingressClassName`, or in both. */
export const ingressClassPlaces = ['annotation', 'field', 'both'] as const;
/** By what an instance is reached. */
export const routeKinds = ['ingress', 'httproute', 'both'] as const;
/** A list with nothing in it, where an empty variable counts as unset. */
export const NONE = 'none';
/** The predecessor's, as far as it has them. */
export const visualisationDefaults = {
  image: 'ghcr.io/informaticsmatters/squonk2-viz-app',
  ingressClass: 'nginx',
  ingressClassAs: 'annotation',
  nodeSelectorKey: 'informaticsmatters.com/purpose-application',
  nodeSelectorValue: 'yes',
  priorityClass: 'im-application-low',
  retries: 6,
  retrySeconds: 20,
  slowRetrySeconds: 300,
} as const;

/** What the visualisation operator reads, where it is on. */
export const visualisationVariables: readonly Variable[] = [
  {
    name: 'INGRESS_DOMAIN',
    text: 'Visualisations: default host of the instances. Must be set where the operator is on.',
  },
  { name: 'INGRESS_TLS_SECRET', text: 'Visualisations: default TLS Secret; unset: cert-manager is asked for one.' },
  { name: 'INGRESS_CERT_ISSUER', text: 'Visualisations: ClusterIssuer of cert-manager, where there is no TLS Secret.' },
  { name: 'SVO_IMAGE', default: visualisationDefaults.image, text: 'Visualisations: image repository, without tag.' },
  {
    name: 'SVO_INGRESS_CLASS',
    default: visualisationDefaults.ingressClass,
    text: 'Visualisations: default ingress class.',
  },
  {
    name: 'SVO_INGRESS_CLASS_AS',
    default: visualisationDefaults.ingressClassAs,
    text: `Visualisations: where the ingress class stands: ${ingressClassPlaces.join(', ')}.`,
  },
  {
    name: 'SVO_GATEWAY',
    text: 'Visualisations: Gateway that their HTTPRoutes are attached to, as NAMESPACE/NAME or NAMESPACE/NAME/SECTION; unset: there are none.',
  },
  {
    name: 'SVO_GATEWAY_TIMEOUT',
    text: 'Visualisations: time-out of a request in HTTPRoutes, such as 75s; 0s: none; unset: the Gateway’s own.',
  },
  {
    name: 'SVO_GATEWAY_FILTERS',
    text: 'Visualisations: filters of HTTPRoutes by reference, GROUP/KIND/NAME, divided by commas; in the namespace of each instance.',
  },
  {
    name: 'SVO_ROUTES',
    default: 'both with SVO_GATEWAY, else ingress',
    text: `Visualisations: by what instances are reached: ${routeKinds.join(', ')}.`,
  },
  { name: 'SVO_IMAGE_PULL_SECRET', text: 'Visualisations: Secret to pull the image with.' },
  {
    name: 'SVO_POD_NODE_SELECTOR_KEY',
    default: visualisationDefaults.nodeSelectorKey,
    text: 'Visualisations: label of the nodes that run instances.',
  },
  {
    name: 'SVO_POD_NODE_SELECTOR_VALUE',
    default: visualisationDefaults.nodeSelectorValue,
    text: 'Visualisations: value of that label.',
  },
  { name: 'SVO_APPLY_POD_PRIORITY_CLASS', text: 'Visualisations: any value gives pods a priority class.' },
  {
    name: 'SVO_DEFAULT_POD_PRIORITY_CLASS',
    default: visualisationDefaults.priorityClass,
    text: 'Visualisations: that priority class.',
  },
  {
    name: 'SVO_ALLOWED_INGRESS_DOMAINS',
    default: 'any',
    text: 'Visualisations: hosts that resources may name beside the default, divided by commas; *.example.org: each one label beneath; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_INGRESS_CLASSES',
    default: 'any',
    text: 'Visualisations: ingress classes that resources may name beside the default, divided by commas; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_INGRESS_TLS_SECRETS',
    default: 'any',
    text: 'Visualisations: TLS Secrets that resources may name beside the default, divided by commas; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_GATEWAYS',
    default: 'any',
    text: 'Visualisations: Gateways that resources may name beside the default, divided by commas; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_IMAGE_PULL_SECRETS',
    default: 'any',
    text: 'Visualisations: image pull Secrets that resources may name beside the default, divided by commas; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_PROJECT_CLAIMS',
    default: 'any',
    text: 'Visualisations: PersistentVolumeClaims that resources may mount, divided by commas; none: none.',
  },
  {
    name: 'SVO_ALLOWED_SERVICE_ACCOUNTS',
    default: 'any',
    text: 'Visualisations: service accounts that resources may name beside default, divided by commas; none: no other.',
  },
  {
    name: 'SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS',
    default: 'any',
    text: 'Visualisations: service accounts whose token resources may ask for, divided by commas; none: no token at all.',
  },
  {
    name: 'SVO_RESERVED_ADDRESSES',
    default: "server.url's",
    text: 'Visualisations: hosts, or HOST/PATH, that no resource may take, for they are the API’s; divided by commas; none: no address.',
  },
  { name: 'SVO_NAMESPACES', default: 'all', text: 'Visualisations: the namespaces watched, divided by commas.' },
  {
    name: 'SVO_RETRIES',
    default: String(visualisationDefaults.retries),
    text: 'Visualisations: quick tries again after a failure.',
  },
  {
    name: 'SVO_RETRY_SECONDS',
    default: String(visualisationDefaults.retrySeconds),
    text: 'Visualisations: seconds between those.',
  },
  {
    name: 'SVO_SLOW_RETRY_SECONDS',
    default: String(visualisationDefaults.slowRetrySeconds),
    text: 'Visualisations: seconds between all further tries.',
  },
];
