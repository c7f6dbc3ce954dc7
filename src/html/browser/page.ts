import { localizeTimes } from './times.js';

// What every page has.
localizeTimes(document);
