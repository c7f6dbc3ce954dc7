/** All that the client library's kubeconfig needs of its generated code: see `src/libraries/library-hooks.ts`. */
export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
