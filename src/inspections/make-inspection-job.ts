import type { V1Job, V1PodSpec } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { label, MANAGED_BY, ownAnnotation } from '../k8s/names.js';

export const INSPECTION = 'inspection';

/** 100 days, in seconds: a finding that nothing has replaced until then is made anew. */
const TTL_SECONDS = 100 * 24 * 3600;

/** An inspection as it is run: whatever is not equal here is another one. */
export interface WantedInspection {
  /** Of the configuration's entry. */
  readonly entryId: string;
  /** Whose it is: the name of the Lease, which differs between deployments of one namespace. */
  readonly manager: string;
  /** Hardened already. */
  readonly podSpec: V1PodSpec;
  readonly mainContainerName: string;
  readonly deadlineSeconds: number;
}

/** Tells inspections apart: 16 hexadecimal digits. The pod stands in it whole, so a changed configuration, image or server makes another. */
export function digestOf({ entryId, manager, podSpec, mainContainerName }: WantedInspection): string {
  const content = JSON.stringify([entryId, manager, podSpec, mainContainerName]);
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

export interface InspectionTry {
  readonly namespace: string;
  /** From 1 on: so that two leaders make one Job, not two. */
  readonly number: number;
  /** Tries that failed in a row before this one. */
  readonly failures: number;
}

/**
 * The Kubernetes Job of an inspection. Its name is none that a job's could be, so it is in no list of jobs. The deadline stands on the Job, for it counts from its creation: an image that cannot be pulled must not
 * wait for ever (https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup).
 */
export function makeInspectionJob(wanted: WantedInspection, { namespace, number, failures }: InspectionTry): V1Job {
  const digest = digestOf(wanted);
  const labels = {
    [label.managedBy]: MANAGED_BY,
    [label.component]: INSPECTION,
    [label.manager]: wanted.manager,
    [label.inspection]: digest,
  };
  const { automountServiceAccountToken = false, ...podSpec } = wanted.podSpec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `inspect-${digest}-${number}`,
      namespace,
      labels,
      annotations: {
        [ownAnnotation.formatVersion]: '1',
        [ownAnnotation.inspected]: wanted.entryId,
        [ownAnnotation.mainContainer]: wanted.mainContainerName,
        [ownAnnotation.inspectionNumber]: String(number),
        [ownAnnotation.inspectionFailures]: String(failures),
      },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: wanted.deadlineSeconds,
      ttlSecondsAfterFinished: TTL_SECONDS,
      template: { metadata: { labels }, spec: { ...podSpec, automountServiceAccountToken } },
    },
  };
}

/** Of the Jobs of all inspections of one manager. */
export function inspectionSelector(manager: string): string {
  return `${label.component}=${INSPECTION},${label.manager}=${manager}`;
}
