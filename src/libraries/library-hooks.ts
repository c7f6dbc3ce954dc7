import { registerHooks, type LoadHookSync, type ResolveHookSync } from 'node:module';
import { toolkitFunctions } from './toolkit-functions.js';

const ONLY_SOME = '?only-some';

/** What packages import that they need little of, by the end of the importing file's address. */
const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
  const importer = context.parentURL ?? '';
  if (specifier === './gen/index.js' && importer.endsWith('/@kubernetes/client-node/dist/config.js'))
    return {
      url: new URL('../k8s/connection/library-parts.js', import.meta.url).href,
      format: 'module',
      shortCircuit: true,
    };
  if (specifier === 'libphonenumber-js/max' && importer.endsWith('/IsPhoneNumber.js'))
    return { url: new URL('./phone-numbers.js', import.meta.url).href, format: 'module', shortCircuit: true };
  const resolved = nextResolve(specifier, context);
  return specifier === 'es-toolkit/compat' && importer.includes('/@nestjs/')
    ? { ...resolved, url: resolved.url + ONLY_SOME }
    : resolved;
};

const load: LoadHookSync = (url, context, nextLoad) => {
  if (!url.endsWith(ONLY_SOME)) return nextLoad(url, context);
  const source = toolkitFunctions.map((name) => `export { default as ${name} } from 'es-toolkit/compat/${name}';`);
  return { format: 'module', source: source.join('\n'), shortCircuit: true };
};

/**
 * Loads the packages that load much which this server never calls, without that: the Kubernetes client's kubeconfig without the clients of all
 * API groups (16 MB of sources), class-validator without the telephone numbers of all countries, which come when one is checked, Nest's packages
 * without three quarters of their toolkit. To be called before anything else loads them; the hooks are gone afterwards, for they slow each
 * import. Whoever imports the left-out packages itself, as a plugin may, gets all of them as ever.
 */
export async function loadLibrariesLightly(): Promise<void> {
  const hooks = registerHooks({ resolve, load });
  try {
    await import('@kubernetes/client-node/dist/config.js');
    await import('class-validator');
    await import('@nestjs/swagger');
  } finally {
    hooks.deregister();
  }
}
