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

/** As of {@link JobRecord.resumed}. */
export function resumptionOf({ spec, status }: V1Job): JobRecord['resumed'] {
  const condition = status?.conditions?.find(({ type }) => type === 'Suspended');
  if (!condition || spec?.suspend) return undefined;
  return condition.status === 'False' ? toDate(condition.lastTransitionTime) : 'unknown';
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
