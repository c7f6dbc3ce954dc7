import type { V1Container } from '@kubernetes/client-node';
import {
  copyOf,
  findCondition,
  timestamp,
  type Condition,
  type ContainerStatus,
  type Pod,
  type PodStatus,
} from '../objects/kubernetes-object.js';

export const NODE_NAME = 'embedded';
export const DISRUPTION = 'DisruptionTarget';
const ADDRESS = '127.0.0.1';

/** What the status of a pod says beyond what its containers do. */
export interface Verdict {
  /** Set when the pod has ended. */
  readonly phase?: 'Succeeded' | 'Failed';
  readonly reason?: string;
  readonly message?: string;
  /** Reason of the condition `DisruptionTarget`: the cluster ended the pod, not its program. */
  readonly disruption?: string;
}

export function isSidecar(container: V1Container): boolean {
  return container.restartPolicy === 'Always';
}

/** The status of a container that has not started. */
export function waitingStatus(container: V1Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
  };
}

/** The status that the kubelet would report: phase and conditions follow from the containers. */
export function podStatus(
  pod: Pod,
  statuses: ReadonlyMap<string, ContainerStatus>,
  startTime: string,
  verdict: Verdict,
): PodStatus {
  const pick = (containers: readonly V1Container[] | undefined): ContainerStatus[] =>
    (containers ?? []).flatMap(({ name }) => copyOf(statuses.get(name)) ?? []);
  const { initContainers = [], containers } = pod.spec;
  const [initStatuses, mainStatuses] = [pick(initContainers), pick(containers)];
  const uninitialised = initContainers.filter((container) => {
    const status = statuses.get(container.name);
    return isSidecar(container) ? !status?.started && !verdict.phase : status?.state.terminated?.exitCode !== 0;
  });
  return {
    ...pod.status,
    phase:
      verdict.phase ??
      (uninitialised.length === 0 &&
      mainStatuses.some(({ state, lastState }) => state.running || state.terminated || lastState.terminated) &&
      !neverStarted(mainStatuses)
        ? 'Running'
        : 'Pending'),
    ...(verdict.reason && { reason: verdict.reason }),
    ...(verdict.message && { message: verdict.message }),
    conditions: conditionsOf(pod, verdict, mainStatuses, uninitialised),
    hostIP: ADDRESS,
    hostIPs: [{ ip: ADDRESS }],
    podIP: ADDRESS,
    podIPs: [{ ip: ADDRESS }],
    startTime,
    ...(initStatuses.length > 0 && { initContainerStatuses: initStatuses }),
    containerStatuses: mainStatuses,
  };
}

/** A container that waits for its first start keeps the pod pending. */
function neverStarted(statuses: readonly ContainerStatus[]): boolean {
  return statuses.some(({ state, lastState }) => state.waiting !== undefined && lastState.terminated === undefined);
}

function conditionsOf(
  pod: Pod,
  { phase, disruption }: Verdict,
  mainStatuses: readonly ContainerStatus[],
  uninitialised: readonly V1Container[],
): Condition[] {
  const names = (list: readonly { name: string }[]): string => `[${list.map(({ name }) => name).join(' ')}]`;
  const unready = mainStatuses.filter(({ ready }) => !ready);
  const ended = phase && { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
  const readiness: Partial<Condition> =
    ended ??
    (unready.length > 0
      ? { reason: 'ContainersNotReady', message: `containers with unready status: ${names(unready)}` }
      : {});
  const isReady = !phase && unready.length === 0 && uninitialised.length === 0;
  const sandbox = !phase && mainStatuses.some(({ state }) => state.waiting?.reason !== 'ContainerCreating');
  return [
    condition(pod, 'PodReadyToStartContainers', sandbox),
    uninitialised.length > 0
      ? condition(pod, 'Initialized', false, {
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: ${names(uninitialised)}`,
        })
      : condition(pod, 'Initialized', true, phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}),
    condition(pod, 'Ready', isReady, isReady ? {} : readiness),
    condition(pod, 'ContainersReady', isReady, isReady ? {} : readiness),
    condition(pod, 'PodScheduled', true),
    ...disruptionOf(pod, disruption),
  ];
}

/** Once said it stays. https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
function disruptionOf(pod: Pod, reason: string | undefined): Condition[] {
  const before = pod.status.conditions?.filter(({ type }) => type === DISRUPTION) ?? [];
  return before.length > 0 || reason === undefined ? before : [condition(pod, DISRUPTION, true, { reason })];
}

function condition(pod: Pod, type: string, holds: boolean, why: Partial<Condition> = {}): Condition {
  const before = pod.status.conditions?.find((each) => each.type === type);
  const status = holds ? 'True' : 'False';
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp();
  return { type, status, lastProbeTime: null, lastTransitionTime: lastTransitionTime ?? timestamp(), ...why };
}

export function isScheduled(pod: Pod): boolean {
  return findCondition(pod.status.conditions, 'PodScheduled') !== undefined;
}

const LOST = 'The container could not be located when the pod was terminated';

/** What becomes of containers that cannot be asked any more (or never started) when their pod ends. */
export function endedStatus(status: ContainerStatus): ContainerStatus {
  if (status.state.terminated) return status;
  const { running } = status.state;
  const terminated = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: LOST,
    startedAt: running?.startedAt ?? null,
    finishedAt: running ? timestamp() : null,
    ...(status.containerID && { containerID: status.containerID }),
  };
  return { ...status, state: { terminated }, ready: false, started: false };
}
