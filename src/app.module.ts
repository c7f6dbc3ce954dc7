import { Module, type DynamicModule, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { AdmissionModule } from './admission/admission.module.js';
import { ArchiveModule } from './archive/archive.module.js';
import { UsageModule } from './archive/usage/usage.module.js';
import { Configuration } from './config/configuration.js';
import type { ArchiveSettings } from './config/sections/archive.section.js';
import { ConfigurationModule, loadConfiguration, type ConfigurationModuleOptions } from './config/config.module.js';
import { EventsModule } from './events/events.module.js';
import { translateFailures } from './http/app.failures.js';
import { FinalizerModule } from './finalizer/finalizer.module.js';
import { HealthModule } from './health/health.module.js';
import { HtmlModule } from './html/html.module.js';
import { InspectionsModule } from './inspections/inspections.module.js';
import { KvpExecutionModule } from './jobs/kvp-execution.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { ClusterConnection } from './k8s/connection/cluster-connection.js';
import { K8sModule } from './k8s/k8s.module.js';
import { MetricsModule, ObservationModule } from './metrics/metrics.module.js';
import { ObjectStoreModule } from './object-store/object-store.module.js';
import { Links } from './ogc/links.js';
import { OgcModule } from './ogc/ogc.module.js';
import { Pages } from './ogc/pages.js';
import { ProblemFilter } from './ogc/problem.filter.js';
import { loadPlugins, type Plugin } from './processes/registry/plugins.js';
import { ProcessesModule } from './processes/processes.module.js';
import { PubSubModule } from './pubsub/pubsub.module.js';
import { SubscribersModule } from './subscribers/subscribers.module.js';
import { TransferModule } from './transfer/transfer.module.js';
import { VisualisationsModule } from './visualisations/visualisations.module.js';
import { version } from './http/version.js';

/** How to run the server, and what to run in it beside its own parts. */
export interface ProcessesServerOptions extends ConfigurationModuleOptions {
  /** Processors (classes with `@Processor`) and whatever they inject; anything that Nest takes as a provider. */
  readonly providers?: readonly Provider[];
  /** Modules that provide what `providers` inject, or hold processors or controllers of their own. */
  readonly imports?: ModuleMetadata['imports'];
  /** The modules under `plugins`, loaded before; absent: they are loaded here. */
  readonly plugins?: readonly Plugin[];
  /** The application's own root module, which imports this module by itself. Only for {@link ProcessesServerModule.forRoot} of the server's start. */
  readonly root?: Type | DynamicModule;
}

/** Options that are made by a function, of what it injects. */
export interface ProcessesServerAsyncOptions<Injected extends unknown[] = never[]> {
  /** Modules that provide what is injected. They live in a context of their own that is closed again once the options are made. */
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: readonly (Type | string | symbol)[];
  readonly useFactory: (...injected: Injected) => ProcessesServerOptions | Promise<ProcessesServerOptions>;
}

/**
 * The whole server as a module: its routes, the processes of the configuration, the finalizer. `Configuration` is global. One application holds
 * it once.
 */
@Module({})
export class ProcessesServerModule {
  /** @throws ConfigurationError where the configuration cannot be used; for a plugin that cannot be, when Nest starts */
  static forRoot(options: ProcessesServerOptions = {}): DynamicModule {
    if (options.root) return { module: class ServerRootModule {}, imports: [options.root] };
    const loaded = options.loaded ?? loadConfiguration(options);
    return {
      module: ProcessesServerModule,
      imports: [
        ConfigurationModule.forRoot({ ...options, loaded }),
        ObservationModule.forRoot(translateFailures),
        K8sModule.forRoot(),
        OgcModule,
        HealthModule,
        MetricsModule.forRoot(loaded.configuration, version),
        ...(loaded.configuration.processesApi ? processesApi(loaded.configuration) : []),
        ...(loaded.configuration.visualisations ? [VisualisationsModule] : []),
        ownParts(options, options.plugins ?? loadPlugins(loaded.configuration)),
      ],
      providers: [
        {
          provide: APP_FILTER,
          inject: [Links, Pages],
          useFactory: (links: Links, pages: Pages) => new ProblemFilter(links, pages, translateFailures),
        },
      ],
    };
  }

  /** As {@link forRoot}; the configuration decides what modules there are, so the options are made before the application's own injector is. */
  static async forRootAsync<Injected extends unknown[]>({
    imports = [],
    inject = [],
    useFactory,
  }: ProcessesServerAsyncOptions<Injected>): Promise<DynamicModule> {
    const made = Symbol('ProcessesServerOptions');
    const context = await NestFactory.createApplicationContext(
      {
        module: class OptionsModule {},
        imports: [...imports],
        providers: [{ provide: made, inject: [...inject], useFactory }],
      },
      { logger: false, abortOnError: false },
    );
    try {
      return ProcessesServerModule.forRoot(context.get<ProcessesServerOptions>(made));
    } finally {
      await context.close();
    }
  }
}

export { ProcessesServerModule as AppModule };

/** The drivers are loaded only where there is an archive. */
async function archiveOf(settings: ArchiveSettings): Promise<DynamicModule> {
  const { ArchiveDatabaseModule } = await import('./archive/database/archive-database.module.js');
  return ArchiveDatabaseModule.forRoot(settings);
}

function processesApi({ server, pubsub, archive }: Configuration): NonNullable<ModuleMetadata['imports']> {
  return [
    ObjectStoreModule.forRootAsync({
      inject: [Configuration, ClusterConnection],
      useFactory: ({ environment }: Configuration, { embedded }: ClusterConnection) =>
        environment.objectStore ?? (embedded ? 'folder' : 's3'),
    }),
    ...(archive ? [archiveOf(archive)] : []),
    ProcessesModule,
    JobsModule,
    ...(server.kvpExecute ? [KvpExecutionModule] : []),
    TransferModule,
    FinalizerModule,
    AdmissionModule,
    SubscribersModule,
    EventsModule,
    ...(archive ? [ArchiveModule] : []),
    ...(pubsub ? [PubSubModule.forRoot(pubsub, version)] : []),
    ...(archive ? [UsageModule] : []),
    InspectionsModule,
    HtmlModule,
  ];
}

/** What the options and the plugins bring. */
function ownParts(
  { imports = [], providers = [] }: ProcessesServerOptions,
  plugins: readonly Plugin[] | Promise<readonly Plugin[]>,
): Promise<DynamicModule> {
  const parts = Promise.resolve(plugins).then((loaded) => ({
    module: class OwnPartsModule {},
    imports: [...imports, ...loaded.flatMap(({ modules }) => modules)],
    providers: [...providers, ...loaded.flatMap(({ processors }) => processors)],
  }));
  // Nest awaits it, unless something else fails before.
  parts.catch(() => undefined);
  return parts;
}
