import { cause, type Cause } from './api-error.js';
import type { KubeObject } from './kubernetes-object.js';
import { subdomainCauses } from './names.js';

const MAX_ANNOTATIONS = 256 * 1024;

/** What holds for the metadata of every object. */
export function metadataCauses({ metadata }: KubeObject): Cause[] {
  const causes = metadata.name ? subdomainCauses('metadata.name', metadata.name) : [];
  if (!metadata.name) causes.push(cause.required('metadata.name', 'name or generateName is required'));
  for (const field of ['labels', 'annotations'] as const) {
    for (const [key, value] of Object.entries(metadata[field] ?? {})) {
      if (typeof value !== 'string') causes.push(cause.invalid(`metadata.${field}[${key}]`, value, 'must be a string'));
    }
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) || value.length > 63) {
      causes.push(
        cause.invalid(
          `metadata.labels[${key}]`,
          value,
          "a valid label must be an empty string or consist of at most 63 alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        ),
      );
    }
  }
  const size = Object.entries(metadata.annotations ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(`${key}${value}`),
    0,
  );
  if (size > MAX_ANNOTATIONS) causes.push(cause.tooLong('metadata.annotations', MAX_ANNOTATIONS));
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries()) {
    if (!owner.uid) causes.push(cause.required(`metadata.ownerReferences[${index}].uid`, 'uid must not be empty'));
  }
  return causes;
}
