import type { VisualisationSettings } from '../config/configuration.js';
import { toGatewayReference } from '../config/visualisation-settings.js';
import { isMapping } from '../config/validation.js';
import { DEFAULT_SERVICE_ACCOUNT } from '../k8s/names.js';
import { mountsToken, refusals } from './instance-allowance.js';
import { hasTooMany, instanceFaults, MOST_VALUES } from './instance-schema.js';
import { isReservedLabel, labelSuffix, UNKNOWN } from './names.js';
import type { VisualisationRecord } from './visualisation-record.js';

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

/** A visualisation instance as it shall be: what its resource says, checked, over the operator's settings, over the defaults. */
export interface Instance {
  readonly name: string;
  readonly namespace: string;
  /** Of the resource, which owns all objects of the instance. */
  readonly uid: string;
  readonly image: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent';
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccountName: string;
  /** Whether its token is mounted; undefined: as the service account says. */
  readonly automountServiceAccountToken?: boolean;
  readonly resources: { readonly requests: Amounts; readonly limits: Amounts };
  /** What the resource itself says; the rest is for the security-context policy. */
  readonly runAs: { readonly runAsUser?: number; readonly runAsGroup?: number; readonly fsGroup?: number };
  /** Undefined: the instance gets an empty folder. */
  readonly project?: { readonly claimName: string; readonly id: string };
  /** Of the pods. */
  readonly labels: Readonly<Record<string, string>>;
  readonly instanceId: string;
  readonly owner: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly priorityClass?: string;
  readonly ingress: {
    readonly domain: string;
    readonly class: string;
    readonly classAs: VisualisationSettings['ingress']['classAs'];
    readonly bodySize: string;
    readonly tlsSecret?: string;
    /** Only where there is no TLS Secret. */
    readonly certIssuer?: string;
  };
  /** Whether there is an Ingress. */
  readonly hasIngress: boolean;
  /** Undefined: there is no HTTPRoute. */
  readonly gateway?: NonNullable<VisualisationSettings['gateway']> & {
    /** What the resource says that an HTTPRoute has no place for: keys, with their values. */
    readonly notCarriedOver: readonly string[];
  };
}

/** The predecessor's. */
export const instanceDefaults = {
  serviceAccountName: DEFAULT_SERVICE_ACCOUNT,
  requests: { cpu: '10m', memory: '256Mi' },
  limits: { cpu: '1', memory: '1Gi' },
  runAs: { runAsUser: 1000, runAsGroup: 100, fsGroup: 100 },
  bodySize: '1m',
} as const;

/** Tags that move are pulled each time. */
const MOVING_TAGS = ['latest', 'stable'];
/** A Service's name (RFC 1035). */
const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Faults named in one message. */
const MOST_FAULTS = 10;

type Text = string | undefined;
interface Material {
  readonly imageTag: string;
  readonly serviceAccountName?: Text;
  readonly automountServiceAccountToken?: boolean;
  readonly resources?: { readonly requests?: Partial<Quantities>; readonly limits?: Partial<Quantities> };
  readonly securityContext?: Instance['runAs'];
  readonly project?: { readonly claimName: string; readonly id: string };
  readonly ingressClass?: Text;
  readonly ingressDomain?: Text;
  readonly ingressTlsSecret?: Text;
  readonly ingressProxyBodySize?: Text;
  /** The empty text: not set. */
  readonly imagePullSecrets?: readonly string[] | string;
  readonly gateway?: Text;
  readonly labels?: readonly string[];
}
interface Quantities {
  readonly cpu: string | number;
  readonly memory: string | number;
}

