import { isDeepStrictEqual } from 'node:util';
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

/** All parts, in their order. A claim that several of them name is one volume: the kubelet does not mount it twice in one pod. */
export function combine(parts: readonly PodParts[]): CombinedParts {
  const all = parts.flatMap(({ volumes = [] }) => volumes);
  const firstOf = (volume: V1Volume): V1Volume =>
    all.find((other) => isDeepStrictEqual(claimOf(other), claimOf(volume))) ?? volume;
  const names = new Map(all.filter(claimOf).map((volume) => [volume.name, firstOf(volume).name]));
  return {
    volumes: all.filter(({ name }) => (names.get(name) ?? name) === name),
    volumeMounts: parts
      .flatMap(({ volumeMounts = [] }) => volumeMounts)
      .map((mount) => ({ ...mount, name: names.get(mount.name) ?? mount.name })),
    envFrom: parts.flatMap(({ envFrom = [] }) => envFrom),
    initContainers: parts.flatMap(({ initContainers = [] }) => initContainers),
  };
}

function claimOf({ persistentVolumeClaim: claim }: V1Volume): object | undefined {
  return claim && { claimName: claim.claimName, readOnly: claim.readOnly ?? false };
}

/** The members that hold something. */
export function withoutEmpty<T extends object>(lists: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(lists).filter(([, list]) => !Array.isArray(list) || list.length > 0),
  ) as Partial<T>;
}
