import type { V1Affinity, V1Toleration } from '@kubernetes/client-node';

export interface NodePurposeOptions {
  readonly labelKey?: string;
  readonly purpose?: string;
  readonly onFargate: boolean;
}

/** Only nodes whose label has the purpose; undefined: any. Fargate has no nodes to choose from. */
export function makeAffinity({ labelKey, purpose, onFargate }: NodePurposeOptions): V1Affinity | undefined {
  if (onFargate || !labelKey || !purpose) return undefined;
  const term = { matchExpressions: [{ key: labelKey, operator: 'In', values: [purpose] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

/** What nodes with GPUs and nodes of JupyterHub's users are tainted with. */
export function makeTolerations(): V1Toleration[] {
  const always = ['nvidia.com/gpu', 'hub.jupyter.org/dedicated'];
  return always.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }));
}
