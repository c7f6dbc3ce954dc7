import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import type { ConfigurationFault } from '../configuration-error.js';
import type { VisualisationSettings } from '../configuration.js';
import { IntegerFrom, OneOf, TextLike } from '../constraints.js';
import { validateDefinition } from '../validation.js';
import { ingressClassPlaces, visualisationDefaults as defaults, visualisationVariables } from '../variables.js';

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const dnsName = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`);
/** A label's key: an optional DNS name and a slash, then a name. */
const labelKey = new RegExp(
  `^(?:(?=[^/]{1,253}/)${label}(?:\\.${label})*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`,
);
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

/** Reads and checks the variables of the visualisation operator; only where it is on, for others may use such names, too. */
export function readVisualisationSettings(environment: NodeJS.ProcessEnv): {
  readonly settings: VisualisationSettings;
  readonly faults: readonly ConfigurationFault[];
} {
  const given = visualisationVariables
    .map(({ name }) => [name, environment[name]?.replace(/\r?\n$/, '')] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  const { value, faults } = validateDefinition(VisualisationVariables, Object.fromEntries(given), 'environment', '');
  return { settings: toSettings(value), faults };
}

function toSettings(variables: VisualisationVariables): VisualisationSettings {
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
