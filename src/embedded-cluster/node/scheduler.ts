import { cpus, totalmem } from 'node:os';
import type { Pod } from '../objects/kubernetes-object.js';
import { NODE_NAME } from './pod-status.js';

/** Pods that run at the same time, as on a real node. */
export const MAX_PODS = 110;

const NODE_LABELS: Readonly<Record<string, string>> = {
  'kubernetes.io/hostname': NODE_NAME,
  'kubernetes.io/os': process.platform,
  'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
};

/** Why the one node cannot take a pod, as the scheduler says it; undefined where it can. */
export function unschedulableReason(pod: Pod, runningPods: number): string | undefined {
  const { nodeSelector = {}, affinity } = pod.spec;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const selected = Object.entries(nodeSelector).every(([label, value]) => NODE_LABELS[label] === value);
  const matches = (terms ?? []).some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchFields.length === 0 &&
      matchExpressions.every(({ key, operator, values = [] }) => {
        const label = NODE_LABELS[key];
        if (operator === 'In') return label !== undefined && values.includes(label);
        if (operator === 'NotIn') return label === undefined || !values.includes(label);
        if (operator === 'Exists') return label !== undefined;
        return operator === 'DoesNotExist' && label === undefined;
      }),
  );
  const reasons = [
    ...(selected && (!terms || matches) ? [] : ["1 node(s) didn't match Pod's node affinity/selector"]),
    ...(requested(pod, 'cpu') > cpus().length ? ['1 Insufficient cpu'] : []),
    ...(requested(pod, 'memory') > totalmem() ? ['1 Insufficient memory'] : []),
    ...extendedResources(pod).map((name) => `1 Insufficient ${name}`),
    ...(runningPods >= MAX_PODS ? ['1 Too many pods'] : []),
  ];
  return reasons.length > 0 ? `0/1 nodes are available: ${reasons.join(', ')}.` : undefined;
}

/** The node has none: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources */
function extendedResources({ spec: { initContainers = [], containers } }: Pod): string[] {
  const names = [...initContainers, ...containers].flatMap(({ resources }) =>
    Object.keys({ ...resources?.requests, ...resources?.limits }),
  );
  return [...new Set(names)].filter((name) => name.includes('/'));
}

/** What the containers ask for together, or one init container alone where that is more. */
function requested(pod: Pod, name: 'cpu' | 'memory'): number {
  const amounts = (containers: Pod['spec']['containers'] = []): number[] =>
    containers.map(({ resources }) => quantity(resources?.requests?.[name] ?? resources?.limits?.[name] ?? '0'));
  return Math.max(
    amounts(pod.spec.containers).reduce((sum, each) => sum + each, 0),
    ...amounts(pod.spec.initContainers),
  );
}

const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/; what is no quantity counts as nothing. */
function quantity(text: string | number): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(text));
  return match ? Number(match[1]) * (match[2] ? (SUFFIXES[match[2]] ?? 0) : 1) : 0;
}
