import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import type { VisualisationSettings } from '../visualisation-settings.js';
import { IntegerFrom, OneOf, TextLike } from '../constraints.js';
import { ingressClassPlaces, NONE, routeKinds } from '../visualisation-variables.js';

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
/** NAMESPACE/NAME or NAMESPACE/NAME/SECTION. */
const gateway = new RegExp(`^${label}(?:/(?=[^/]{1,253}(?:/|$))${labels}){1,2}$`);
/** GROUP/KIND/NAME. */
const extension = new RegExp(
  `^(?=[^/]{1,253}/)${labels}/[A-Za-z](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?/(?=.{1,253}$)${labels}$`,
);
/** GEP-2257. */
const duration = /^(?:\d{1,5}(?:h|m|s|ms)){1,4}$/;
const gatewayRequirement = 'a Gateway as NAMESPACE/NAME or NAMESPACE/NAME/SECTION';
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
export class VisualisationVariables {
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
  @TextLike(gateway, gatewayRequirement)
  SVO_GATEWAY?: string;

  @IsOptional()
  @TextLike(duration, 'a duration of the Gateway API, such as 75s or 1m30s')
  SVO_GATEWAY_TIMEOUT?: string;

  @IsOptional()
  @Transform(({ value }) => toList(value))
  @TextLike(extension, 'a reference GROUP/KIND/NAME, such as traefik.io/Middleware/limits', { each: true })
  SVO_GATEWAY_FILTERS?: string[];

  @IsOptional()
  @OneOf(routeKinds)
  SVO_ROUTES?: VisualisationSettings['routes'];

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

  @OptionalList(gateway, gatewayRequirement)
  SVO_ALLOWED_GATEWAYS?: string[];

  @OptionalList(dnsName, secretRequirement)
  SVO_ALLOWED_IMAGE_PULL_SECRETS?: string[];

  @OptionalList(dnsName, 'the name of a PersistentVolumeClaim')
  SVO_ALLOWED_PROJECT_CLAIMS?: string[];

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
