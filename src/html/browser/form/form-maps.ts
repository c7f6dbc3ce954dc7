import type { FormTexts } from '../form.js';

/** What maps are told of their background, as `data-` attributes. */
export type MapData = Readonly<Record<string, string>>;

/** Offers to draw boxes and shapes on a map, which is loaded once one wants that. */
export function offerMaps(form: HTMLFormElement, texts: FormTexts, background: MapData): void {
  for (const place of form.querySelectorAll<HTMLElement>('[data-map]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'draw';
    button.textContent = texts.draw;
    place.after(button);
    button.addEventListener('click', () => {
      const frame = document.createElement('div');
      frame.className = 'map';
      frame.role = 'region';
      frame.setAttribute('aria-label', texts.draw);
      Object.assign(frame.dataset, background, texts.shapes);
      button.replaceWith(frame);
      void import('../draw.js').then(({ drawBox, drawGeometry }) => {
        if (place.dataset['map'] !== 'bbox') return drawGeometry(frame, place as HTMLTextAreaElement);
        const named = (key: string) => form.elements.namedItem(place.dataset[key] ?? '');
        const corners = ['minx', 'miny', 'maxx', 'maxy'].map(named).filter((one) => one instanceof HTMLInputElement);
        return drawBox(frame, corners);
      });
    });
  }
}
