import type { en } from '../en/index.js';
import type { Translated } from '../translated.js';
import { layout } from './layout.js';

export const de: Translated<typeof en> = { layout };
