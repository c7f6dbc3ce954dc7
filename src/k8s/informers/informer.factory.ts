import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { ApiTransport } from '../client/api-transport.js';
import { InformerFactory } from './informer.js';
import type { Informer, InformerOptions } from './informer.js';
import { informerTimings } from './informer-timings.js';
import type { InformerTimings } from './informer-timings.js';
import { ListWatchInformer } from './list-watch.informer.js';

/** What metrics tell of one informer. */
export interface InformerStatistics {
  readonly resource: string;
  /** The namespace, or {@link ALL_NAMESPACES}, and the label selector, if any: no two informers have the same. */
  readonly scope: string;
  /** Nothing that the server answers waits for it. */
  readonly background: boolean;
  readonly synced: boolean;
  readonly size: number;
  readonly lists: number;
  readonly watches: number;
  /** Lists and watches that failed. */
  readonly failed: number;
  readonly lastContact: Date | undefined;
}

/** Makes {@link ListWatchInformer}s, starts them when the application is wired, and stops them when it has shut down. */
export class ListWatchInformerFactory extends InformerFactory implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #informers: (InformerStatistics & {
    start(): void;
    stop(): Promise<void>;
    whenSynced(): Promise<void>;
  })[] = [];
  #started = false;

  constructor(
    private readonly transport: ApiTransport,
    private readonly namespace: string,
    private readonly timings: InformerTimings = informerTimings,
  ) {
    super();
  }

  override create<T extends KubernetesObject, R>(options: InformerOptions<T, R>): Informer<R> {
    const informer = new ListWatchInformer(this.transport, this.namespace, options, this.timings);
    this.#informers.push(informer);
    if (this.#started) informer.start();
    return informer;
  }

  /** Resolves with the first list of every informer that does not run in the background; the server listens no sooner. Rejects where it is shut down before. */
  async whenAllSynced(): Promise<void> {
    const awaited = this.#informers.filter(({ background }) => !background);
    await Promise.all(awaited.map((informer) => informer.whenSynced()));
  }

  /** One for each informer, as they are now. */
  statistics(): InformerStatistics[] {
    return this.#informers.map(
      ({ resource, scope, background, synced, size, lists, watches, failed, lastContact }) => ({
        resource,
        scope,
        background,
        synced,
        size,
        lists,
        watches,
        failed,
        lastContact,
      }),
    );
  }

  onApplicationBootstrap(): void {
    this.#started = true;
    for (const informer of this.#informers) informer.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.stop()));
  }
}
