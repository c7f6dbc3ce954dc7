import { layout } from './layout.js';
import { log } from './log.js';
import { map } from './map.js';
import { results } from './results.js';
import { signIn } from './sign-in.js';

/** A file for each part of the pages. */
// prettier-ignore
export const en = {
  layout,
  log,
  map,
  results,
  signIn,
};
