import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  alreadyExists,
  ApiError,
  badRequest,
  cause,
  conflict,
  invalid,
  MODIFIED_MEANWHILE,
  notFound,
} from './api-error.js';
import { copyOf, timestamp, type Draft, type KubeObject, type ObjectMeta } from './kubernetes-object.js';
import { generatedName } from './names.js';
import { groupVersion, type Resource } from './resource.js';
import { metadataCauses } from './object-metadata.js';
import { namespaces } from './resources.js';
import type { VersionedStore } from './versioned-store.js';

/** etcd's limit of a request. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** What an update may change: `spec` all but the status, `status` the status alone, `all` both (the cluster's own controllers). */
export type UpdateScope = 'spec' | 'status' | 'all';

/** The rules of the API server's registry: what it fills in, refuses and keeps, and how objects go. */
export class ObjectRegistry {
  constructor(readonly store: VersionedStore) {}

  /** @throws ApiError 404 */
  require<T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, name: string): T {
    const object = this.store.get(resource, namespace, name);
    if (!object) throw notFound(resource, name);
    return object;
  }

  /** @throws ApiError 400, 404 (no such namespace), 409 (exists), 422 */
  create<T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, draft: Draft<T>): T {
    const { metadata } = draft;
    if (resource.namespaced) {
      if ((metadata.namespace ?? namespace) !== namespace) {
        throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
      }
      if (!this.store.get(namespaces, undefined, namespace ?? '')) throw notFound(namespaces, namespace ?? '');
    }
    const generated: ObjectMeta = {
      ...fromClient(metadata),
      name: metadata.name || (metadata.generateName ? generatedName(metadata.generateName) : ''),
      ...(resource.namespaced && { namespace }),
      uid: randomUUID(),
      resourceVersion: '',
      ...(resource.statusSubresource && { generation: 1 }),
      creationTimestamp: timestamp(),
    };
    const prepared = { ...draft, metadata: generated };
    resource.prepare?.(prepared);
    const object = inOrder(resource, prepared as unknown as T);
    if (resource.virtual) return object;
    this.check(resource, object, resource.validate?.(object));
    if (this.store.get(resource, namespace, object.metadata.name)) throw alreadyExists(resource, object.metadata.name);
    return this.store.put(resource, object);
  }

  /**
   * Changes an object: `change` gets a copy to write on, or returns another. Nothing is stored where nothing changed. An object whose deletion
   * waits for its finalizers goes with the last of them.
   * @throws ApiError 404, 409 (the copy's resource version or uid is another), 422
   */
  update<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string | undefined,
    name: string,
    change: (draft: T) => T | void,
    scope: UpdateScope = 'all',
  ): T {
    const current = this.require(resource, namespace, name);
    const draft = copyOf(current);
    const changed = change(draft) ?? draft;
    const { uid, resourceVersion } = changed.metadata;
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion)
      throw conflict(resource, name, MODIFIED_MEANWHILE);
    if (uid && uid !== current.metadata.uid) {
      throw invalid(resource, name, [cause.invalid('metadata.uid', uid, 'field is immutable')]);
    }
    const next = inOrder(resource, {
      ...changed,
      metadata: { ...fromClient(changed.metadata), ...fixedOf(current.metadata) },
      ...(resource.statusSubresource && scope === 'spec' && { status: current.status }),
    });
    const result =
      scope === 'status' ? inOrder(resource, { ...current, metadata: next.metadata, status: next.status }) : next;
    if (isDeepStrictEqual(result, current)) return current;
    if (scope === 'spec' && resource.statusSubresource && !isDeepStrictEqual(result.spec, current.spec))
      result.metadata.generation = (current.metadata.generation ?? 0) + 1;
    this.check(resource, result, this.updateCauses(resource, result, current, scope));
    return isReleased(result.metadata) ? this.store.remove(resource, result) : this.store.put(resource, result);
  }

  /**
   * Deletes an object, or marks it as being deleted where finalizers or a grace period hold it.
   * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
   * @returns the object as it is now (or was last), and whether it is gone
   * @throws ApiError 404, 409 (a precondition does not hold)
   */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): { object: T; gone: boolean } {
    const current = this.require(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    const { metadata } = current;
    if (uid !== undefined && uid !== metadata.uid) {
      throw conflict(
        resource,
        name,
        `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
      throw conflict(
        resource,
        name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      );
    }
    const next = inOrder(resource, { ...copyOf(current) });
    const finalizers = finalizersAfter(
      metadata.finalizers ?? [],
      policyOf(resource, options),
      metadata.deletionTimestamp !== undefined,
    );
    if (finalizers.length > 0) next.metadata.finalizers = finalizers;
    const wanted = resource.gracePeriod?.(current, options.gracePeriodSeconds) ?? 0;
    const grace = Math.min(wanted, metadata.deletionGracePeriodSeconds ?? Infinity);
    if (metadata.deletionTimestamp === undefined || grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
      next.metadata.deletionTimestamp = timestamp(new Date(Date.now() + grace * 1000));
      next.metadata.deletionGracePeriodSeconds = grace;
      if (metadata.generation !== undefined && metadata.deletionTimestamp === undefined)
        next.metadata.generation = metadata.generation + 1;
    }
    if (isReleased(next.metadata)) return { object: this.store.remove(resource, next), gone: true };
    if (isDeepStrictEqual(next, current)) return { object: current, gone: false };
    return { object: this.store.put(resource, next), gone: false };
  }

  private updateCauses<T extends KubeObject>(
    resource: Resource<T>,
    next: T,
    current: T,
    scope: UpdateScope,
  ): ReturnType<typeof metadataCauses> {
    const added = (next.metadata.finalizers ?? []).filter((each) => !current.metadata.finalizers?.includes(each));
    const late = current.metadata.deletionTimestamp !== undefined && added.length > 0;
    return [
      ...(late
        ? [
            cause.forbidden(
              'metadata.finalizers',
              `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
            ),
          ]
        : []),
      ...(scope === 'spec'
        ? [...(resource.validate?.(next) ?? []), ...(resource.validateUpdate?.(next, current) ?? [])]
        : []),
    ];
  }

  private check<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    causes: ReturnType<typeof metadataCauses> = [],
  ): void {
    const all = [...metadataCauses(object), ...causes];
    if (all.length > 0) throw invalid(resource, object.metadata.name, all);
    const bytes = Buffer.byteLength(JSON.stringify(object));
    if (bytes > MAX_OBJECT_BYTES) {
      const message = `etcdserver: request is too large (${bytes} bytes, at most ${MAX_OBJECT_BYTES})`;
      // The real API server answers 500 for most resources, but 422 for Jobs.
      if (resource.kind === 'Job')
        throw new ApiError(
          422,
          'Invalid',
          `${resource.kind}.${resource.group} "${object.metadata.name}" is invalid: ${message}`,
          { name: object.metadata.name, group: resource.group, kind: resource.kind },
        );
      throw new ApiError(500, undefined, message);
    }
  }
}

