import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { KubernetesObject, V1ObjectMeta } from '@kubernetes/client-node';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { ObjectClient } from '../k8s/client/object-client.js';
import { kindOf, ownershipOf, toChildRecord, type ChildRecord, type ChildResource } from './child-record.js';
import type { Instance } from './instance.js';
import { instanceKey, ownAnnotations } from './names.js';
import { VisualisationCache } from './visualisation-cache.js';

/** An object of the name that an instance needs is not the instance's. It is left alone. */
export class NameTakenError extends Error {
  constructor(
    kind: string,
    name: string,
    /** It belonged to an instance of this name that was deleted, and goes. */
    readonly isFormer: boolean,
    owner: string,
  ) {
    super(
      isFormer
        ? `The ${kind} ${name} of a former instance of this name is still there; it is made anew once it is gone.`
        : `There is ${/^[AEIOH]/.test(kind) ? 'an' : 'a'} ${kind} ${name} already, which belongs to ${owner}. ` +
            'It is left alone: delete it, or choose another name.',
    );
    this.name = 'NameTakenError';
  }
}

interface WrittenObject {
  readonly uid: string | undefined;
  readonly version: string;
  readonly wanted: string;
}

/** How often one pass tries again at once where somebody else has written meanwhile. */
const MOST_TRIES = 4;

/** Makes the objects of instances, puts right what differs from what they should be, and takes away what they no longer have. */
@Injectable()
export class ChildWriter {
  /** What the last write of each object left behind, by instance: as long as the object is that, there is nothing to write. */
  private readonly written = new Map<string, Map<ChildResource, WrittenObject>>();
  /** What instances are known not to have any more, with or without the labels by which the cache sees it. */
  private readonly removed = new Map<string, Set<ChildResource>>();

  constructor(
    private readonly client: ObjectClient,
    private readonly cache: VisualisationCache,
  ) {}

  /**
   * @param wanted the whole object; what it does not say shall have the API's default
   * @throws NameTakenError, KubernetesError
   */
  async ensure<T extends KubernetesObject>(
    resource: ChildResource,
    wanted: T,
    instance: Instance,
  ): Promise<'created' | 'changed' | 'unchanged'> {
    const key = instanceKey(instance.namespace, instance.name);
    let current = this.cache.child(resource, key);
    for (let tries = 1; ; tries += 1) {
      try {
        if (!current) {
          this.took(resource, key, await this.client.create(resource, wanted), wanted);
          return 'created';
        }
        this.checkOwner(resource, current, instance);
        if (this.isAsWritten(resource, key, current, wanted)) return 'unchanged';
        const replaced = await this.client.replace(resource, {
          ...wanted,
          metadata: mergeMetadata(current.metadata, wanted.metadata ?? {}),
        });
        this.took(resource, key, replaced, wanted);
        return replaced.metadata?.resourceVersion === current.metadata.resourceVersion ? 'unchanged' : 'changed';
      } catch (error) {
        if (tries >= MOST_TRIES || !isOutdated(error)) throw error;
        current = await this.actual(resource, instance);
      }
    }
  }

  /**
   * Takes an object away that the instance no longer has; another's is left alone.
   * @returns `unchanged`: there was none
   * @throws KubernetesError
   */
  async remove(resource: ChildResource, instance: Instance): Promise<'removed' | 'unchanged'> {
    const { namespace, name } = instance;
    const key = instanceKey(namespace, name);
    this.written.get(key)?.delete(resource);
    const removed = this.removed.get(key) ?? new Set<ChildResource>();
    // What the predecessor made has no labels.
    const unseen = async () => (removed.has(resource) ? undefined : this.actual(resource, instance));
    const current = this.cache.child(resource, key) ?? (await unseen());
    const { uid, deletionTimestamp } = current?.metadata ?? {};
    const isOwn = current && !deletionTimestamp && ownershipOf(current, instance).whose === 'own';
    const isRemoved = isOwn && uid !== undefined && (await this.client.delete(resource, { namespace, name, uid }));
    this.removed.set(key, removed.add(resource));
    return isRemoved ? 'removed' : 'unchanged';
  }

  private async actual(resource: ChildResource, { namespace, name }: Instance): Promise<ChildRecord | undefined> {
    const actual = await this.client.get(resource, namespace, name);
    return actual && toChildRecord(actual);
  }

  private took(resource: ChildResource, key: string, object: KubernetesObject, wanted: KubernetesObject): void {
    const { uid } = object.metadata ?? {};
    const ofInstance = this.written.get(key) ?? new Map<ChildResource, WrittenObject>();
    const version = versionOf(object.metadata ?? {});
    this.written.set(key, ofInstance.set(resource, { uid, version, wanted: JSON.stringify(wanted) }));
    this.cache.observeChild(resource, key, object);
  }

  /** Forgets what it knows of an instance's objects. */
  forget(key: string): void {
    this.written.delete(key);
    this.removed.delete(key);
  }

  private checkOwner(resource: ChildResource, current: ChildRecord, instance: Instance): void {
    const ownership = ownershipOf(current, instance);
    if (ownership.whose === 'own' && current.metadata.deletionTimestamp === undefined) return;
    const owner = ownership.whose === 'foreign' ? ownership.owner : '';
    throw new NameTakenError(kindOf[resource], instance.name, ownership.whose !== 'foreign', owner);
  }

  /** The specification is known by its version; labels, annotations and owners, which do not count in a generation, are compared. */
  private isAsWritten(
    resource: ChildResource,
    key: string,
    { metadata }: ChildRecord,
    wanted: KubernetesObject,
  ): boolean {
    const written = this.written.get(key)?.get(resource);
    if (!written || written.uid !== metadata.uid || written.version !== versionOf(metadata)) return false;
    if (written.wanted !== JSON.stringify(wanted)) return false;
    const merged = mergeMetadata(metadata, wanted.metadata ?? {});
    return (['labels', 'annotations', 'ownerReferences'] as const).every((part) =>
      isDeepStrictEqual(merged[part] ?? {}, metadata[part] ?? {}),
    );
  }
}

/** Rises when the specification is changed; a Service has no generation. */
function versionOf({ generation, resourceVersion }: V1ObjectMeta): string {
  return generation === undefined ? `version ${resourceVersion}` : `generation ${generation}`;
}

/** What the object has, with what it shall have over it. Others' labels, annotations, owners and finalizers stay; own annotations that are not wanted go. */
function mergeMetadata(current: V1ObjectMeta, wanted: V1ObjectMeta): V1ObjectMeta {
  const foreign = Object.entries(current.annotations ?? {}).filter(([key]) => !ownAnnotations.includes(key));
  const wantedUids = wanted.ownerReferences?.map(({ uid }) => uid) ?? [];
  const { name, namespace, uid, resourceVersion, finalizers } = current;
  const annotations = { ...Object.fromEntries(foreign), ...wanted.annotations };
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    ...(finalizers ? { finalizers } : {}),
    labels: { ...current.labels, ...wanted.labels },
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    ownerReferences: [
      ...(current.ownerReferences ?? []).filter((reference) => !wantedUids.includes(reference.uid)),
      ...(wanted.ownerReferences ?? []),
    ],
  };
}

function isOutdated(error: unknown): boolean {
  return error instanceof KubernetesError && ['conflict', 'already-exists', 'not-found'].includes(error.failure);
}
