import { layout } from './layout.js';

/** A file for each part of the pages. */
export const en = { layout };
