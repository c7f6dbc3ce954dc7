import type { V1Container, V1EnvVar, V1PodSpec, V1ResourceRequirements, V1Volume } from '@kubernetes/client-node';
import type { EnvironmentVariable, PodDefinition, ResourcesDefinition, StorageDefinition } from './pod-definition.js';

/** What differs between the processors that run one image. */
export interface MainContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/**
 * The pod of a definition: its main container, the init containers as the definition has them, its volumes. The processes of the containers see
 * each other (`shareProcessNamespace`), and services of the namespace are not put into the environment, as with the predecessor. Where and as what it runs (node selector,
 * tolerations, pull secrets and their like) the server adds to whatever pod a processor makes.
 */
export function makePodSpec(definition: PodDefinition, main: MainContainer): V1PodSpec {
  const { storage, init_containers: initContainers } = definition;
  return {
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    enableServiceLinks: false,
    ...(storage?.length ? { volumes: storage.map(makeVolume) } : {}),
    ...(initContainers?.length ? { initContainers: structuredClone(initContainers) } : {}),
    containers: [makeMainContainer(definition, main)],
  };
}

function makeMainContainer({ env, resources, storage }: PodDefinition, main: MainContainer): V1Container {
  return {
    name: main.name,
    image: main.image,
    ...(main.command ? { command: [...main.command] } : {}),
    ...(main.args ? { args: [...main.args] } : {}),
    ...(env?.length ? { env: env.map(makeVariable) } : {}),
    ...(resources ? { resources: makeResources(resources) } : {}),
    ...(storage?.length
      ? { volumeMounts: storage.map(({ name, mount_path: mountPath }) => ({ name, mountPath })) }
      : {}),
  };
}

function makeVariable({ name, value, secret_name: secret, secret_key: key }: EnvironmentVariable): V1EnvVar {
  if (secret && key) return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
  if (typeof value === 'boolean') return { name, value: value ? 'True' : 'False' };
  return { name, value: String(value) };
}

function makeResources({ requests, limits }: ResourcesDefinition): V1ResourceRequirements {
  return { ...(requests ? { requests: texts(requests) } : {}), ...(limits ? { limits: texts(limits) } : {}) };
}

function texts(quantities: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([resource, quantity]) => [resource, String(quantity)]));
}

function makeVolume({
  name,
  persistent_volume_claim_name: claimName,
  empty_dir: emptyDir,
}: StorageDefinition): V1Volume {
  if (claimName) return { name, persistentVolumeClaim: { claimName } };
  const { size_limit: sizeLimit, medium } = emptyDir ?? {};
  return {
    name,
    emptyDir: {
      ...(sizeLimit !== undefined && sizeLimit !== null ? { sizeLimit: String(sizeLimit) } : {}),
      ...(medium ? { medium } : {}),
    },
  };
}
