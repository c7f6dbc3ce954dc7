import type { Cause } from './api-error.js';
import type { Draft, KubeObject } from './kubernetes-object.js';

/** What the API server knows of one resource. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Whether status is written through `/status` only. */
  readonly statusSubresource?: boolean;
  /** Reviews are answered, not stored. */
  readonly virtual?: boolean;
  /** Fields besides metadata.name and metadata.namespace that a field selector may name. */
  readonly selectableFields?: readonly string[];
  /** What happens to dependents when a DELETE does not say. */
  readonly defaultPropagation: 'Background' | 'Orphan';
  /** Whether DELETE answers the object instead of a Status. */
  readonly answersDeleted?: boolean;
  /** Fills in what the API server fills in. */
  prepare?(object: Draft<T>): void;
  validate?(object: T): Cause[];
  validateUpdate?(next: T, previous: T): Cause[];
  /** Seconds that the object is given to end; absent: it goes at once. */
  gracePeriod?(object: T, requested: number | undefined): number;
}

export function groupVersion(resource: Resource): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

/** `jobs.batch`, `pods`. */
export function resourceId(resource: Resource): string {
  return resource.group ? `${resource.plural}.${resource.group}` : resource.plural;
}
