import type { Availability } from './child-record.js';
import type { Instance } from './instance.js';
import { instanceUrl } from './names.js';
import type { PodTrouble } from './pod-trouble.js';
import {
  readyCondition,
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
const STARTING: Readiness = { status: 'False', reason: reason.starting, message: 'The app is starting.' };

/** Ready where the Deployment, as it is specified now, has an available pod; else the reason of the newest pod that does not start. */
export function readinessOf(availability: Availability | undefined, pods: readonly PodTrouble[]): Readiness {
  if (availability?.observed && availability.available)
    return { status: 'True', reason: reason.available, message: 'The app answers.' };
  const newest = [...pods].sort((a, b) => b.created - a.created).find(({ trouble }) => trouble !== undefined);
  const why = newest?.trouble ?? (availability?.observed ? availability.failure : undefined);
  return why ? { status: 'False', ...why } : STARTING;
}

export function vizStatusOf(instance: Instance): VizStatus {
  const { name, image, serviceAccountName, resources, project, ingress } = instance;
  return {
    url: instanceUrl(ingress.domain, name),
    image,
    serviceAccountName,
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    ...(project ? { project: { ...project } } : {}),
  };
}

/**
 * The status that the resource shall have.
 * @param viz undefined: the one it has is kept, for what runs still is as it says
 */
export function makeStatus(
  record: VisualisationRecord,
  readiness: Readiness,
  viz: VizStatus | undefined,
  now: Date,
): VisualisationStatus {
  const previous = readyCondition(record.status);
  const kept = viz ?? record.status.viz;
  const ready: Condition = {
    type: 'Ready',
    status: readiness.status,
    reason: wellFormed(readiness.reason),
    message: readiness.message.slice(0, LONGEST_MESSAGE),
    lastTransitionTime: previous?.status === readiness.status ? previous.lastTransitionTime : wholeSeconds(now),
    observedGeneration: record.generation,
  };
  const others = (record.status.conditions ?? []).filter(({ type }) => type !== ready.type);
  return {
    observedGeneration: record.generation,
    ...(kept ? { viz: kept } : {}),
    conditions: [...others, ready],
  };
}

/** A condition's reason is one word; Kubernetes' own nearly always are. */
function wellFormed(word: string): string {
  return /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(word) ? word : reason.failed;
}

function wholeSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
