import type { KubernetesObject, V1Condition } from '@kubernetes/client-node';

/** A Workload of Kueue, as far as it is read (https://kueue.sigs.k8s.io/docs/reference/kueue.v1beta2/). */
export interface Workload extends KubernetesObject {
  readonly spec?: { readonly active?: boolean; readonly queueName?: string; readonly priority?: number };
  readonly status?: { readonly conditions?: readonly V1Condition[] };
}

/** What is kept in memory of a Workload that stands for a Kubernetes Job. */
export interface WorkloadRecord {
  readonly jobName: string;
  readonly jobUid: string;
  /** The greater the sooner. */
  readonly priority?: number;
  /** Undefined: it has been admitted, and does not wait. */
  readonly waiting?: {
    /** In Kueue's words: `Pending`, `Inadmissible`, `QuotaReserved` (it waits for admission checks), `Deactivated`. */
    readonly reason: string;
    /** A sentence or its part, without a full stop. */
    readonly message?: string;
    /** RFC 3339. */
    readonly since?: string;
    /** It was admitted before, and lost its place: `Preempted`, `PodsReadyTimeout`, `Deactivated`, …. */
    readonly evicted?: { readonly reason: string; readonly message: string };
  };
  /** The last time that it lost its place. */
  readonly eviction?: Eviction;
}

export interface Eviction {
  /** In Kueue's words: `Preempted`, `PodsReadyTimeout`, `Deactivated`, …. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, to the second: of the eviction, or of the admission that followed it. */
  readonly at: string;
  readonly admittedAgain: boolean;
}

/** @returns undefined for one that stands for no Job */
export function toWorkloadRecord({ metadata, spec, status }: Workload): WorkloadRecord | undefined {
  const owner = metadata?.ownerReferences?.find(({ kind, controller }) => kind === 'Job' && controller);
  if (!owner) return undefined;
  const conditions = new Map((status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const waiting = waitingOf(conditions, spec?.active ?? true, timeOf(metadata?.creationTimestamp));
  const eviction = evictionOf(conditions);
  return {
    jobName: owner.name,
    jobUid: owner.uid,
    ...(spec?.priority === undefined ? {} : { priority: spec.priority }),
    ...(waiting ? { waiting } : {}),
    ...(eviction ? { eviction } : {}),
  };
}

function waitingOf(
  conditions: ReadonlyMap<string, V1Condition>,
  active: boolean,
  created: string | undefined,
): WorkloadRecord['waiting'] {
  const quota = conditions.get('QuotaReserved');
  const last = conditions.get('Evicted');
  const evicted = last?.status === 'True' ? { reason: last.reason, message: last.message } : undefined;
  const since = (evicted && timeOf(last?.lastTransitionTime)) ?? created;
  const more = { ...(since ? { since } : {}), ...(evicted ? { evicted } : {}) };
  if (!active) return { reason: 'Deactivated', ...(evicted ? { message: evicted.message } : {}), ...more };
  if (conditions.get('Admitted')?.status === 'True') return undefined;
  const message = quota?.message ? { message: quota.message.replace(/\.$/, '') } : {};
  return { reason: quota?.reason ?? 'Pending', ...message, ...more };
}

/**
 * What Kueue puts before the message of an eviction once the Workload is admitted again; the reason then stands only where it was put
 * back into its queue.
 */
const PREVIOUSLY = 'Previously: ';

function evictionOf(conditions: ReadonlyMap<string, V1Condition>): Eviction | undefined {
  const last = conditions.get('Evicted');
  const at = timeOf(last?.lastTransitionTime);
  if (!last || at === undefined) return undefined;
  if (last.status === 'True') return { reason: last.reason, message: last.message, at, admittedAgain: false };
  if (!last.message.startsWith(PREVIOUSLY)) return undefined;
  const message = last.message.slice(PREVIOUSLY.length);
  const requeued = conditions.get('Requeued');
  const reason = requeued?.message === message ? requeued.reason : 'Evicted';
  return { reason, message, at, admittedAgain: true };
}

/** Watched objects carry times as text. */
function timeOf(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}
