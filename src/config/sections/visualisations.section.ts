import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import type { ReservedAddress, VisualisationSettings } from '../visualisation-settings.js';
import { IntegerFrom, OneOf, TextLike } from '../constraints.js';
import { validateDefinition } from '../validation.js';
import {
  ingressClassPlaces,
  NONE,
  visualisationDefaults as defaults,
  visualisationVariables,
} from '../visualisation-variables.js';

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const labels = `${label}(?:\\.${label})*`;
const dnsName = new RegExp(`^(?=.{1,253}$)${labels}$`);
const dnsPattern = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${labels}$`);
/** A host, or one with a path. */
const address = new RegExp(`^(?=[^/]{1,253}(?:/|$))${labels}(?:/[^\\s?#]*)?$`);
/** A label's key: an optional DNS name and a slash, then a name. */
const labelKey = new RegExp(`^(?:(?=[^/]{1,253}/)${labels}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`);
const labelValue = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** A repository without tag and digest; the registry may have a port. */
const repository =
  /^(?:[A-Za-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const secretRequirement = 'the name of a Secret';
const DAY = 24 * 3600;

const toInteger = (value: unknown): unknown => (/^\d+$/.test(String(value)) ? Number(value) : value);
const toList = (value: unknown): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '')
    : value;
/** A list of which the word `none` is the empty one. */
const OptionalList = (pattern: RegExp, requirement: string): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    Transform(({ value }) => (value === NONE ? [] : toList(value))),
    TextLike(pattern, `${requirement}, or the variable be ${NONE}`, { each: true }),
  );

/** The variables of the visualisation operator, the predecessor's and its own. */
class VisualisationVariables {
  @TextLike(dnsName, 'set to a host name: the default host of the instances’ addresses')
  INGRESS_DOMAIN!: string;

  @IsOptional()
  @TextLike(dnsName, secretRequirement)
  INGRESS_TLS_SECRET?: string;

  @IsOptional()
  @TextLike(dnsName, 'the name of a ClusterIssuer of cert-manager')
  INGRESS_CERT_ISSUER?: string;

  @IsOptional()
  @TextLike(repository, 'an image repository without tag, such as ghcr.io/informaticsmatters/squonk2-viz-app')
  SVO_IMAGE?: string;

  @IsOptional()
  @TextLike(dnsName, 'the name of an ingress class')
  SVO_INGRESS_CLASS?: string;

  @IsOptional()
  @OneOf(ingressClassPlaces)
  SVO_INGRESS_CLASS_AS?: VisualisationSettings['ingress']['classAs'];

  @IsOptional()
  @TextLike(dnsName, secretRequirement)
  SVO_IMAGE_PULL_SECRET?: string;

  @IsOptional()
  @TextLike(labelKey, 'the key of a label')
  SVO_POD_NODE_SELECTOR_KEY?: string;

  @IsOptional()
  @TextLike(labelValue, 'the value of a label')
  SVO_POD_NODE_SELECTOR_VALUE?: string;

  @IsOptional()
  SVO_APPLY_POD_PRIORITY_CLASS?: string;

  @IsOptional()
  @TextLike(dnsName, 'the name of a PriorityClass')
  SVO_DEFAULT_POD_PRIORITY_CLASS?: string;

  @OptionalList(dnsPattern, 'a host name, or a pattern such as *.example.org')
  SVO_ALLOWED_INGRESS_DOMAINS?: string[];

  @OptionalList(dnsName, 'the name of an ingress class')
  SVO_ALLOWED_INGRESS_CLASSES?: string[];

  @OptionalList(dnsName, secretRequirement)
  SVO_ALLOWED_INGRESS_TLS_SECRETS?: string[];

  @OptionalList(dnsName, 'the name of a ServiceAccount')
  SVO_ALLOWED_SERVICE_ACCOUNTS?: string[];

  @OptionalList(dnsName, 'the name of a ServiceAccount')
  SVO_ALLOWED_SERVICE_ACCOUNT_TOKENS?: string[];

  @OptionalList(address, 'a host name, or one with a path such as example.org/processes')
  SVO_RESERVED_ADDRESSES?: string[];

  @IsOptional()
  @Transform(({ value }) => toList(value))
  @TextLike(new RegExp(`^${label}$`), 'the name of a Kubernetes namespace', { each: true })
  SVO_NAMESPACES?: string[];

  @IsOptional()
  @Transform(({ value }) => toInteger(value))
  @IntegerFrom(0, 1000)
  SVO_RETRIES?: number;

  @IsOptional()
  @Transform(({ value }) => toInteger(value))
  @IntegerFrom(1, DAY)
  SVO_RETRY_SECONDS?: number;

  @IsOptional()
  @Transform(({ value }) => toInteger(value))
  @IntegerFrom(1, DAY)
  SVO_SLOW_RETRY_SECONDS?: number;
}

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
  return { settings, faults, warnings: warningsOf(value, settings, apiUrl) };
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
    'SERVICE_ACCOUNTS',
    'SERVICE_ACCOUNT_TOKENS',
  ] as const;
  const open = [
    ...lists.map((list) => `SVO_ALLOWED_${list}` as const).filter((name) => variables[name] === undefined),
    ...((variables.SVO_RESERVED_ADDRESSES ?? apiUrl) === undefined ? ['SVO_RESERVED_ADDRESSES'] : []),
  ];
  const isShared = reserved.some(({ host, segment }) => host === ingress.domain && segment === undefined);
  return [
    ...(open.length > 0
      ? [
          `environment: ${open.join(', ')}: not set, so a DataVisualisation may name any; list what it may beside the defaults, or ${NONE}`,
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
    allowed: {
      ingressDomains: variables.SVO_ALLOWED_INGRESS_DOMAINS,
      ingressClasses: variables.SVO_ALLOWED_INGRESS_CLASSES,
      ingressTlsSecrets: variables.SVO_ALLOWED_INGRESS_TLS_SECRETS,
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

function toReserved(address: string): ReservedAddress {
  const [host = '', segment = ''] = address.split('/').filter((part) => part !== '');
  return segment === '' ? { host } : { host, segment };
}

function reservedBy(apiUrl: string | undefined): ReservedAddress[] {
  if (apiUrl === undefined || !URL.canParse(apiUrl)) return [];
  const { hostname, pathname } = new URL(apiUrl);
  return [toReserved(`${hostname}${pathname}`)];
}
