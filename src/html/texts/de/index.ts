import type { en } from '../en/index.js';
import type { Translated } from '../translated.js';
import { layout } from './layout.js';
import { log } from './log.js';
import { map } from './map.js';
import { results } from './results.js';
import { signIn } from './sign-in.js';

// prettier-ignore
export const de: Translated<typeof en> = {
  layout,
  log,
  map,
  results,
  signIn,
};
