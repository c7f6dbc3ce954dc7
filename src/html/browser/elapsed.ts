import { durationText } from './durations.js';

/** Milliseconds that a page said, and when it was looked at: by the clock of this page alone, which needs not agree with the server's. */
const counted = new WeakMap<Element, { readonly said: string; readonly at: number }>();

/** Brings the elapsed times `data-elapsed` (milliseconds when the page was made) up to this moment. */
export function countElapsed(): void {
  const now = performance.now();
  for (const element of document.querySelectorAll<HTMLElement>('[data-elapsed]')) {
    const said = element.dataset['elapsed'] ?? '';
    let known = counted.get(element);
    if (known?.said !== said) counted.set(element, (known = { said, at: now }));
    element.textContent = durationText(Number(said) + now - known.at, document.documentElement.lang);
  }
}
