import type { ConfigurationFault } from '../configuration-error.js';
import type { PluginReference } from '../configuration.js';
import { joinIndex } from '../paths.js';
import { describeFound } from '../validation.js';

/** `plugins` of the file: modules that bring processors. @param folder absolute, the configuration file's */
export function readPlugins(
  plugins: unknown,
  folder: string,
): { readonly references: readonly PluginReference[]; readonly faults: readonly ConfigurationFault[] } {
  if (plugins === undefined || plugins === null) return { references: [], faults: [] };
  if (!Array.isArray(plugins)) {
    const message = `must be a list of paths or package names (${describeFound(plugins)})`;
    return { references: [], faults: [{ path: 'plugins', message }] };
  }
  const references: PluginReference[] = [];
  const faults: ConfigurationFault[] = [];
  plugins.forEach((specifier: unknown, at) => {
    const path = joinIndex('plugins', at);
    if (typeof specifier === 'string' && specifier.trim() !== '') references.push({ specifier, path, folder });
    else faults.push({ path, message: `must be a path or the name of a package (${describeFound(specifier)})` });
  });
  return { references, faults };
}
