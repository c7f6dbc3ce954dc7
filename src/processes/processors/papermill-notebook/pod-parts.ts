import type { V1Container, V1EnvFromSource, V1Volume, V1VolumeMount } from '@kubernetes/client-node';

/** What one key of the definition adds to a pod. */
export interface PodParts {
  readonly volumes?: readonly V1Volume[];
  /** Of the main container. */
  readonly volumeMounts?: readonly V1VolumeMount[];
  /** Of the main container. */
  readonly envFrom?: readonly V1EnvFromSource[];
  readonly initContainers?: readonly V1Container[];
}

export interface CombinedParts extends PodParts {
  readonly volumes: V1Volume[];
  readonly volumeMounts: V1VolumeMount[];
  readonly envFrom: V1EnvFromSource[];
  readonly initContainers: V1Container[];
}

/** All parts, in their order. */
export function combine(parts: readonly PodParts[]): CombinedParts {
  return {
    volumes: parts.flatMap(({ volumes = [] }) => volumes),
    volumeMounts: parts.flatMap(({ volumeMounts = [] }) => volumeMounts),
    envFrom: parts.flatMap(({ envFrom = [] }) => envFrom),
    initContainers: parts.flatMap(({ initContainers = [] }) => initContainers),
  };
}

/** The members that hold something. */
export function withoutEmpty<T extends object>(lists: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(lists).filter(([, list]) => !Array.isArray(list) || list.length > 0),
  ) as Partial<T>;
}
