import type { KubernetesObject } from '@kubernetes/client-node';

/** A condition as Kubernetes' API conventions have it (metav1.Condition). */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word for programs. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; when `status` last changed. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

interface Amounts {
  readonly cpu?: string;
  readonly memory?: string;
}

/** `status.viz`: the predecessor's. */
export interface VizStatus {
  readonly url: string;
  readonly image: string;
  readonly serviceAccountName: string;
  readonly resources: { readonly requests: Amounts; readonly limits: Amounts };
  readonly project?: { readonly claimName: string; readonly id: string };
  /** `NAMESPACE/NAME` or `NAMESPACE/NAME/SECTION` of the Gateway, where there is an HTTPRoute. */
  readonly gateway?: string;
}

export interface VisualisationStatus {
  readonly observedGeneration?: number;
  readonly viz?: VizStatus;
  readonly conditions?: readonly Condition[];
}

/** A DataVisualisation as the API's JSON has it. */
export interface DataVisualisation extends KubernetesObject {
  readonly spec?: unknown;
  readonly status?: VisualisationStatus;
}

/** What is kept of a DataVisualisation. `spec` is as somebody wrote it: nothing in it may be trusted. */
export interface VisualisationRecord {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  /** RFC 3339 */
  readonly created: string;
  readonly deleting: boolean;
  readonly spec: unknown;
  readonly status: VisualisationStatus;
}

export function toVisualisationRecord({ metadata, spec, status }: DataVisualisation): VisualisationRecord | undefined {
  if (!metadata?.name || !metadata.namespace || !metadata.uid) return undefined;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    created: String(metadata.creationTimestamp ?? ''),
    deleting: metadata.deletionTimestamp !== undefined,
    spec,
    status: {
      observedGeneration: status?.observedGeneration,
      viz: status?.viz,
      conditions: Array.isArray(status?.conditions) ? status.conditions : [],
    },
  };
}

export function readyCondition({ conditions = [] }: VisualisationStatus): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}
