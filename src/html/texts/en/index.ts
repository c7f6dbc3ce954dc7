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

/** A file for each part of the pages. */
// prettier-ignore
export const en = {
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
