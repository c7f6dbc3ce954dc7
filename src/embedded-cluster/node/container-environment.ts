import path from 'node:path';
import type { V1Container, V1EnvVarSource } from '@kubernetes/client-node';
import type { EmbeddedImage } from './images.js';
import type { KeyedData, Pod } from '../objects/kubernetes-object.js';
import type { ObjectRegistry } from '../objects/object-registry.js';
import type { Resource } from '../objects/resource.js';
import { configMaps, secrets } from '../objects/resources.js';

/** Why a container cannot be started, as its waiting state. */
export class Refusal extends Error {
  constructor(
    readonly reason: 'ErrImagePull' | 'CreateContainerConfigError' | 'CreateContainerError',
    message: string,
    /** Whether it passes by itself, once an object of the cluster is there, or room on the disk. */
    readonly mayPass = false,
  ) {
    super(message);
  }
}

/** `$(NAME)` of a known variable, `$$` for a dollar. https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
export function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (match === '$$') return '$';
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? '') : match;
  });
}

const TOOLS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A container's variables: nothing of this process, only those of the image, `envFrom` and `env`.
 * @throws Refusal where a ConfigMap, Secret or key is missing
 */
export function environmentOf(
  pod: Pod,
  container: V1Container,
  image: EmbeddedImage,
  registry: ObjectRegistry,
): Record<string, string> {
  const { namespace = '', name } = pod.metadata;
  const variables: Record<string, string> = {
    // Registered images may call the node that runs this cluster by its name.
    PATH: [
      ...(image.programs ?? []),
      ...(image.folder || image.entrypoint ? [path.dirname(process.execPath)] : []),
      TOOLS,
    ].join(':'),
    HOSTNAME: name,
    ...image.environment,
  };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const [resource, reference] = secretRef ? [secrets, secretRef] : [configMaps, configMapRef];
    if (!reference?.name) continue;
    const data = keyedData(registry, resource, namespace, reference.name, reference.optional ?? false);
    for (const [key, value] of Object.entries(data ?? {})) variables[prefix + key] = value;
  }
  for (const { name: variable, value, valueFrom } of container.env ?? []) {
    const text = valueFrom ? valueOf(valueFrom, pod, registry) : expanded(value ?? '', variables);
    if (text !== undefined) variables[variable] = text;
  }
  return variables;
}

function valueOf(source: V1EnvVarSource, pod: Pod, registry: ObjectRegistry): string | undefined {
  const { namespace = '' } = pod.metadata;
  if (source.fieldRef) return fieldOf(pod, source.fieldRef.fieldPath);
  const [resource, reference] = source.secretKeyRef
    ? [secrets, source.secretKeyRef]
    : [configMaps, source.configMapKeyRef];
  if (!reference?.name)
    throw new Refusal(
      'CreateContainerConfigError',
      'the embedded cluster knows no resourceFieldRef; use a real cluster',
    );
  const data = keyedData(registry, resource, namespace, reference.name, reference.optional ?? false);
  const value = data && Object.hasOwn(data, reference.key) ? data[reference.key] : undefined;
  if (value === undefined && !reference.optional) {
    throw new Refusal(
      'CreateContainerConfigError',
      `couldn't find key ${reference.key} in ${resource.kind} ${namespace}/${reference.name}`,
    );
  }
  return value;
}

function keyedData(
  registry: ObjectRegistry,
  resource: Resource<KeyedData>,
  namespace: string,
  name: string,
  optional: boolean,
): Record<string, string> | undefined {
  const object = registry.store.get(resource, namespace, name);
  if (!object) {
    if (optional) return undefined;
    throw new Refusal('CreateContainerConfigError', `${resource.singular} "${name}" not found`, true);
  }
  const entries = Object.entries(object.data ?? {});
  return Object.fromEntries(
    resource === secrets ? entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]) : entries,
  );
}

function fieldOf(pod: Pod, fieldPath: string): string {
  const { metadata, spec, status } = pod;
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (entry) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.nodeName': spec.nodeName,
    'spec.serviceAccountName': spec.serviceAccountName,
    'status.hostIP': status.hostIP,
    'status.hostIPs': status.hostIP,
    'status.podIP': status.podIP,
    'status.podIPs': status.podIP,
  };
  if (!Object.hasOwn(fields, fieldPath))
    throw new Refusal('CreateContainerConfigError', `unsupported fieldPath: ${fieldPath}`);
  return fields[fieldPath] ?? '';
}
