import type { DynamicModule, Type } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigurationError, type ConfigurationFault } from '../../config/configuration-error.js';
import type { Configuration, PluginReference } from '../../config/configuration.js';
import { importFrom } from './plugin-imports.js';
import { lacksProcessorName, processorNamesOf } from '../processor.js';
import { afterSystemTime, type After } from './processor-calls.js';

/** What a module named under `plugins` brings. */
export interface Plugin {
  readonly specifier: string;
  /** Classes with `@Processor`. */
  readonly processors: readonly Type[];
  /** Nest modules, dynamic ones included. */
  readonly modules: readonly (Type | DynamicModule)[];
}

export interface LoadPluginsOptions {
  /** @param specifier a file URL, or the name of a package that is looked for from `folder` on */
  readonly load?: (specifier: string, folder: string) => Promise<object>;
  readonly after?: After;
}

/** Milliseconds that a plugin may take to load. */
const LOAD_LIMIT = 30_000;

/**
 * As {@link tryPlugins}.
 * @throws ConfigurationError that names each plugin that cannot be used, and why
 */
export async function loadPlugins(
  configuration: Pick<Configuration, 'file' | 'plugins'>,
  options: LoadPluginsOptions = {},
): Promise<Plugin[]> {
  const { plugins, faults } = await tryPlugins(configuration, options);
  if (faults.length > 0) throw new ConfigurationError(configuration.file, faults);
  return plugins;
}

/**
 * Imports the modules under `plugins`: relative paths count from the configuration file's folder, packages are looked for
 * from there on and then beside
 * this package. Their default export and named exports that are `@Processor` classes or Nest modules are taken.
 * @returns those that can be used, and of each other one why it cannot
 */
export async function tryPlugins(
  { plugins }: Pick<Configuration, 'plugins'>,
  { load = importFrom, after = afterSystemTime }: LoadPluginsOptions = {},
): Promise<{ readonly plugins: Plugin[]; readonly faults: readonly ConfigurationFault[] }> {
  const loaded: Plugin[] = [];
  const faults: ConfigurationFault[] = [];
  for (const reference of plugins) {
    try {
      loaded.push(readExports(reference.specifier, await importPlugin(reference, load, after)));
    } catch (error) {
      const reason = error instanceof PluginFault ? error.message : failure(error);
      faults.push({ path: reference.path, message: `plugin "${reference.specifier}" ${reason}` });
    }
  }
  return { plugins: loaded, faults };
}

class PluginFault extends Error {}

async function importPlugin(
  { specifier, folder }: PluginReference,
  load: NonNullable<LoadPluginsOptions['load']>,
  after: After,
): Promise<object> {
  const path = pathOf(specifier, folder);
  if (path !== undefined && !existsSync(path)) throw new PluginFault(`is not there: there is no file ${path}`);
  let cancel: () => void = () => undefined;
  const limit = new Promise<never>((_, reject) => {
    cancel = after(LOAD_LIMIT, () => reject(new PluginFault(`did not load within ${LOAD_LIMIT / 1000} s`)));
  });
  try {
    return await Promise.race([load(path === undefined ? specifier : pathToFileURL(path).href, folder), limit]);
  } finally {
    cancel();
  }
}

/** Undefined for the name of a package. */
function pathOf(specifier: string, folder: string): string | undefined {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier);
  return /^\.{1,2}(\/|$)/.test(specifier) || isAbsolute(specifier) ? resolve(folder, specifier) : undefined;
}

function readExports(specifier: string, exported: object): Plugin {
  const values = [...new Set<unknown>(Object.values(exported))];
  const modules = values.filter(isNestModule);
  const provided = new Set(modules.flatMap(providersOf));
  const processors = values.filter(
    (value): value is Type => processorNamesOf(value).length > 0 && !provided.has(value),
  );
  if (processors.length + modules.length > 0) return { specifier, processors, modules };
  const names = Object.keys(exported);
  const nameless = Object.entries(exported).find(([, value]) => lacksProcessorName(value));
  throw new PluginFault(
    nameless
      ? `exports ${nameless[0]}, which extends a processor but has no name of its own: decorate it with @Processor('name')`
      : `must export a class with @Processor or a Nest module, as default or by name (exports ${names.join(', ') || 'nothing'})`,
  );
}

function isNestModule(value: unknown): value is Type | DynamicModule {
  if (typeof value === 'function')
    return ['imports', 'providers', 'controllers', 'exports'].some((key) => Reflect.hasOwnMetadata(key, value));
  return typeof value === 'object' && value !== null && 'module' in value && typeof value.module === 'function';
}

/** The classes and tokens that a module provides by itself: an exported processor among them is left to it. */
function providersOf(module: Type | DynamicModule): unknown[] {
  const [type, own] = typeof module === 'function' ? [module, []] : [module.module, module.providers ?? []];
  const declared = (Reflect.getMetadata('providers', type) as readonly unknown[] | undefined) ?? [];
  return [...declared, ...own].map((provider) =>
    typeof provider === 'object' && provider !== null && 'provide' in provider ? provider.provide : provider,
  );
}

/** The failure with the first lines of its stack, the ones that point into the plugin. */
function failure(error: unknown): string {
  if (!(error instanceof Error)) return `failed when it was loaded: it threw ${String(error)}`;
  const code = 'code' in error ? String(error.code) : '';
  if (/^ERR_(MODULE_NOT_FOUND|PACKAGE_PATH_NOT_EXPORTED)$/.test(code)) return `cannot be loaded: ${error.message}`;
  const stack = (error.stack ?? error.message).split('\n').filter((line) => !line.includes('node:internal'));
  return `failed when it was loaded: ${stack.slice(0, 6).join('\n')}`;
}
