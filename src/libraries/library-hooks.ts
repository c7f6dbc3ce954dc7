import { createRequire, registerHooks, type LoadHookSync, type ResolveHookSync } from 'node:module';
import { fileURLToPath } from 'node:url';
import { toolkitFunctions } from './toolkit-functions.js';

const ONLY_SOME = '?only-some';
const IN_ONE_FILE = '?in-one-file';

const require = createRequire(import.meta.url);

/** What stands in for what packages import: the end of the importing file's address, what it imports, and this server's module. */
const standIns = [
  ['/@kubernetes/client-node/dist/config.js', /^\.\/gen\/index\.js$/, '../k8s/connection/library-parts.js'],
  ['/@kubernetes/client-node/dist/config.js', /^(?:hpagent|socks|socks-proxy-agent)$/, './proxies.js'],
  ['/@kubernetes/client-node/dist/azure_auth.js', /^jsonpath-plus$/, './proxies.js'],
  ['/@kubernetes/client-node/dist/gcp_auth.js', /^jsonpath-plus$/, './proxies.js'],
  ['/IsPhoneNumber.js', /^libphonenumber-js\/max$/, './phone-numbers.js'],
] as const;

const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
  const importer = context.parentURL ?? '';
  const [, , standIn] = standIns.find(([end, wanted]) => wanted.test(specifier) && importer.endsWith(end)) ?? [];
  if (standIn) return { url: new URL(standIn, import.meta.url).href, format: 'module', shortCircuit: true };
  const resolved = nextResolve(specifier, context);
  if (!importer.includes('/@nestjs/')) return resolved;
  if (specifier === 'es-toolkit/compat') return { ...resolved, url: resolved.url + ONLY_SOME };
  if (specifier === 'rxjs' || specifier === 'rxjs/operators') return { ...resolved, url: resolved.url + IN_ONE_FILE };
  return resolved;
};

const load: LoadHookSync = (url, context, nextLoad) => {
  const source = url.endsWith(ONLY_SOME) ? someOfToolkit() : url.endsWith(IN_ONE_FILE) ? rxjsInOneFile(url) : undefined;
  return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
};

function someOfToolkit(): string {
  return toolkitFunctions.map((name) => `export { default as ${name} } from 'es-toolkit/compat/${name}';`).join('\n');
}

/** @param url of `rxjs`, or of its operators */
function rxjsInOneFile(url: string): string {
  const bundle = url.replace(/\/dist\/cjs\/.*$/, '/dist/bundles/rxjs.umd.min.js');
  const all = require(fileURLToPath(bundle)) as { readonly operators: object };
  const [names, part] = url.includes('/operators/') ? [all.operators, 'all.operators'] : [all, 'all'];
  return `import all from ${JSON.stringify(bundle)};\nexport const { ${Object.keys(names).join(', ')} } = ${part};`;
}

/**
 * Loads the packages that load much which this server never calls, without that: the Kubernetes client's kubeconfig without the clients of all
 * API groups (16 MB of sources) and, until there are some, without proxies; class-validator without the telephone numbers of all countries,
 * which come when one is checked; Nest's packages without three quarters of their toolkit, and with rxjs in one file. To be called before
 * anything else loads them; the hooks are gone afterwards, for they slow each import. Whoever imports the left-out packages itself, as a
 * plugin may, gets all of them as ever.
 */
export async function loadLibrariesLightly(): Promise<void> {
  const hooks = registerHooks({ resolve, load });
  try {
    await import('@kubernetes/client-node/dist/config.js');
    await import('class-validator');
    await import('@nestjs/swagger');
    await import('@nestjs/platform-fastify');
    await import('@nestjs/config');
  } finally {
    hooks.deregister();
  }
}
