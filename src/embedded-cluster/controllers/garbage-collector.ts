import { keyOf, type KubeObject } from '../objects/kubernetes-object.js';
import { KeyedQueue } from '../objects/keyed-queue.js';
import type { ObjectRegistry } from '../objects/object-registry.js';
import type { Resource } from '../objects/resource.js';
import type { Change } from '../objects/versioned-store.js';

interface Located {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/**
 * Owner-reference garbage collection: dependents go when their last owner is gone; the `foregroundDeletion` finalizer is taken off when the
 * dependents are gone, `orphan` when they no longer name the owner.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export class GarbageCollector {
  private readonly byUid = new Map<string, Located>();
  /** Uid of an owner (which may be gone) to the uids of the objects that name it. */
  private readonly dependents = new Map<string, Set<string>>();
  private readonly queue: KeyedQueue;
  private readonly unsubscribe: (() => void)[] = [];

  constructor(
    private readonly registry: ObjectRegistry,
    resources: readonly Resource[],
    onError: (key: string, error: unknown) => void,
  ) {
    this.queue = new KeyedQueue((uid) => this.collect(uid), onError);
    for (const resource of resources) {
      for (const object of registry.store.list(resource)) this.observe(resource, { object });
      this.unsubscribe.push(registry.store.subscribe(resource, (change) => this.observe(resource, change)));
    }
  }

  stop(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    this.queue.stop();
  }

  private observe(resource: Resource, { type, object, previous }: Pick<Change, 'object'> & Partial<Change>): void {
    const { uid, ownerReferences = [], deletionTimestamp } = object.metadata;
    if (previous?.metadata.ownerReferences !== undefined || type === 'DELETED') {
      for (const owner of previous?.metadata.ownerReferences ?? ownerReferences) this.unlink(owner.uid, uid);
    }
    if (type === 'DELETED') {
      this.byUid.delete(uid);
      for (const dependent of this.dependents.get(uid) ?? []) this.queue.add(dependent);
    } else {
      this.byUid.set(uid, { resource, object });
      for (const owner of ownerReferences) this.link(owner.uid, uid);
      if (deletionTimestamp !== undefined || (type !== 'MODIFIED' && ownerReferences.length > 0)) this.queue.add(uid);
    }
    for (const owner of previous?.metadata.ownerReferences ?? ownerReferences) {
      if (this.byUid.get(owner.uid)?.object.metadata.deletionTimestamp !== undefined) this.queue.add(owner.uid);
    }
  }

  private link(owner: string, dependent: string): void {
    const set = this.dependents.get(owner);
    if (set) set.add(dependent);
    else this.dependents.set(owner, new Set([dependent]));
  }

  private unlink(owner: string, dependent: string): void {
    const set = this.dependents.get(owner);
    set?.delete(dependent);
    if (set?.size === 0) this.dependents.delete(owner);
  }

  private collect(uid: string): undefined {
    const located = this.byUid.get(uid);
    if (!located) return;
    const { object } = located;
    const { ownerReferences = [], deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes('orphan')) this.orphan(located);
      else if (finalizers.includes('foregroundDeletion')) this.deleteInForeground(located);
    } else if (ownerReferences.length > 0 && !ownerReferences.some((owner) => this.byUid.has(owner.uid))) {
      this.delete(located, 'Background');
    }
  }

  private orphan(owner: Located): void {
    const { uid } = owner.object.metadata;
    for (const dependent of this.dependentsOf(uid)) {
      this.change(dependent, ({ metadata }) => {
        metadata.ownerReferences = metadata.ownerReferences?.filter((reference) => reference.uid !== uid);
      });
    }
    this.removeFinalizer(owner, 'orphan');
  }

  private deleteInForeground(owner: Located): void {
    const { uid } = owner.object.metadata;
    const blocking = this.dependentsOf(uid).filter(({ object }) =>
      object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
    );
    if (blocking.length === 0) return this.removeFinalizer(owner, 'foregroundDeletion');
    for (const dependent of blocking)
      if (dependent.object.metadata.deletionTimestamp === undefined) this.delete(dependent, 'Background');
  }

  private dependentsOf(uid: string): Located[] {
    return [...(this.dependents.get(uid) ?? [])].flatMap((dependent) => this.byUid.get(dependent) ?? []);
  }

  private delete({ resource, object }: Located, propagationPolicy: 'Background'): void {
    const { namespace, name, uid } = object.metadata;
    if (this.registry.store.get(resource, namespace, name)?.metadata.uid !== uid) return;
    this.registry.delete(resource, namespace, name, { propagationPolicy });
  }

  private removeFinalizer(owner: Located, finalizer: string): void {
    this.change(owner, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((each) => each !== finalizer);
    });
  }

  private change({ resource, object }: Located, change: (draft: KubeObject) => void): void {
    const { namespace, name, uid } = object.metadata;
    const current = this.registry.store.get(resource, namespace, name);
    if (current?.metadata.uid === uid && keyOf(current.metadata))
      this.registry.update(resource, namespace, name, change);
  }
}
