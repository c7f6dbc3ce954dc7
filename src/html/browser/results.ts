import { makeSortable } from './tables.js';

for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) makeSortable(table);
if (document.querySelector('[data-map]')) void import('./map.js').then(({ showMaps }) => showMaps(document));
