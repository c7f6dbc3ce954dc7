import { afterEach } from '@jest/globals';
import type { ConfigurationError } from '../configuration-error.js';
import { loadConfiguration, type ConfigurationOptions } from '../load-configuration.js';
import { temporaryFolder, thrownBy } from './temporary-files.js';

/** Removed after each test. */
export const folders: { remove: () => void }[] = [];
afterEach(() => folders.splice(0).forEach((folder) => folder.remove()));

export const manager = 'server: {manager: {name: pygeoapi_k8s_manager.KubernetesManager}}\n';

/** Loads a configuration file of this content. */
export function load(content: string, { environment, overrides }: ConfigurationOptions = {}) {
  const folder = temporaryFolder({ 'c.yaml': content });
  folders.push(folder);
  return loadConfiguration({
    environment: { PYGEOAPI_CONFIG: 'c.yaml', ...environment },
    overrides,
    workingDirectory: folder.path,
  });
}

export const faultsOf = (content: string, options?: ConfigurationOptions) =>
  (thrownBy(() => load(content, options)) as ConfigurationError).message.split('\n');
