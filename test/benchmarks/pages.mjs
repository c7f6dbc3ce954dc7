import { loadavg } from 'node:os';
import { Bed } from './bed.mjs';
import { fill } from './kube-jobs.mjs';
import { median } from './measure.mjs';

/** Milliseconds in which a page has to be of use. */
const BUDGET = 1000;
/** A filter of the list. */
const FILTER = 'input[name=status][value=failed]';

/** The page of the list of jobs in a browser, while the namespace holds many. */
export async function pages(report, { jobs: count, runs, nodeOptions }) {
  const executablePath = process.env.TEST_CHROMIUM;
  const { chromium } = await import('playwright-core').catch(() => ({}));
  if (!chromium || executablePath === undefined) {
    const missing = chromium ? 'TEST_CHROMIUM names no Chromium' : 'playwright-core is not installed';
    report.note(`not measured: how long pages take in a browser (${missing})`);
    return;
  }
  const bed = await Bed.start();
  try {
    const server = await bed.startServer({ nodeOptions });
    await fill(bed, [{ server }], count, report);
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    bed.onStop(() => browser.close());
    // What the browser and the server do the first time they do for no page that is measured.
    await opened(browser, server);
    const measured = [];
    for (let run = 0; run < runs; run += 1) measured.push(await opened(browser, server));
    report.note(`load average ${loadavg()[0].toFixed(1)}; ${runs} pages of ${measured[0].bytes} bytes, compressed`);
    for (const [what, key] of [
      ['first contentful paint', 'painted'],
      ['DOMContentLoaded', 'parsed'],
      ['a filter answers a click', 'answered'],
    ]) {
      const times = measured.map((page) => page[key]);
      const limit = { name: key, most: BUDGET, budget: `${BUDGET / 1000} s` };
      report.budget(`/jobs of ${count} jobs, ${what}, median`, median(times), limit);
    }
  } finally {
    await bed.stop();
  }
}

/** Opens the page as who was never there, and clicks on a filter as soon as there is one. @returns milliseconds since it was asked for */
async function opened(browser, { url }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(() => {
      // When what the click changed is on the screen.
      addEventListener('change', () =>
        requestAnimationFrame(() => setTimeout(() => (window.answeredAt = performance.now()))),
      );
    });
    await page.goto(`${url}/jobs`, { waitUntil: 'commit' });
    await page.click(FILTER);
    await page.waitForFunction(() => window.answeredAt !== undefined);
    await page.waitForLoadState();
    return await page.evaluate(() => {
      const [{ domContentLoadedEventEnd, transferSize }] = performance.getEntriesByType('navigation');
      const painted = performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
      return { painted, parsed: domContentLoadedEventEnd, answered: window.answeredAt, bytes: transferSize };
    });
  } finally {
    await context.close();
  }
}
