import { layout } from './layout.js';
import { log } from './log.js';
import { map } from './map.js';
import { results } from './results.js';

/** A file for each part of the pages. */
export const en = { layout, log, map, results };
