import type { RasterTexts } from './raster.js';
import { makeSortable } from './tables.js';

for (const table of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) makeSortable(table);
for (const place of document.querySelectorAll<HTMLElement>('[data-raster]')) {
  const { raster = '', show = '', failed = '', texts = '{}' } = place.dataset;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'draw';
  button.textContent = show;
  place.append(button);
  button.addEventListener('click', () => {
    button.disabled = true;
    import('./raster.js')
      .then(({ showRaster }) => showRaster(place, raster, JSON.parse(texts) as RasterTexts))
      .catch(() => place.append(failed))
      .finally(() => button.remove());
  });
}
if (document.querySelector('[data-map]')) void import('./map.js').then(({ showMaps }) => showMaps(document));