/** The fields of metadata that clients own. */
function fromClient(metadata: Partial<ObjectMeta>): Partial<ObjectMeta> {
  const { name, generateName, labels, annotations, finalizers, ownerReferences } = metadata;
  const owned = { name, generateName, labels, annotations, finalizers, ownerReferences };
  return Object.fromEntries(
    Object.entries(owned).filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** The fields of metadata that no update changes. */
function fixedOf(metadata: ObjectMeta): ObjectMeta {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...fixed } = metadata;
  return fixed;
}

function isReleased({ deletionTimestamp, deletionGracePeriodSeconds, finalizers }: ObjectMeta): boolean {
  return deletionTimestamp !== undefined && !deletionGracePeriodSeconds && !finalizers?.length;
}

function policyOf(
  resource: Resource<never>,
  { propagationPolicy, orphanDependents }: DeleteOptions,
): PropagationPolicy {
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background';
  return propagationPolicy ?? resource.defaultPropagation;
}

function finalizersAfter(finalizers: readonly string[], policy: PropagationPolicy, deleting: boolean): string[] {
  const own = finalizers.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion');
  if (deleting && policy !== 'Foreground') return [...finalizers];
  if (policy === 'Foreground') return [...own, 'foregroundDeletion'];
  return policy === 'Orphan' ? [...own, 'orphan'] : own;
}

/** The fields in the order of the API's own JSON: type, metadata, then the rest. */
function inOrder<T extends KubeObject>(resource: Resource<T>, object: T): T {
  const { apiVersion: _version, kind: _kind, metadata, status, ...rest } = object;
  const { name, generateName, namespace, uid, resourceVersion, ...others } = metadata;
  const ordered = {
    kind: resource.kind,
    apiVersion: groupVersion(resource as Resource),
    metadata: {
      name,
      ...(generateName !== undefined && { generateName }),
      ...(namespace !== undefined && { namespace }),
      uid,
      resourceVersion,
      ...others,
    },
    ...rest,
  };
  return { ...ordered, ...(status !== undefined && { status }) } as unknown as T;
}
