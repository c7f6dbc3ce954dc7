import { loadWithoutGeneratedClients } from './k8s/connection/library-hooks.js';

// What is imported below is loaded after this: the rest of the start is `start.ts`.
await loadWithoutGeneratedClients();
await import('./start.js');
