import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app.js';
import type { ProcessesServerOptions } from './app.module.js';
import { loadConfiguration } from './config/config.module.js';
import { loadPlugins } from './processes/registry/plugins.js';

/**
 * Wires an application exactly as the server itself is: body limit, headers, compression, log, OpenAPI document, Swagger UI. It does not listen yet.
 *
 * @param root a module of one's own that imports `ProcessesServerModule.forRoot(options)` itself, with the same options; absent: the server
 * alone, with the options' providers and imports
 * @throws ConfigurationError, ClusterConnectionError
 */
export async function createServer(
  options: Omit<ProcessesServerOptions, 'root'> = {},
  root?: Type | DynamicModule,
): Promise<NestFastifyApplication> {
  if (root) return createApp({ ...options, root } as ProcessesServerOptions);
  const plugins = options.plugins ?? (await loadPlugins((options.loaded ?? loadConfiguration(options)).configuration));
  return createApp({ ...options, plugins } as ProcessesServerOptions);
}
