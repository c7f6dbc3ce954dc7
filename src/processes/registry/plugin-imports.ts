import { registerHooks, type ResolveFnOutput, type ResolveHookContext } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** This package's own name: what plugins import is what the server itself runs. */
const OWN_NAME = 'ogc-processes-k8s';
const SCHEME = 'ogc-processes-k8s-plugin:';

let installed = false;

/**
 * Imports a module as if it were imported from a file in this folder. Plugins need no installation: what they import and do not have themselves
 * (`@nestjs/common`, `class-validator`...) is the server's, and this package always is.
 */
export async function importFrom(specifier: string, folder: string): Promise<object> {
  if (!installed) registerHooks({ resolve: resolvePluginImport });
  installed = true;
  return (await import(SCHEME + JSON.stringify([specifier, folder]))) as object;
}

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

function resolvePluginImport(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  if (specifier.startsWith(SCHEME)) {
    const [plugin, folder] = JSON.parse(specifier.slice(SCHEME.length)) as [string, string];
    return resolveOrShare(plugin, { ...context, parentURL: pathToFileURL(join(folder, 'plugins')).href }, next);
  }
  return resolveOrShare(specifier, context, next);
}

function resolveOrShare(specifier: string, context: ResolveHookContext, next: NextResolve): ResolveFnOutput {
  const ownContext = { ...context, parentURL: import.meta.url };
  if (specifier === OWN_NAME) return next(specifier, ownContext);
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isPackage(specifier) || !isNotFound(error)) throw error;
    try {
      return next(specifier, ownContext);
    } catch {
      throw error;
    }
  }
}

function isPackage(specifier: string): boolean {
  return !/^(\.{1,2}(\/|$)|\/|#|[a-z][a-z+.-]*:)/i.test(specifier);
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')
  );
}
