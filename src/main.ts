import { loadLibrariesLightly } from './libraries/library-hooks.js';

// What is imported below is loaded after this: the rest of the start is `start.ts`.
await loadLibrariesLightly();
await import('./start.js');
