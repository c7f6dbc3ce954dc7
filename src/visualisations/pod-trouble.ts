import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { vizLabel } from './names.js';

/** What is kept of an instance's pod. */
export interface PodTrouble {
  /** Of the instance. */
  readonly instance: string;
  readonly created: number;
  /** Why it does not run; undefined: it does, or is about to. */
  readonly trouble?: { readonly reason: string; readonly message: string };
}

export function toPodTrouble({ metadata, status }: V1Pod): PodTrouble | undefined {
  const instance = metadata?.labels?.[vizLabel.deployment];
  if (instance === undefined) return undefined;
  return {
    instance,
    created: Date.parse(String(metadata?.creationTimestamp ?? '')) || 0,
    trouble: metadata?.deletionTimestamp ? undefined : troubleOf(status ?? {}),
  };
}

/** What a container waits for in the ordinary way. */
const ORDINARY = ['ContainerCreating', 'PodInitializing'];

function troubleOf({ conditions = [], containerStatuses = [], phase, reason, message }: NonNullable<V1Pod['status']>) {
  if (phase === 'Failed') return { reason: reason || 'PodFailed', message: message || 'The pod has failed.' };
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled) return { reason: unscheduled.reason || 'Unschedulable', message: unscheduled.message ?? '' };
  for (const container of containerStatuses) {
    const trouble = containerTrouble(container);
    if (trouble) return trouble;
  }
  const unready = conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  const since = timeOf(unready?.lastTransitionTime);
  // What became unready after its start was ready between the two.
  if (unready && containerStatuses.some(({ state }) => since > timeOf(state?.running?.startedAt)))
    return {
      reason: unready.reason || 'ContainersNotReady',
      message: 'The app has answered before, and no longer does.',
    };
  return undefined;
}

/** Milliseconds; NaN: none, which is neither earlier nor later. Objects are as the API's JSON has them. */
function timeOf(time: Date | undefined): number {
  return Date.parse(String(time));
}

function containerTrouble({ state, lastState }: V1ContainerStatus) {
  const { waiting, terminated } = state ?? {};
  const ended = terminated ?? lastState?.terminated;
  const end = ended
    ? `The container ended with code ${ended.exitCode} (${ended.reason ?? 'Error'})${ended.message ? `: ${ended.message.trim()}` : ''}.`
    : '';
  if (waiting && !ORDINARY.includes(waiting.reason ?? 'ContainerCreating'))
    return { reason: waiting.reason ?? 'Waiting', message: [waiting.message, end].filter(Boolean).join(' ') };
  if (terminated) return { reason: terminated.reason || 'Error', message: end };
  return undefined;
}
