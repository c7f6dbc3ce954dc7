import { isDeepStrictEqual } from 'node:util';
import type {
  V1Affinity,
  V1Container,
  V1NodeSelector,
  V1NodeSelectorTerm,
  V1PodSpec,
  V1TopologySpreadConstraint,
} from '@kubernetes/client-node';
import type { PodSettings } from '../../config/configuration.js';

/** What of the configuration concerns the pods of one process. */
export interface PodSettingsLayers {
  /** The process's own: they stand over what its processor makes. */
  readonly own: PodSettings;
  /** Those for all processes: they stand beneath it. */
  readonly defaults: PodSettings;
}

/**
 * The pod with the settings of the configuration. Each key of the process stands in place of the default of that name, whole. What the processor's code asks for
 * itself is kept beside lists, and in the affinity, for both are to hold; in a name or a quantity the process's key stands over it, and it over a default. The arguments are left unchanged.
 * @param mainContainerName the container that gets the extended resources
 */
export function withPodSettings(
  podSpec: V1PodSpec,
  { own, defaults }: PodSettingsLayers,
  mainContainerName: string,
): V1PodSpec {
  const settings: PodSettings = { ...defaults, ...own };
  const name = (key: 'priorityClassName' | 'runtimeClassName' | 'schedulerName' | 'serviceAccountName') =>
    (own[key] ?? podSpec[key] ?? defaults[key]) || undefined;
  const members = {
    nodeSelector: { ...(own.nodeSelector ? {} : defaults.nodeSelector), ...podSpec.nodeSelector, ...own.nodeSelector },
    affinity: bothAffinities(podSpec.affinity, settings.affinity),
    tolerations: union(settings.tolerations, podSpec.tolerations),
    topologySpreadConstraints: spreadConstraints(podSpec, settings),
    priorityClassName: name('priorityClassName'),
    runtimeClassName: name('runtimeClassName'),
    schedulerName: name('schedulerName'),
    serviceAccountName: name('serviceAccountName'),
    imagePullSecrets: union(
      settings.imagePullSecrets?.map((secret) => ({ name: secret })),
      podSpec.imagePullSecrets,
    ),
  };
  const withContainerSettings = (container: V1Container): V1Container => ({
    ...container,
    ...(settings.imagePullPolicy && !container.imagePullPolicy ? { imagePullPolicy: settings.imagePullPolicy } : {}),
  });
  const { initContainers, containers } = podSpec;
  const replaced = Object.fromEntries(Object.entries(podSpec).filter(([key]) => !(key in members))) as V1PodSpec;
  const set = Object.entries(members).filter(([, value]) => holdsSomething(value));
  return {
    ...replaced,
    // A copy costs several microseconds, even of nothing.
    ...(set.length > 0 ? structuredClone(Object.fromEntries(set)) : {}),
    ...(initContainers ? { initContainers: initContainers.map(withContainerSettings) } : {}),
    containers: containers.map((container) =>
      withContainerSettings(
        container.name === mainContainerName ? withExtendedResources(container, own, defaults) : container,
      ),
    ),
  };
}

function holdsSomething(value: object | string | undefined): boolean {
  return typeof value === 'object' ? Object.keys(value).length > 0 : value !== undefined;
}

/** The first list and what else the second holds. */
function union<T>(first: readonly T[] = [], second: readonly T[] = []): T[] {
  return [...first, ...second.filter((item) => !first.some((other) => isDeepStrictEqual(item, other)))];
}

/** Kubernetes takes one constraint for each topology and answer to what cannot be satisfied. */
function spreadConstraints(podSpec: V1PodSpec, settings: PodSettings): V1TopologySpreadConstraint[] {
  const configured = settings.topologySpreadConstraints ?? [];
  const isConfigured = ({ topologyKey, whenUnsatisfiable }: V1TopologySpreadConstraint) =>
    configured.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
  return [...configured, ...(podSpec.topologySpreadConstraints ?? []).filter((each) => !isConfigured(each))];
}

/** Kubernetes asks that the request of an extended resource equal its limit. */
function withExtendedResources(container: V1Container, own: PodSettings, defaults: PodSettings): V1Container {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const isSet = (resource: string) => resource in requests || resource in limits;
  const added =
    own.extendedResources ??
    Object.fromEntries(Object.entries(defaults.extendedResources ?? {}).filter(([resource]) => !isSet(resource)));
  if (Object.keys(added).length === 0) return container;
  return {
    ...container,
    resources: { ...container.resources, requests: { ...requests, ...added }, limits: { ...limits, ...added } },
  };
}

/** The affinity that asks for what both ask for. */
function bothAffinities(one: V1Affinity | undefined, other: V1Affinity | undefined): V1Affinity | undefined {
  if (!one || !other) return one ?? other;
  const members = {
    nodeAffinity: joined(one.nodeAffinity, other.nodeAffinity, bothNodeSelectors),
    podAffinity: joined(one.podAffinity, other.podAffinity, concatenated),
    podAntiAffinity: joined(one.podAntiAffinity, other.podAntiAffinity, concatenated),
  };
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

interface Rules<Required, Preferred> {
  requiredDuringSchedulingIgnoredDuringExecution?: Required;
  preferredDuringSchedulingIgnoredDuringExecution?: Preferred[];
}

/** @param both makes what asks for two requirements at once */
function joined<Required, Preferred>(
  one: Rules<Required, Preferred> | undefined,
  other: Rules<Required, Preferred> | undefined,
  both: (one: Required, other: Required) => Required,
): Rules<Required, Preferred> | undefined {
  if (!one || !other) return one ?? other;
  const [first, second] = [one, other].map((rules) => rules.requiredDuringSchedulingIgnoredDuringExecution);
  const required = first && second ? both(first, second) : (first ?? second);
  const preferred = [one, other].flatMap((rules) => rules.preferredDuringSchedulingIgnoredDuringExecution ?? []);
  return {
    ...(required === undefined ? {} : { requiredDuringSchedulingIgnoredDuringExecution: required }),
    ...(preferred.length > 0 ? { preferredDuringSchedulingIgnoredDuringExecution: preferred } : {}),
  };
}

function concatenated<T>(one: readonly T[], other: readonly T[]): T[] {
  return [...one, ...other];
}

/** Of the terms of a selector one must hold, so that each is joined with each of the other. */
function bothNodeSelectors(one: V1NodeSelector, other: V1NodeSelector): V1NodeSelector {
  return {
    nodeSelectorTerms: one.nodeSelectorTerms.flatMap((first) =>
      other.nodeSelectorTerms.map((second) => bothTerms(first, second)),
    ),
  };
}

function bothTerms(one: V1NodeSelectorTerm, other: V1NodeSelectorTerm): V1NodeSelectorTerm {
  const matchExpressions = [...(one.matchExpressions ?? []), ...(other.matchExpressions ?? [])];
  const matchFields = [...(one.matchFields ?? []), ...(other.matchFields ?? [])];
  return {
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(matchFields.length > 0 ? { matchFields } : {}),
  };
}
