import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { ApiTransport } from '../client/api-transport.js';
import { resourcePath } from '../client/api-paths.js';
import { backoffDelay } from '../time/backoff.js';
import { delay, systemClock } from '../time/clock.js';
import type { Clock } from '../time/clock.js';
import { ALL_NAMESPACES } from './informer.js';
import type { Change, Informer, InformerOptions } from './informer.js';
import { JsonLines } from '../client/json-lines.js';
import { KubernetesError } from '../client/kubernetes-error.js';
import { errorOfConnection, errorOfStatus } from '../client/kubernetes-failures.js';
import type { ApiStatus } from '../client/kubernetes-failures.js';
import { ObjectCache } from './object-cache.js';
import type { Observation } from './object-cache.js';
import { informerTimings } from './informer-timings.js';
import type { InformerTimings } from './informer-timings.js';
import { stateIn } from './watch-line.js';
import { withoutManagedFields } from '../client/without-managed-fields.js';

/** Objects of a list that are taken over in one turn of the event loop. */
const IN_ONE_TURN = 50;

interface ObjectList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly KubernetesObject[];
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubernetesObject & ApiStatus;
}

/** {@link Informer} as a list followed by watches (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). */
export class ListWatchInformer<T extends KubernetesObject, R> implements Informer<R> {
  readonly #logger: Logger;
  /** The namespace, or {@link ALL_NAMESPACES}, and the label selector, if any. */
  readonly scope: string;
  readonly #path: string;
  readonly #listeners = new Set<(change: Change<R>) => void>();
  readonly #cache: ObjectCache<R>;
  readonly #firstList = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #run?: Promise<void>;
  /** Where the next watch goes on; undefined: a list is due. */
  #version?: string;
  #failures = 0;
  #synced = false;
  #lists = 0;
  #watches = 0;
  #failed = 0;
  #lastContact?: Date;

