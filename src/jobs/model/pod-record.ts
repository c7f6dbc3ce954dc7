import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { label, POD_FINALIZER, TRACKING_FINALIZER } from '../../k8s/names.js';
import type { JobRecord } from './job-record.js';
import { shared } from './annotations/shared-values.js';
import { toDate } from '../../k8s/time/kubernetes-time.js';

/** The state of one container of a pod. */
export interface ContainerRecord {
  readonly name: string;
  readonly image: string;
  /** What the kubelet says that the image is; absent where it has not said. */
  readonly imageId?: string;
  readonly init: boolean;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** Whether it has ever run, so that it has a log. */
  readonly hasRun: boolean;
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly signal?: number;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

/** What is kept in memory of a pod of a Job. */
export interface PodRecord {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly jobName: string;
  /** UID of the Job that owns it. */
  readonly jobUid?: string;
  readonly created: Date;
  readonly deleting: boolean;
  /** Carries this server's finalizer. */
  readonly held: boolean;
  /** Carries the Job controller's finalizer: its end will count for the Job, and has not been counted yet. */
  readonly tracked: boolean;
  readonly scheduled: boolean;
  /** Name of its node; undefined: it has none yet. */
  readonly node?: string;
  /** Since when it has a node, to the second; undefined where its conditions do not say. */
  readonly scheduledAt?: Date;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  /** `PodScheduled` is false: why. */
  readonly unschedulable?: string;
  /** It has scheduling gates: a queueing system has not let it run yet. */
  readonly gated?: true;
  /** `DisruptionTarget`, or `TerminationTarget` of a queueing system, is true: reason and message. */
  readonly disruption?: { readonly reason: string; readonly message?: string };
  /** Init containers first, in the order of the specification. */
  readonly containers: readonly ContainerRecord[];
}

/** @returns undefined for a pod of no Job */
export function toPodRecord(pod: V1Pod): PodRecord | undefined {
  const metadata = pod.metadata ?? {};
  const owner = metadata.ownerReferences?.find((reference) => reference.kind === 'Job' && reference.controller);
  const jobName = owner?.name ?? metadata.labels?.[label.jobName];
  if (jobName === undefined) return undefined;
  const condition = (type: string, status: string) =>
    pod.status?.conditions?.find((candidate) => candidate.type === type && candidate.status === status);
  const unscheduled = condition('PodScheduled', 'False');
  const scheduledAt = toDate(condition('PodScheduled', 'True')?.lastTransitionTime);
  const disruption = condition('DisruptionTarget', 'True') ?? condition('TerminationTarget', 'True');
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const container = (init: boolean) => (spec: { name: string; image?: string }) =>
    toContainerRecord(
      spec.name,
      spec.image ?? '',
      init,
      statuses.find((status) => status.name === spec.name),
    );
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    jobName,
    jobUid: owner?.uid,
    created: toDate(metadata.creationTimestamp) ?? new Date(0),
    deleting: metadata.deletionTimestamp !== undefined,
    held: metadata.finalizers?.includes(POD_FINALIZER) ?? false,
    tracked: metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false,
    scheduled: pod.spec?.nodeName !== undefined,
    ...(pod.spec?.nodeName ? { node: shared(pod.spec.nodeName) } : {}),
    ...(scheduledAt ? { scheduledAt } : {}),
    phase: (pod.status?.phase as PodRecord['phase'] | undefined) ?? 'Pending',
    reason: pod.status?.reason,
    message: pod.status?.message,
    ...(unscheduled?.reason === 'SchedulingGated'
      ? { gated: true as const }
      : { unschedulable: unscheduled && (unscheduled.message ?? unscheduled.reason ?? 'unschedulable') }),
    disruption: disruption && { reason: disruption.reason ?? '', message: disruption.message },
    containers: [
      ...(pod.spec?.initContainers ?? []).map(container(true)),
      ...(pod.spec?.containers ?? []).map(container(false)),
    ],
  };
}

function toContainerRecord(
  name: string,
  image: string,
  init: boolean,
  status: V1ContainerStatus | undefined,
): ContainerRecord {
  const { running, terminated, waiting } = status?.state ?? {};
  const ended = terminated ?? (running ? undefined : status?.lastState?.terminated);
  return {
    name,
    image,
    ...(status?.imageID ? { imageId: shared(status.imageID) } : {}),
    init,
    state: terminated ? 'terminated' : running ? 'running' : 'waiting',
    hasRun: running !== undefined || (ended !== undefined && Boolean(ended.containerID ?? status?.containerID)),
    reason: terminated?.reason ?? waiting?.reason,
    message: terminated?.message ?? waiting?.message,
    exitCode: terminated?.exitCode,
    signal: terminated?.signal,
    startedAt: toDate(running?.startedAt ?? ended?.startedAt),
    finishedAt: toDate(terminated?.finishedAt),
  };
}

/** Whether all that will ever run in this pod has run. */
export function hasEnded(pod: PodRecord): boolean {
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return true;
  if (!pod.deleting) return false;
  return (
    !pod.scheduled ||
    (pod.containers.some((container) => container.state === 'terminated') &&
      pod.containers.every((container) => container.state !== 'running'))
  );
}

/** Name of the container whose log carries the result. Predecessors' Jobs do not say: theirs was the only one. */
export function mainContainerOf(pod: PodRecord, job: Pick<JobRecord, 'mainContainer'> | undefined): string | undefined {
  return job?.mainContainer ?? pod.containers.find((container) => !container.init)?.name;
}

/** When the first container of the pod started. */
export function startOf(pod: Pick<PodRecord, 'containers'>): Date | undefined {
  return extreme(
    pod.containers.map((container) => container.startedAt),
    Math.min,
  );
}

/** When the last container of the pod ended. */
export function endOf(pod: PodRecord): Date | undefined {
  return extreme(
    pod.containers.map((container) => container.finishedAt),
    Math.max,
  );
}

function extreme(dates: readonly (Date | undefined)[], pick: (...values: number[]) => number): Date | undefined {
  const times = dates
    .filter((date) => date !== undefined)
    .map((date) => date.getTime())
    .filter((time) => time > 0);
  return times.length > 0 ? new Date(pick(...times)) : undefined;
}
