import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/** Longest text of a reason: it stands in descriptions and in readiness. */
const LONGEST = 500;

/** What keeps a pod from starting, for people; undefined: nothing that is known. */
export function whatHolds(pod: V1Pod | undefined): string | undefined {
  for (const { name, state } of containersOf(pod)) {
    const { reason, message } = state?.waiting ?? {};
    if (reason && !['ContainerCreating', 'PodInitializing'].includes(reason))
      return cut(`Container "${name}" does not start: ${reason}${message ? `: ${message}` : ''}`);
  }
  const unscheduled = pod?.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  return unscheduled?.message ? cut(`No node takes the pod: ${unscheduled.message}`) : undefined;
}

/** How a pod failed, for people; undefined: no container says. A container's termination message is what it wants to be known. */
export function whatFailed(pod: V1Pod | undefined): string | undefined {
  for (const { name, state } of containersOf(pod)) {
    const { exitCode, message, reason } = state?.terminated ?? {};
    if (exitCode === undefined || exitCode === 0) continue;
    const told = message?.trim();
    return cut(told ? told : `Container "${name}" ended with exit code ${exitCode}${reason ? ` (${reason})` : ''}.`);
  }
  return undefined;
}

function containersOf(pod: V1Pod | undefined): V1ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
