import type { ConfigurationFault } from '../configuration-error.js';
import { toGatewayReference, type ReservedAddress, type VisualisationSettings } from '../visualisation-settings.js';
import { validateDefinition } from '../validation.js';
import { NONE, visualisationDefaults as defaults, visualisationVariables } from '../visualisation-variables.js';
import { VisualisationVariables } from './visualisation-definition.js';

/**
 * Reads and checks the variables of the visualisation operator; only where it is on, for others may use such names, too.
 * @param apiUrl the address of the API, which no resource may take unless the variables say otherwise
 */
export function readVisualisationSettings(
  environment: NodeJS.ProcessEnv,
  apiUrl: string | undefined,
): {
  readonly settings: VisualisationSettings;
  readonly faults: readonly ConfigurationFault[];
  readonly warnings: readonly string[];
} {
  const given = visualisationVariables
    .map(({ name }) => [name, environment[name]?.replace(/\r?\n$/, '')] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  const { value, faults } = validateDefinition(VisualisationVariables, Object.fromEntries(given), 'environment', '');
  const settings = toSettings(value, apiUrl);
  return {
    settings,
    faults: [...faults, ...routeFaults(value)],
    warnings: warningsOf(value, settings, apiUrl),
  };
}

function routeFaults(variables: VisualisationVariables): ConfigurationFault[] {
  if (variables.SVO_GATEWAY !== undefined) return [];
  const needing = (['SVO_GATEWAY_TIMEOUT', 'SVO_GATEWAY_FILTERS'] as const).filter(
    (name) => variables[name] !== undefined,
  );
  const isRouted = variables.SVO_ROUTES === 'httproute' || variables.SVO_ROUTES === 'both';
  return [...needing, ...(isRouted ? ['SVO_ROUTES'] : [])].map((path) => ({
    file: 'environment',
    path,
    message: 'needs SVO_GATEWAY, the Gateway that HTTPRoutes are attached to (is not set)',
  }));
}

function warningsOf(
  variables: VisualisationVariables,
  { ingress, reserved }: VisualisationSettings,
  apiUrl: string | undefined,
): string[] {
  const lists = [
    'INGRESS_DOMAINS',
    'INGRESS_CLASSES',
    'INGRESS_TLS_SECRETS',
    ...(variables.SVO_GATEWAY === undefined ? [] : (['GATEWAYS'] as const)),
    'IMAGE_PULL_SECRETS',
    'PROJECT_CLAIMS',
    'SERVICE_ACCOUNTS',
    'SERVICE_ACCOUNT_TOKENS',
  ] as const;
  const open = [
    ...lists.map((list) => `SVO_ALLOWED_${list}` as const).filter((name) => variables[name] === undefined),
    ...((variables.SVO_RESERVED_ADDRESSES ?? apiUrl) === undefined ? ['SVO_RESERVED_ADDRESSES'] : []),
  ];
  const ofIngresses = (['INGRESS_TLS_SECRET', 'INGRESS_CERT_ISSUER'] as const).filter(
    (name) => variables.SVO_GATEWAY !== undefined && variables[name] !== undefined,
  );
  const isShared = reserved.some(({ host, segment }) => host === ingress.domain && segment === undefined);
  return [
    ...(open.length > 0
      ? [
          `environment: ${open.join(', ')}: not set, so a DataVisualisation may name any; list what it may beside the defaults, or ${NONE}`,
        ]
      : []),
    ...(ofIngresses.length > 0
      ? [
          `environment: ${ofIngresses.join(', ')}: only Ingresses have it; of an HTTPRoute the listener of its Gateway has the certificate (docs/visualisations.md)`,
        ]
      : []),
    ...(isShared
      ? [
          `environment: INGRESS_DOMAIN: is the host of the API, too (${ingress.domain}): browsers take apps and API for one; give one of them another host`,
        ]
      : []),
  ];
}

function toSettings(variables: VisualisationVariables, apiUrl: string | undefined): VisualisationSettings {
  const namespaces = [...new Set(variables.SVO_NAMESPACES ?? [])];
  return {
    namespaces: namespaces.length > 0 ? namespaces : undefined,
    image: variables.SVO_IMAGE ?? defaults.image,
    imagePullSecret: variables.SVO_IMAGE_PULL_SECRET,
    ingress: {
      domain: variables.INGRESS_DOMAIN,
      tlsSecret: variables.INGRESS_TLS_SECRET,
      certIssuer: variables.INGRESS_CERT_ISSUER,
      class: variables.SVO_INGRESS_CLASS ?? defaults.ingressClass,
      classAs: variables.SVO_INGRESS_CLASS_AS ?? defaults.ingressClassAs,
    },
    gateway: variables.SVO_GATEWAY === undefined ? undefined : toGateway(variables, variables.SVO_GATEWAY),
    routes: variables.SVO_ROUTES ?? (variables.SVO_GATEWAY === undefined ? 'ingress' : 'both'),
    allowed: {
      ingressDomains: variables.SVO_ALLOWED_INGRESS_DOMAINS,
      ingressClasses: variables.SVO_ALLOWED_INGRESS_CLASSES,
      ingressTlsSecrets: variables.SVO_ALLOWED_INGRESS_TLS_SECRETS,
      gateways: variables.SVO_ALLOWED_GATEWAYS,
      imagePullSecrets: variables.SVO_ALLOWED_IMAGE_PULL_SECRETS,
      projectClaims: variables.SVO_ALLOWED_PROJECT_CLAIMS,
      serviceAccounts: variables.SVO_ALLOWED_SERVICE_ACCOUNTS,
      serviceAccountTokens: variables.SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS,
    },
    reserved: variables.SVO_RESERVED_ADDRESSES?.map(toReserved) ?? reservedBy(apiUrl),
    nodeSelector: {
      [variables.SVO_POD_NODE_SELECTOR_KEY ?? defaults.nodeSelectorKey]:
        variables.SVO_POD_NODE_SELECTOR_VALUE ?? defaults.nodeSelectorValue,
    },
    priorityClass:
      variables.SVO_APPLY_POD_PRIORITY_CLASS === undefined
        ? undefined
        : (variables.SVO_DEFAULT_POD_PRIORITY_CLASS ?? defaults.priorityClass),
    retries: variables.SVO_RETRIES ?? defaults.retries,
    retrySeconds: variables.SVO_RETRY_SECONDS ?? defaults.retrySeconds,
    slowRetrySeconds: variables.SVO_SLOW_RETRY_SECONDS ?? defaults.slowRetrySeconds,
  };
}

function toGateway(
  { SVO_GATEWAY_TIMEOUT: timeout, SVO_GATEWAY_FILTERS: filters = [] }: VisualisationVariables,
  parent: string,
): VisualisationSettings['gateway'] {
  return {
    parent: toGatewayReference(parent),
    ...(timeout === undefined ? {} : { timeout }),
    filters: filters.map((text) => {
      const [group = '', kind = '', name = ''] = text.split('/');
      return { group, kind, name };
    }),
  };
}

function toReserved(address: string): ReservedAddress {
  const [host = '', segment = ''] = address.split('/').filter((part) => part !== '');
  return segment === '' ? { host } : { host, segment };
}

function reservedBy(apiUrl: string | undefined): ReservedAddress[] {
  if (apiUrl === undefined || !URL.canParse(apiUrl)) return [];
  const { hostname, pathname } = new URL(apiUrl);
  return [toReserved(`${hostname}${pathname}`)];
}
