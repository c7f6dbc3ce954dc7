import { registerHooks } from 'node:module';

/**
 * Loads the client library's kubeconfig without its generated clients of all of Kubernetes' API groups, 16 MB of sources that this server never
 * calls: of them the kubeconfig needs what `library-parts.ts` names. To be called before anything else loads the library; the hook is gone
 * afterwards, for it slows each import. Whoever imports the package itself, as a plugin may, gets all of it as ever.
 */
export async function loadWithoutGeneratedClients(): Promise<void> {
  const parts = new URL('./library-parts.js', import.meta.url).href;
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === './gen/index.js' && context.parentURL?.endsWith('/@kubernetes/client-node/dist/config.js')
        ? { url: parts, format: 'module', shortCircuit: true }
        : nextResolve(specifier, context),
  });
  try {
    await import('@kubernetes/client-node/dist/config.js');
  } finally {
    hooks.deregister();
  }
}
