import type { en } from '../en/index.js';
import type { Translated } from '../translated.js';
import { layout } from './layout.js';
import { log } from './log.js';
import { map } from './map.js';
import { results } from './results.js';

export const de: Translated<typeof en> = { layout, log, map, results };
