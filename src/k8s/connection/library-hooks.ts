import { registerHooks } from 'node:module';

/**
 * Keeps the client library from loading its generated clients of all of Kubernetes' API groups, 16 MB of sources that this server never
 * calls: of them the library's kubeconfig needs what `library-parts.ts` names. To be called before the library is loaded. Whoever imports the
 * package itself, as a plugin may, gets all of it as ever.
 */
export function leaveOutGeneratedClients(): void {
  const parts = new URL('./library-parts.js', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === './gen/index.js' && context.parentURL?.endsWith('/@kubernetes/client-node/dist/config.js')
        ? { url: parts, format: 'module', shortCircuit: true }
        : nextResolve(specifier, context),
  });
}
