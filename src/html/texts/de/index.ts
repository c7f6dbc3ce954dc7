import type { en } from '../en/index.js';
import type { Translated } from '../translated.js';
import { common } from './common.js';
import { form } from './form.js';
import { job } from './job.js';
import { landing } from './landing.js';
import { layout } from './layout.js';
import { list } from './list.js';
import { log } from './log.js';
import { map } from './map.js';
import { me } from './me.js';
import { problems } from './problems.js';
import { raster } from './raster.js';
import { results } from './results.js';
import { signIn } from './sign-in.js';
import { usage } from './usage.js';

// prettier-ignore
export const de: Translated<typeof en> = {
  common,
  form,
  job,
  landing,
  layout,
  list,
  log,
  map,
  me,
  problems,
  raster,
  results,
  signIn,
  usage,
};
