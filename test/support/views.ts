import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from './browser.js';

/** In which pages are looked at: size in pixels, and colours. */
export const VIEWS = {
  light: { width: 1280, height: 900, scheme: 'light' },
  dark: { width: 1280, height: 900, scheme: 'dark' },
  phone: { width: 390, height: 844, scheme: 'light' },
  narrow: { width: 320, height: 640, scheme: 'dark' },
} as const;

export type View = keyof typeof VIEWS;

/** Shows pages as in a view, from the next one on. */
export async function showAs(browser: Browser, view: View): Promise<void> {
  const { width, height, scheme } = VIEWS[view];
  await browser.send('Emulation.setDeviceMetricsOverride', {
    width,
    height,
    deviceScaleFactor: 1,
    mobile: width < 700,
  });
  await browser.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the page that is open, and whether it is wider than the view. */
export async function faultsOfPage(browser: Browser): Promise<readonly string[]> {
  if (await browser.evaluate<boolean>("typeof axe === 'undefined'")) await browser.evaluate(`${AXE}; undefined`);
  const found = await browser.evaluate<readonly string[]>(`axe.run().then(({ violations }) => violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, ...target, failureSummary].join(' '))))`);
  return [...found, ...(await faultsOfWidth(browser))];
}

/** Whether the page that is open is wider than the view. */
export async function faultsOfWidth(browser: Browser): Promise<readonly string[]> {
  const isTooWide = await browser.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  return isTooWide ? ['the page scrolls sideways'] : [];
}