/** The resource cannot be made an instance of until somebody changes it. */
export class InvalidInstanceError extends Error {
  constructor(readonly faults: readonly string[]) {
    const more = faults.length - MOST_FAULTS;
    super(`${faults.slice(0, MOST_FAULTS).join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
    this.name = 'InvalidInstanceError';
  }
}

/** The operator's lists do not let the resource have what it names. */
export class NotAllowedError extends InvalidInstanceError {
  override name = 'NotAllowedError';
}

/**
 * @throws InvalidInstanceError with every fault
 * @throws NotAllowedError with all that is not allowed, of a resource without faults
 */
export function readInstance(record: VisualisationRecord, settings: VisualisationSettings): Instance {
  const { name, namespace, uid, spec } = record;
  const said = isMapping(spec) ? (spec['imDataManager'] ?? {}) : {};
  if (hasTooMany(said)) throw new InvalidInstanceError([`spec.imDataManager must hold at most ${MOST_VALUES} values`]);
  const material = withoutNulls(said);
  const faults = [...nameFaults(name), ...instanceFaults(material)];
  if (faults.length > 0) throw new InvalidInstanceError(faults);
  const { labels: texts = [], imagePullSecrets, ...rest } = material as unknown as Material;
  const given = { ...rest, imagePullSecrets: namesOf(imagePullSecrets) };
  const labels = readLabels(texts);
  const refused = refusals(name, given, settings);
  if (refused.length > 0) throw new NotAllowedError(refused);
  const tlsSecret = given.ingressTlsSecret || settings.ingress.tlsSecret;
  return {
    name,
    namespace,
    uid,
    image: `${settings.image}:${given.imageTag}`,
    imagePullPolicy: MOVING_TAGS.includes(given.imageTag.toLowerCase()) ? 'Always' : 'IfNotPresent',
    imagePullSecrets: given.imagePullSecrets ?? (settings.imagePullSecret ? [settings.imagePullSecret] : []),
    serviceAccountName: given.serviceAccountName || instanceDefaults.serviceAccountName,
    automountServiceAccountToken: mountsToken(given, settings),
    resources: {
      requests: amounts(given.resources?.requests, instanceDefaults.requests),
      limits: amounts(given.resources?.limits, instanceDefaults.limits),
    },
    runAs: { ...given.securityContext },
    project: given.project && { claimName: given.project.claimName, id: given.project.id },
    labels,
    instanceId: valueOf(labels, labelSuffix.instanceId),
    owner: valueOf(labels, labelSuffix.owner),
    nodeSelector: settings.nodeSelector,
    priorityClass: settings.priorityClass,
    ingress: {
      domain: given.ingressDomain || settings.ingress.domain,
      class: given.ingressClass || settings.ingress.class,
      classAs: settings.ingress.classAs,
      bodySize: given.ingressProxyBodySize || instanceDefaults.bodySize,
      tlsSecret,
      certIssuer: tlsSecret ? undefined : settings.ingress.certIssuer,
    },
    hasIngress: settings.routes !== 'httproute',
    gateway: gatewayOf(given, settings),
  };
}

function gatewayOf(
  given: Omit<Material, 'imagePullSecrets'>,
  { gateway, routes }: VisualisationSettings,
): Instance['gateway'] {
  if (gateway === undefined || routes === 'ingress') return undefined;
  const size = given.ingressProxyBodySize;
  return {
    ...gateway,
    parent: given.gateway ? toGatewayReference(given.gateway) : gateway.parent,
    notCarriedOver: [
      ...(size && size !== instanceDefaults.bodySize ? [`ingressProxyBodySize ${size}`] : []),
      ...(given.ingressTlsSecret ? [`ingressTlsSecret ${given.ingressTlsSecret}`] : []),
    ],
  };
}

/** One name may stand as a text. */
function namesOf(names: Material['imagePullSecrets']): readonly string[] | undefined {
  return typeof names === 'string' ? (names === '' ? undefined : [names]) : names;
}

function nameFaults(name: string): string[] {
  if (SERVICE_NAME.test(name)) return [];
  return [
    'metadata.name must be at most 63 lower case letters, digits and hyphens, the first a letter, for a Service has this name',
  ];
}

/** @throws InvalidInstanceError */
function readLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  const faults: string[] = [];
  texts.forEach((text, at) => {
    const [key = '', value = ''] = text.split('=');
    if (isReservedLabel(key))
      faults.push(`spec.imDataManager.labels[${at}] must not set ${key}: the label is reserved`);
    labels.set(key, value);
  });
  if (faults.length > 0) throw new InvalidInstanceError(faults);
  return Object.fromEntries(labels);
}

function valueOf(labels: Readonly<Record<string, string>>, suffix: string): string {
  return Object.entries(labels).findLast(([key]) => key.endsWith(suffix))?.[1] || UNKNOWN;
}

function amounts(given: Partial<Quantities> | undefined, defaults: Amounts): Amounts {
  return { cpu: String(given?.cpu ?? defaults.cpu), memory: String(given?.memory ?? defaults.memory) };
}

/** A null counts as not said, as the API server takes it where there is a default. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === null ? [] : [[key, withoutNulls(entry)]])),
  );
}
