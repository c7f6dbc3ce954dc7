import type { ContainerState, Pod } from '../objects/kubernetes-object.js';
import { isSidecar } from '../node/pod-status.js';
import { duration, type Column } from './table-column.js';

/** The columns of `kubectl get pods`, as `printPod` of Kubernetes' `pkg/printers/internalversion` fills them. */
export const podColumns: readonly Column<Pod>[] = [
  { name: 'Name', cell: ({ metadata }) => metadata.name },
  {
    name: 'Ready',
    cell: ({ spec, status }) => {
      const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
      const statuses = [
        ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
        ...(status.containerStatuses ?? []),
      ];
      const ready = statuses.filter(({ state, ready: isReady }) => isReady && state.running);
      return `${ready.length}/${spec.containers.length + sidecars.size}`;
    },
  },
  { name: 'Status', cell: podState },
  {
    name: 'Restarts',
    cell: ({ status }) => {
      const statuses = status.containerStatuses ?? [];
      const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
      const last = Math.max(
        ...statuses
          .map(({ lastState }) => Date.parse(lastState.terminated?.finishedAt ?? ''))
          .filter((time) => !Number.isNaN(time)),
      );
      return restarts > 0 && Number.isFinite(last)
        ? `${restarts} (${duration(Date.now() - last)} ago)`
        : String(restarts);
    },
  },
  { name: 'Age', cell: ({ metadata }) => duration(Date.now() - Date.parse(metadata.creationTimestamp)) },
  { name: 'IP', wide: true, cell: ({ status }) => status.podIP ?? '<none>' },
  { name: 'Node', wide: true, cell: ({ spec }) => spec.nodeName ?? '<none>' },
  { name: 'Nominated Node', wide: true, cell: () => '<none>' },
  { name: 'Readiness Gates', wide: true, cell: () => '<none>' },
];

function stateOf({ waiting, terminated }: ContainerState): string | undefined {
  return terminated?.reason ?? waiting?.reason;
}

function podState(pod: Pod): string {
  const { metadata, spec, status } = pod;
  const unscheduled = status.conditions?.find(
    ({ type, status: holds }) => type === 'PodScheduled' && holds === 'False',
  );
  let state: string = status.reason ?? (unscheduled ? 'Pending' : status.phase);
  const initialising = initState(pod);
  if (initialising !== undefined) state = initialising;
  else {
    // The first container that has something to say is named.
    const said = (status.containerStatuses ?? [])
      .map((container) => stateOf(container.state))
      .find((each) => each !== undefined);
    state = said ?? state;
    const someRuns = status.containerStatuses?.some((container) => container.ready && container.state.running) ?? false;
    if (state === 'Completed' && someRuns) state = 'Running';
  }
  if (metadata.deletionTimestamp !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed')
    return 'Terminating';
  return spec.containers.length === 0 ? status.phase : state;
}

function initState({ spec, status }: Pod): string | undefined {
  const containers = spec.initContainers ?? [];
  for (const [index, { name, state, started }] of (status.initContainerStatuses ?? []).entries()) {
    const container = containers.find((each) => each.name === name);
    if (state.terminated?.exitCode === 0 || (container && isSidecar(container) && (started || state.terminated)))
      continue;
    if (state.terminated) return `Init:${state.terminated.reason}`;
    if (state.waiting && state.waiting.reason !== 'PodInitializing') return `Init:${state.waiting.reason}`;
    return `Init:${index}/${containers.length}`;
  }
  return undefined;
}
