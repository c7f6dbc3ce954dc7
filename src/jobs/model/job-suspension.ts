import type { V1Job } from '@kubernetes/client-node';
import { label } from '../../k8s/names.js';
import type { JobRecord } from './job-record.js';
import { toDate } from '../../k8s/time/kubernetes-time.js';

/** Whether it is, or was, suspended, or a queue may suspend it in this moment. */
export function wasEverSuspended({
  suspended,
  resumed,
  queue,
}: Pick<JobRecord, 'suspended' | 'resumed' | 'queue'>): boolean {
  return suspended || resumed !== undefined || queue !== undefined;
}

/** Of a Job whose `spec` was changed twice; https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const TWICE_CHANGED = 3;

/**
 * As of {@link JobRecord.resumed}. One that is resumed while the Job controller takes its pods away has no condition (its status says nothing
 * of it, seen on 1.37), but its specification has been changed twice.
 */
export function resumptionOf({ metadata, spec, status }: V1Job): JobRecord['resumed'] {
  if (spec?.suspend) return undefined;
  const condition = status?.conditions?.find(({ type }) => type === 'Suspended');
  if (!condition) return hasChangedTwice(metadata) ? 'unknown' : undefined;
  return condition.status === 'False' ? toDate(condition.lastTransitionTime) : 'unknown';
}

/** Deleting it counts as a change, too. */
function hasChangedTwice({ generation = 1, deletionTimestamp }: V1Job['metadata'] = {}): boolean {
  return deletionTimestamp === undefined && generation >= TWICE_CHANGED;
}

/**
 * As of {@link JobRecord.suspendedSince}: one that is suspended from the first has no condition yet in its first moment; of one that is
 * suspended again the condition says for a moment that it is not, and on Kubernetes 1.34.0 to 1.34.3 since when it was the first time.
 */
export function suspensionOf({ metadata, spec, status }: V1Job): Date | undefined {
  if (!spec?.suspend) return undefined;
  const condition = status?.conditions?.find(({ type }) => type === 'Suspended');
  if (condition?.status === 'False') return undefined;
  return toDate(condition ? condition.lastTransitionTime : metadata?.creationTimestamp);
}

/** As of {@link JobRecord.queue}. */
export function queueOf(labels: Readonly<Record<string, string>>): JobRecord['queue'] {
  const name = labels[label.queueName];
  const priority = labels[label.queuePriority];
  return name === undefined ? undefined : { name, ...(priority === undefined ? {} : { priority }) };
}