  constructor(
    private readonly transport: ApiTransport,
    namespace: string,
    private readonly options: InformerOptions<T, R>,
    private readonly timings: InformerTimings = informerTimings,
    private readonly clock: Clock = systemClock,
  ) {
    this.#logger = new Logger(`Informer ${options.resource}`);
    const within = options.namespace ?? namespace;
    this.scope = options.labelSelector === undefined ? within : `${within} (${options.labelSelector})`;
    this.#path = resourcePath(within === ALL_NAMESPACES ? undefined : within, options.resource);
    this.#cache = new ObjectCache(
      (object) => this.#observation(object),
      (change) => this.#announce(change),
    );
    // Nobody needs to wait on it.
    this.#firstList.promise.catch(() => undefined);
  }

  get resource(): InformerOptions<T, R>['resource'] {
    return this.options.resource;
  }

  get background(): boolean {
    return this.options.background ?? false;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Full lists read, the first included: a number that grows tells of expired watches. */
  get lists(): number {
    return this.#lists;
  }

  /** Watches opened. */
  get watches(): number {
    return this.#watches;
  }

  /** Lists and watches that failed; watches that the API server ends in the ordinary way are none. */
  get failed(): number {
    return this.#failed;
  }

  /** When the API server last delivered a list or a watch event; undefined: never. */
  get lastContact(): Date | undefined {
    return this.#lastContact;
  }

  get size(): number {
    return this.#cache.size;
  }

  get version(): string {
    return this.#cache.version;
  }

  /** Rejects where the informer is stopped before its first list. */
  whenSynced(): Promise<void> {
    return this.#firstList.promise;
  }

  get(name: string): R | undefined {
    return this.#cache.get(name);
  }

  values(): IterableIterator<R> {
    return this.#cache.values();
  }

  subscribe(listener: (change: Change<R>) => void): () => void {
    // A function of its own, so that one listener may subscribe twice.
    const subscription = (change: Change<R>): void => listener(change);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  observe(object: KubernetesObject): void {
    this.#cache.takeOver(object);
  }

  /** Starts once; further calls do nothing. */
  start(): void {
    this.#run ??= this.#listAndWatch(this.#stop.signal);
  }

  /** Nothing is announced any more once this has resolved. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#firstList.reject(
      new KubernetesError('unavailable', `${this.options.resource}: stopped before the first list`),
    );
    await this.#run;
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list(signal);
        await this.#watch(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#backOff(errorOfConnection(this.#path, error), signal);
      }
    }
  }

  async #backOff(error: KubernetesError, signal: AbortSignal): Promise<void> {
    const { baseDelay, maxDelay } = this.timings;
    this.#failures += 1;
    this.#failed += 1;
    // Only lost connections and an overloaded server leave the version of the last watch event good to go on from.
    if (!['unavailable', 'too-many-requests', 'unauthorized'].includes(error.failure)) this.#version = undefined;
    const backoff = backoffDelay(this.#failures, baseDelay, maxDelay, this.clock.random());
    const milliseconds = Math.max(backoff, (error.retryAfterSeconds ?? 0) * 1000);
    const next = this.#version === undefined ? 'listing' : 'watching';
    const message = `${error.message}; ${next} again in ${Math.round(milliseconds)} ms`;
    if (error.failure === 'expired' && this.#failures === 1) this.#logger.log(message);
    else this.#logger.warn(message);
    await delay(this.clock, milliseconds, signal);
  }

  async #list(signal: AbortSignal): Promise<string> {
    let pass: ReturnType<ObjectCache<R>['beginList']> | undefined;
    let version = '';
    let coming: Promise<ObjectList> | undefined = this.#chunk(undefined, signal);
    while (coming) {
      const { metadata, items }: ObjectList = await coming;
      version = metadata?.resourceVersion ?? '';
      pass ??= this.#cache.beginList(version);
      // The API server makes the next chunk while this one is taken over.
      coming = metadata?.continue ? this.#chunk(metadata.continue, signal) : undefined;
      coming?.catch(() => undefined);
      for (const [at, object] of items.entries()) {
        // Of many objects a list takes long: what waits for this thread has its turn in between.
        if (at > 0 && at % IN_ONE_TURN === 0) await setImmediate(undefined, { signal });
        pass.add(object);
      }
    }
    pass?.finish();
    this.#lists += 1;
    this.#lastContact = new Date();
    this.#synced = true;
    this.#firstList.resolve();
    return version;
  }

  /** @param next of the chunk before; undefined: the first */
  #chunk(next: string | undefined, signal: AbortSignal): Promise<ObjectList> {
    const query = { ...this.#selectors(), limit: this.timings.listLimit, continue: next };
    return this.transport.json({ method: 'GET', path: this.#path, query, signal });
  }

  /** Resolves when the API server has ended the watch in the ordinary way. */
  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { watchTimeout, idleTimeout, shortWatch } = this.timings;
    const timeoutSeconds = Math.ceil((watchTimeout * (1 + this.clock.random())) / 1000);
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds };
    this.#watches += 1;
    const stream = await this.transport.stream({
      path: this.#path,
      query: { ...this.#selectors(), ...query },
      idleTimeout,
      signal,
    });
    const started = this.clock.now();
    let delivered = false;
    try {
      const lines = new JsonLines();
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        for (const line of lines.cut(chunk)) {
          this.#takeLine(line);
          delivered = true;
        }
      }
      lines.end();
    } finally {
      stream.destroy();
      if (delivered || this.clock.now() - started >= shortWatch) this.#failures = 0;
    }
    if (!delivered && this.clock.now() - started < shortWatch) {
      throw new KubernetesError('unavailable', `watch ${this.#path}: ended at once`);
    }
  }

  /** A state that an answer of the API has brought before, as that to the server's own writes, is not read a second time. */
  #takeLine(line: Buffer): void {
    const state = stateIn(line);
    if (state && this.#cache.has({ ...state, name: this.#keyOf(state.name, state.namespace) })) {
      this.#cache.seen(state.version);
      this.#version = state.version;
      this.#lastContact = new Date();
    } else {
      this.#take(JSON.parse(withoutManagedFields(line)) as WatchEvent);
    }
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw errorOfStatus(`watch ${this.#path}`, object.code ?? 500, object);
    const version = object.metadata?.resourceVersion;
    if (type === 'BOOKMARK') {
      if (version !== undefined) this.#cache.seen(version);
    } else {
      this.#cache.apply(type, object);
    }
    if (version !== undefined) this.#version = version;
    this.#lastContact = new Date();
  }

  #selectors(): { fieldSelector?: string; labelSelector?: string } {
    return { fieldSelector: this.options.fieldSelector, labelSelector: this.options.labelSelector };
  }

  #observation(object: KubernetesObject): Observation<R> | undefined {
    const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
    if (name === undefined || uid === undefined || resourceVersion === undefined) {
      this.#logger.error(`${this.#path}: an object without name, uid or resourceVersion is passed over`);
      return undefined;
    }
    const key = this.#keyOf(name, namespace);
    return {
      name: key,
      uid,
      version: resourceVersion,
      makeRecord: () => this.#recordOf(key, object as T),
    };
  }

  #keyOf(name: string, namespace: string | undefined): string {
    return this.options.namespace === undefined ? name : `${namespace}/${name}`;
  }

  #recordOf(name: string, object: T): R | undefined {
    try {
      return this.options.transform(object);
    } catch (error) {
      this.#logger.error(`${this.#path}/${name}: the object cannot be read and is passed over`, error);
      return undefined;
    }
  }

  #announce(change: Change<R>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.error(`a listener failed on ${this.#path}/${change.name}`, error);
      }
    }
  }
}
