import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { join } from 'node:path';
import { Configuration, type EnvironmentSettings } from '../config/configuration.js';
import { readerSettings } from '../config/reader-settings.js';
import { Observer } from '../observation/observer.js';
import { FolderObjectStore } from './folder.object-store.js';
import { ObjectStore, PodsStore, ReadersStore } from './object-store.js';
import { ObservedObjectStore } from './observed.object-store.js';
import { folderCapabilities, KnownStore } from './store-capabilities.js';
import { StoreFindings } from './store-findings.js';
import { traced } from './traced.js';
import { UnconfiguredObjectStore } from './unconfigured.object-store.js';

export type ObjectStoreChoice = 's3' | 'folder';

export interface ObjectStoreModuleOptions {
  /** Modules that provide what is injected, {@link Configuration} included, where they are not global. */
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: InjectionToken[];
  /** Which store is used; asked once, at start. */
  readonly useFactory: (...injected: never[]) => ObjectStoreChoice | Promise<ObjectStoreChoice>;
}

const choiceToken = Symbol('ObjectStoreChoice');
/** The store itself, which {@link ObjectStore} is around. */
const storeToken = Symbol('the store');
/** The same store with other connections. */
const lanesToken = Symbol('lanes to the store');

interface Lanes {
  readonly readers: ObjectStore;
  readonly pods: ObjectStore;
}

/** Of readers beyond those that are counted: pages, small results, what is looked at before. */
const SPARE_CONNECTIONS = 20;
const CONNECTIONS_OF_PODS = 50;

/**
 * Provides {@link ObjectStore}, and what is known of it ({@link KnownStore}), to all modules: the bucket of the
 * configuration, or the folder `objects` of its data folder.
 * Where settings of the bucket are missing, the store is there and rejects every call with `not-configured`.
 */
@Module({})
export class ObjectStoreModule implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger(ObjectStoreModule.name);

  static forRootAsync(options: ObjectStoreModuleOptions): DynamicModule {
    return {
      module: ObjectStoreModule,
      global: true,
      imports: options.imports,
      providers: [
        KnownStore,
        { provide: choiceToken, inject: options.inject ?? [], useFactory: options.useFactory },
        {
          provide: storeToken,
          inject: [choiceToken, Configuration, KnownStore],
          useFactory: (choice: ObjectStoreChoice, configuration: Configuration, known: KnownStore) =>
            makeObjectStore(choice, configuration.environment, undefined, known),
        },
        {
          provide: lanesToken,
          inject: [storeToken, Configuration],
          useFactory: (store: ObjectStore, { server }: Configuration) => ({
            readers: store.apart(readerSettings(server).atOnce + SPARE_CONNECTIONS),
            pods: store.apart(CONNECTIONS_OF_PODS),
          }),
        },
        ...([ObjectStore, ReadersStore, PodsStore] as const).map((provide) => ({
          provide,
          inject: [storeToken, lanesToken, { token: Observer, optional: true }],
          useFactory: (own: ObjectStore, { readers, pods }: Lanes, observer?: Observer) => {
            const store = traced(provide === ReadersStore ? readers : provide === PodsStore ? pods : own);
            return observer ? new ObservedObjectStore(store, observer) : store;
          },
        })),
        {
          provide: StoreFindings,
          inject: [storeToken, Configuration],
          useFactory: (store: ObjectStore, { environment }: Configuration) =>
            store.findings(`${environment.bucket.pathPrefix}.probe/`),
        },
      ],
      exports: [ObjectStore, ReadersStore, PodsStore, KnownStore, StoreFindings],
    };
  }

  constructor(
    @Inject(storeToken) private readonly store: ObjectStore,
    @Inject(lanesToken) private readonly lanes: Lanes,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!(this.store instanceof FolderObjectStore)) return;
    try {
      const removed = await this.store.removeLeftovers();
      if (removed > 0) this.#logger.warn(`Removed ${removed} unfinished files from ${this.store.description}`);
    } catch (error) {
      // Readiness tells as long as it lasts; the server may start before its disk is repaired.
      this.#logger.error(error instanceof Error ? error.message : String(error));
    }
  }

  onApplicationShutdown(): void {
    for (const store of new Set([this.store, this.lanes.readers, this.lanes.pods]))
      if ('close' in store && typeof store.close === 'function') store.close();
  }
}

/**
 * The store that the settings describe.
 * @param region of S3; default the environment's `AWS_REGION`, then `us-east-1`
 * @param known what is found out about it, at once of a folder
 */
export async function makeObjectStore(
  choice: ObjectStoreChoice,
  { bucket, dataDir }: Pick<EnvironmentSettings, 'bucket' | 'dataDir'>,
  region = process.env['AWS_REGION'] || undefined,
  known = new KnownStore(),
): Promise<ObjectStore> {
  if (choice === 'folder') {
    known.learn(folderCapabilities);
    return new FolderObjectStore(join(dataDir, 'objects'));
  }
  const { endpoint, publicEndpoint, key, secret, sessionToken, name, addressing } = bucket;
  const own = bucket.credentials === 'default-chain' ? {} : { key, secret };
  const missing = Object.entries({ endpoint, ...own, name }).filter(([, value]) => !value);
  if (!endpoint || !name || missing.length > 0) {
    const variables = missing.map(([setting]) => `PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_${setting.toUpperCase()}`);
    return new UnconfiguredObjectStore(variables);
  }
  // Loaded only where it is used: the SDK costs start-up time and memory.
  const { S3ObjectStore } = await import('./s3.object-store.js');
  return new S3ObjectStore({ endpoint, publicEndpoint, ...own, sessionToken, bucket: name, addressing, region, known });
}
