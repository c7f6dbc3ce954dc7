import type { KubernetesObject } from '@kubernetes/client-node';
import type { Resource } from '../client/api-paths.js';

/** As an informer's namespace: every one of the cluster. */
export const ALL_NAMESPACES = '*';

/** What an informer watches. */
export interface InformerOptions<T extends KubernetesObject, R> {
  readonly resource: Resource;
  /** Default: the client's, and objects are keyed by name. Where it is given, or {@link ALL_NAMESPACES}, they are keyed by `NAMESPACE/NAME`. */
  readonly namespace?: string;
  /** The server answers without it, so that only a degraded state shows that its first list is not in. */
  readonly background?: boolean;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** What is kept of an object, as small as possible; undefined: the object is of no interest. Objects are as the API's JSON has them. */
  readonly transform: (object: T) => R | undefined;
}

export interface Change<R> {
  /** The object's key: its name, or `NAMESPACE/NAME`. */
  readonly name: string;
  /** Undefined: deleted (or no longer of interest). */
  readonly record: R | undefined;
  /** Undefined: new. */
  readonly previous: R | undefined;
}

/**
 * A list-and-watch cache of one resource, keyed by object name (see {@link InformerOptions.namespace}). Survives 410, broken connections and restarts of the API server: what changed
 * meanwhile is announced after the next list, deletions included. Lists are read in chunks.
 * Listeners are called synchronously, after the cache has been changed.
 */
export interface Informer<R> {
  /** Whether the first list is in. */
  readonly synced: boolean;
  /** The resource version up to which everything has been announced; a later one of a single object may have been, too. */
  readonly version: string;
  /** Resolves with the first list. */
  whenSynced(): Promise<void>;
  get(name: string): R | undefined;
  values(): IterableIterator<R>;
  readonly size: number;
  /** @returns a function that ends the subscription */
  subscribe(listener: (change: Change<R>) => void): () => void;
  /** Takes over an answer of the API (a created or patched object) at once, unless the cache holds a newer one. */
  observe(object: KubernetesObject): void;
}

/** Makes informers; they start with the application and stop with it (`OnApplicationBootstrap`, `OnApplicationShutdown`). */
export abstract class InformerFactory {
  /** Called while the application is being wired (in constructors or `OnModuleInit`). */
  abstract create<T extends KubernetesObject, R>(options: InformerOptions<T, R>): Informer<R>;
}
