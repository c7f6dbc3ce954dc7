import { posix } from 'node:path';
import { HOME } from '../definition/places.js';

/** Address at which JupyterLab shows the executed notebook to its user; undefined where none is configured, or the notebook is not in the home folder. */
export function jupyterLink(baseUrl: string | undefined, output: string): string | undefined {
  const path = posix.relative(HOME, output);
  if (baseUrl === undefined || path.startsWith('..')) return undefined;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `${baseUrl.replace(/\/$/, '')}/hub/user-redirect/lab/tree/${encoded}`;
}
