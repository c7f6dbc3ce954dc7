import type { KubernetesObject } from '@kubernetes/client-node';
import { patched } from '../../embedded-cluster/api/patches.js';
import type { Resource } from '../client/api-paths.js';
import { KubernetesError } from '../client/kubernetes-error.js';
import { copy } from './fake-informer.js';

/** The client's. */
export const NAMESPACE = 'default';

export type AnyObject = KubernetesObject & { readonly spec?: unknown; readonly status?: unknown };

/** The objects of a cluster in memory: each write gives a new resourceVersion, and one that is conditional may meet a conflict. */
export class FakeObjects {
  private readonly byResource = new Map<Resource, Map<string, AnyObject>>();
  private version = 10;

  /**
   * Those of one resource, by name, or by `NAMESPACE/NAME` in another namespace than the client's. What is set here nobody
   * is told of, and it keeps its version.
   */
  of<T extends AnyObject>(resource: Resource): Map<string, T> {
    const objects = this.byResource.get(resource) ?? new Map<string, AnyObject>();
    this.byResource.set(resource, objects);
    return objects as Map<string, T>;
  }

  *values(): Iterable<AnyObject> {
    for (const objects of this.byResource.values()) yield* objects.values();
  }

  find<T extends AnyObject>(resource: Resource, metadata: KubernetesObject['metadata']): T | undefined {
    return this.of<T>(resource).get(keyOf(metadata));
  }

  put<T extends AnyObject>(resource: Resource, object: T): T {
    const stored = copy({ ...object, metadata: { ...object.metadata, resourceVersion: this.nextVersion() } });
    this.of<T>(resource).set(keyOf(stored.metadata), stored);
    return stored;
  }

  /** @returns whether it was there */
  delete(resource: Resource, metadata: KubernetesObject['metadata']): boolean {
    return this.of(resource).delete(keyOf(metadata));
  }

  nextVersion(): string {
    this.version += 1;
    return String(this.version);
  }

  /**
   * The object, for a write that asks for it. @throws KubernetesError `not-found`; `conflict` where it is another, or of
   * another version, than is asked for
   */
  current<T extends AnyObject>(resource: Resource, metadata: KubernetesObject['metadata']): T {
    const found = this.find<T>(resource, metadata);
    if (!found) throw new KubernetesError('not-found', 'it is gone', 404);
    const { uid, resourceVersion } = found.metadata ?? {};
    if (metadata?.uid !== undefined && metadata.uid !== uid)
      throw new KubernetesError('conflict', 'it is another', 409);
    if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== resourceVersion)
      throw new KubernetesError('conflict', 'it has been modified', 409);
    return found;
  }
}

/** RFC 7386 */
export function merged<T extends AnyObject>(target: T, patch: object): T {
  return patched(copy(target) as Record<string, unknown>, copy(patch), 'application/merge-patch+json') as T;
}

function keyOf(metadata: KubernetesObject['metadata']): string {
  const { namespace, name = '' } = metadata ?? {};
  return namespace === undefined || namespace === NAMESPACE ? name : `${namespace}/${name}`;
}
