import type { Availability } from './child-record.js';
import { gatewayText } from '../config/visualisation-settings.js';
import type { Instance } from './instance.js';
import { instanceUrl } from './names.js';
import type { PodTrouble } from './pod-trouble.js';
import type { RouteAcceptance } from './route-acceptance.js';
import {
  type Condition,
  type VisualisationRecord,
  type VisualisationStatus,
  type VizStatus,
} from './visualisation-record.js';

/** Whether an instance can be used, and why not. */
export interface Readiness {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Reasons of the operator's own; others are Kubernetes'. */
export const reason = {
  available: 'Available',
  starting: 'Starting',
  invalid: 'InvalidSpec',
  notAllowed: 'NotAllowed',
  rejected: 'Rejected',
  policyInvalid: 'SecurityContextInvalid',
  nameTaken: 'NameTaken',
  formerGoes: 'FormerInstanceGoes',
  failed: 'ReconcileFailed',
} as const;

/** Only a change of the resource, or of what the operator allows, mends it. */
export function isRefusal(word: string | undefined): boolean {
  return word === reason.invalid || word === reason.notAllowed;
}

/** Longest message of a condition that is kept; the API allows 32768 characters. */
const LONGEST_MESSAGE = 2000;
/** Type of the condition that says whether the Gateway's controller serves the HTTPRoute. */
const ROUTED = 'Routed';
const NOT_SEEN: RouteAcceptance = {
  status: 'Unknown',
  reason: 'Pending',
  message: 'The HTTPRoute has just been made.',
};
const STARTING: Readiness = { status: 'False', reason: reason.starting, message: 'The app is starting.' };

/** Ready where the Deployment, as it is specified now, has an available pod; else why the newest pod does not start: of an older one only what has failed is left. */
export function readinessOf(availability: Availability | undefined, pods: readonly PodTrouble[]): Readiness {
  if (availability?.observed && availability.available)
    return { status: 'True', reason: reason.available, message: 'The app answers.' };
  const [newest] = [...pods].sort((a, b) => b.created - a.created || Number(!!a.trouble) - Number(!!b.trouble));
  const why = newest?.trouble ?? (availability?.observed ? availability.failure : undefined);
  return why ? { status: 'False', ...why } : STARTING;
}

function vizStatusOf(instance: Instance): VizStatus {
  const { name, image, serviceAccountName, resources, project, ingress, gateway } = instance;
  return {
    url: instanceUrl(ingress.domain, name),
    image,
    serviceAccountName,
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    ...(project ? { project: { ...project } } : {}),
    ...(gateway ? { gateway: gatewayText(gateway.parent) } : {}),
  };
}

/** What the objects of an instance have been made to be. */
export interface Made {
  readonly viz: VizStatus;
  /** Undefined: there is no HTTPRoute. */
  readonly routed?: RouteAcceptance;
}

/** @param acceptance undefined: the HTTPRoute has not been seen yet */
export function madeOf(instance: Instance, acceptance: RouteAcceptance = NOT_SEEN): Made {
  const viz = vizStatusOf(instance);
  if (!instance.gateway) return { viz };
  const warning = notCarriedOver(instance);
  return { viz, routed: { ...acceptance, message: [acceptance.message, warning].filter(Boolean).join(' ') } };
}

/** What the resource asks for in vain, for an HTTPRoute has no place for it; undefined: nothing. */
export function notCarriedOver({ gateway }: Instance): string | undefined {
  if (!gateway || gateway.notCarriedOver.length === 0) return undefined;
  return (
    `Not carried over to the HTTPRoute, which has no place for it: ${gateway.notCarriedOver.join(', ')}; ` +
    'the certificate is that of the listener, and the largest request is the controller’s to limit.'
  );
}

/**
 * The status that the resource shall have.
 * @param made undefined: what it says of its objects is kept, for what runs still is so
 */
export function makeStatus(
  record: VisualisationRecord,
  readiness: Readiness,
  made: Made | undefined,
  now: Date,
): VisualisationStatus {
  const kept = made?.viz ?? record.status.viz;
  const makeCondition = (type: string, { status, reason: word, message }: RouteAcceptance): Condition => {
    const previous = record.status.conditions?.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason: wellFormed(word),
      message: message.slice(0, LONGEST_MESSAGE),
      lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : wholeSeconds(now),
      observedGeneration: record.generation,
    };
  };
  const own = [makeCondition('Ready', readiness), ...(made?.routed ? [makeCondition(ROUTED, made.routed)] : [])];
  const replaced = ['Ready', ...(made ? [ROUTED] : [])];
  return {
    observedGeneration: record.generation,
    ...(kept ? { viz: kept } : {}),
    conditions: [...(record.status.conditions ?? []).filter(({ type }) => !replaced.includes(type)), ...own],
  };
}

/** A condition's reason is one word; Kubernetes' own nearly always are. */
function wellFormed(word: string): string {
  return /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(word) ? word : reason.failed;
}

function wholeSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
