import { enableCompileCache } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadLibrariesLightly } from './libraries/library-hooks.js';

// What V8 compiled when the image was made (Dockerfile). Whatever of it does not fit, as on another kind of processor, is compiled as ever.
const compiled = fileURLToPath(new URL('../compiled', import.meta.url));
if (existsSync(compiled)) enableCompileCache(compiled);

// What is imported below is loaded after this: the rest of the start is `start.ts`.
await loadLibrariesLightly();
await import('./start.js');
