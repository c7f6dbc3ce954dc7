import { IsOptional } from 'class-validator';
import type { V1Affinity, V1Toleration, V1TopologySpreadConstraint } from '@kubernetes/client-node';
import type { PodSettings } from '../configuration.js';
import { OneOf, satisfies, TextLike } from '../constraints.js';
import { Shape, type ShapeFault } from '../shape.js';
import {
  affinitySchema,
  extendedResourcesSchema,
  nodeSelectorSchema,
  podAnnotationsSchema,
  podLabelsSchema,
  tolerationsSchema,
  topologySpreadSchema,
} from './kubernetes-schemas.js';

export const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The name of a Kubernetes object, or the empty text, which stands for none. */
export const NameOrNone = (): PropertyDecorator =>
  TextLike(new RegExp(`^$|${OBJECT_NAME.source}`), 'the name of a Kubernetes object');

type Toleration = V1Toleration & { readonly toleration_seconds?: number };

/** The keys for {@link PodSettings}: where and as what the pods of jobs run; `server.manager` and each processor have them. */
export class PodSettingsDefinition {
  @IsOptional()
  @Shape(nodeSelectorSchema)
  node_selector?: Record<string, string> | null;

  @IsOptional()
  @Shape(affinitySchema)
  affinity?: V1Affinity | null;

  @IsOptional()
  @Shape(tolerationsSchema)
  tolerations?: Toleration[] | null;

  @IsOptional()
  @Shape(topologySpreadSchema, repeatedConstraints)
  topology_spread_constraints?: V1TopologySpreadConstraint[] | null;

  @IsOptional()
  @NameOrNone()
  priority_class_name?: string | null;

  @IsOptional()
  @NameOrNone()
  runtime_class_name?: string | null;

  @IsOptional()
  @NameOrNone()
  scheduler_name?: string | null;

  @IsOptional()
  @NameOrNone()
  service_account_name?: string | null;

  /** Of containers that have none of their own. */
  @IsOptional()
  @OneOf(['Always', 'IfNotPresent', 'Never'])
  image_pull_policy?: string | null;

  /** One name, as the predecessor had it, or a list. */
  @IsOptional()
  @satisfies('secretNames', 'the name of a Kubernetes object, or a list of such names', (value) =>
    (Array.isArray(value) ? value : [value]).every((name) => typeof name === 'string' && OBJECT_NAME.test(name)),
  )
  image_pull_secrets?: string | string[] | null;

  /** Of the main container, request and limit. */
  @IsOptional()
  @Shape(extendedResourcesSchema)
  extended_resources?: Record<string, string | number> | null;

  @IsOptional()
  @Shape(podLabelsSchema)
  pod_labels?: Record<string, string> | null;

  @IsOptional()
  @Shape(podAnnotationsSchema)
  pod_annotations?: Record<string, string> | null;
}

/** Without the keys that are not set. */
export function toPodSettings(definition: PodSettingsDefinition): PodSettings {
  const secrets = definition.image_pull_secrets;
  const settings = {
    nodeSelector: definition.node_selector,
    affinity: definition.affinity,
    tolerations: definition.tolerations?.map(toToleration),
    topologySpreadConstraints: definition.topology_spread_constraints,
    priorityClassName: definition.priority_class_name,
    runtimeClassName: definition.runtime_class_name,
    schedulerName: definition.scheduler_name,
    serviceAccountName: definition.service_account_name,
    imagePullPolicy: definition.image_pull_policy,
    imagePullSecrets: typeof secrets === 'string' ? [secrets] : secrets,
    extendedResources:
      definition.extended_resources &&
      Object.fromEntries(Object.entries(definition.extended_resources).map(([name, count]) => [name, String(count)])),
    podLabels: definition.pod_labels,
    podAnnotations: definition.pod_annotations,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null));
}

function toToleration({ toleration_seconds: seconds, ...toleration }: Toleration): V1Toleration {
  return { ...toleration, ...(seconds === undefined ? {} : { tolerationSeconds: seconds }) };
}

/** The API server refuses two constraints of one topology and one answer to what cannot be satisfied. */
function repeatedConstraints(value: unknown): ShapeFault[] {
  const pairs = (value as V1TopologySpreadConstraint[]).map(
    ({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`,
  );
  return pairs.flatMap((pair, at) =>
    pairs.indexOf(pair) < at
      ? [
          {
            at: [String(at)],
            message: 'must differ from the constraints before it in topologyKey or whenUnsatisfiable',
          },
        ]
      : [],
  );
}
