import { keyOf, objectKey, type KubeObject } from './kubernetes-object.js';
import type { Journal } from './journal.js';
import { resourceId, type Resource } from './resource.js';

export interface Change<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: T;
  /** Undefined for ADDED. */
  readonly previous: T | undefined;
}

type Listener = (change: Change) => void;

interface Collection {
  readonly objects: Map<string, KubeObject>;
  /** The keys in order; undefined when an object has come or gone since. */
  sorted: readonly string[] | undefined;
  readonly history: Change[];
  /** Changes up to this version are forgotten. */
  forgotten: number;
  readonly listeners: Set<Listener>;
}

const jsonOf = new WeakMap<KubeObject, string>();

/** The JSON text of a stored object, made once. */
export function json(object: KubeObject): string {
  let text = jsonOf.get(object);
  if (text === undefined) jsonOf.set(object, (text = JSON.stringify(object)));
  return text;
}

/**
 * All objects by resource, under one counter of resource versions, with the latest changes of each resource kept so that a watch can resume.
 * Everything is synchronous: a change is on disk, stored and announced when the method returns.
 */
export class VersionedStore {
  private counter = 1;
  private readonly collections = new Map<string, Collection>();
  private readonly unannounced: (() => void)[] = [];
  private announcing = false;

  constructor(
    resources: readonly Resource[],
    private readonly journal: Journal,
    private readonly historyLength = 4096,
  ) {
    for (const resource of resources) {
      this.collections.set(resourceId(resource), {
        objects: new Map(),
        sorted: undefined,
        history: [],
        forgotten: 0,
        listeners: new Set(),
      });
    }
    for (const entry of journal.read()) {
      const collection = this.collections.get(entry.resource);
      if ('object' in entry) {
        collection?.objects.set(keyOf(entry.object.metadata), entry.object);
        this.counter = Math.max(this.counter, Number(entry.object.metadata.resourceVersion));
      } else {
        collection?.objects.delete(entry.key);
        this.counter = Math.max(this.counter, entry.version);
      }
    }
    for (const collection of this.collections.values()) collection.forgotten = this.counter;
    this.compact();
  }

  get version(): number {
    return this.counter;
  }

  get<T extends KubeObject>(resource: Resource<T>, namespace: string | undefined, name: string): T | undefined {
    return this.collection(resource).objects.get(objectKey(namespace, name)) as T | undefined;
  }

  /** Sorted by namespace and name. */
  list<T extends KubeObject>(resource: Resource<T>, namespace?: string): readonly T[] {
    const collection = this.collection(resource);
    collection.sorted ??= [...collection.objects.keys()].sort();
    const all = collection.sorted.map((key) => collection.objects.get(key) as T);
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  /** Stores a new object or another version of one. The object is the store's from now on, and gets its resource version. */
  put<T extends KubeObject>(resource: Resource<T>, object: T): T {
    const collection = this.collection(resource);
    const key = keyOf(object.metadata);
    const previous = collection.objects.get(key);
    object.metadata.resourceVersion = String(this.counter + 1);
    this.journal.put(resourceId(resource), json(object));
    this.counter++;
    collection.objects.set(key, object);
    if (!previous) collection.sorted = undefined;
    this.announce(collection, { type: previous ? 'MODIFIED' : 'ADDED', version: this.counter, object, previous });
    return object;
  }

  /** Takes an object away; the last version that watches see is `last` with a version of its own. */
  remove<T extends KubeObject>(resource: Resource<T>, last: T): T {
    const collection = this.collection(resource);
    const key = keyOf(last.metadata);
    const previous = collection.objects.get(key);
    this.journal.remove(resourceId(resource), key, this.counter + 1);
    this.counter++;
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(this.counter) } };
    collection.objects.delete(key);
    collection.sorted = undefined;
    this.announce(collection, { type: 'DELETED', version: this.counter, object, previous });
    return object;
  }

  /** Listeners are called synchronously, in the order of versions. @returns a function that ends the subscription */
  subscribe<T extends KubeObject>(resource: Resource<T>, listener: (change: Change<T>) => void): () => void {
    const { listeners } = this.collection(resource);
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  /** The changes after a version; undefined where some of them are forgotten. */
  changesSince(resource: Resource, version: number): readonly Change[] | undefined {
    const { history, forgotten } = this.collection(resource);
    if (version < forgotten) return undefined;
    let first = history.length;
    while (first > 0 && (history[first - 1]?.version ?? 0) > version) first--;
    return history.slice(first);
  }

  close(): void {
    this.compactIfPossible();
    this.journal.close();
  }

  private announce(collection: Collection, change: Change): void {
    collection.history.push(change);
    if (collection.history.length > this.historyLength * 2) {
      const gone = collection.history.splice(0, this.historyLength);
      collection.forgotten = gone.at(-1)?.version ?? collection.forgotten;
    }
    this.unannounced.push(() => {
      for (const listener of [...collection.listeners]) listener(change);
    });
    if (this.journal.wasteful) this.compactIfPossible();
    // A listener may make changes: they are announced after this one, so that everybody sees the order of versions.
    if (this.announcing) return;
    this.announcing = true;
    try {
      for (let next = this.unannounced.shift(); next; next = this.unannounced.shift()) next();
    } finally {
      this.announcing = false;
    }
  }

  /** What cannot be written anew, on a full disk, stays as it is, which has everything. */
  private compactIfPossible(): void {
    try {
      this.compact();
    } catch {
      // The change is stored, and is to be announced.
    }
  }

  private compact(): void {
    const { collections } = this;
    function* entries(): Generator<readonly [string, string]> {
      for (const [id, { objects }] of collections) for (const object of objects.values()) yield [id, json(object)];
    }
    this.journal.compact(entries(), this.counter);
  }

  private collection(resource: Resource<never>): Collection {
    const collection = this.collections.get(resourceId(resource as Resource));
    if (!collection) throw new Error(`${resource.plural} are not stored`);
    return collection;
  }
}
