import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const NOTEBOOK = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [{ cell_type: 'markdown', metadata: {}, source: '**shown**' }],
});

withBrowser('a browser', () => {
  let bed: TestBed;
  let browser: Browser;
  /** Jobs whose result is a notebook, or a script. */
  let [notebook, script] = ['', ''];

  beforeAll(async () => {
    bed = await TestBed.startProcess();
    browser = await Browser.start(chromium ?? '');
    [notebook, script] = await Promise.all([
      printed('application/x-ipynb+json', NOTEBOOK),
      printed('text/javascript', 'window.taken = true;'),
    ]);
  });
  afterAll(async () => {
    await browser?.stop();
    await bed?.stop();
  });

  /** A job with one result. */
  async function printed(mediaType: string, text: string): Promise<string> {
    const log = `PYGEOAPI_K8S_MANAGER_RESULT_START output=note mimetype=${mediaType}\n${text}`;
    const id = await bed.submit('prints', { log: Buffer.from(log).toString('base64') });
    await bed.until(id, 'successful');
    return id;
  }

  it.each([
    ['the landing page', () => '/'],
    ['the processes', () => '/processes'],
    ['a process with its form', () => '/processes/inputs'],
    ['the jobs', () => '/jobs'],
    ['a job with its notebook', () => `/jobs/${notebook}`],
    ['results', () => `/jobs/${notebook}/results`],
    ['a problem', () => '/jobs/none'],
  ])('shows %s with its stylesheet, and has nothing to refuse', async (_, path) => {
    await browser.open(bed.url + path());
    expect(await browser.evaluate("document.querySelector('main h1') !== null")).toBe(true);
    expect(await browser.evaluate('[...document.styleSheets].map(({ cssRules }) => cssRules.length > 0)')).toEqual([
      true,
    ]);
    expect(browser.complaints).toEqual([]);
  });

  it.each([
    '/',
    '/processes',
    '/processes/inputs',
    '/jobs',
    '/jobs/ID',
    '/jobs/ID/logs?f=html',
    '/jobs/none',
    '/sign-in',
  ])('loads at most 100 kB for %s the first time, compressed', async (path) => {
    const fresh = await Browser.start(chromium ?? '');
    try {
      await fresh.open(bed.url + path.replace('ID', notebook));
      const bytes = await fresh.evaluate<number>(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, { transferSize }) => sum + transferSize, 0)",
      );
      expect(bytes).toBeGreaterThan(1000);
      expect(bytes).toBeLessThanOrEqual(100_000);
    } finally {
      await fresh.stop();
    }
  });

  it('shows a notebook', async () => {
    await browser.open(`${bed.url}/jobs/${notebook}`);
    const texts = await browser.evaluate("[...document.querySelectorAll('main strong')].map((e) => e.textContent)");
    expect(texts).toContain('shown');
  });

  it.each([
    ['a document', '/jobs?f=json'],
    ['a log', '/jobs/ID/logs'],
    ['a followed log', '/jobs/ID/logs?follow'],
    ['a script that a job made', '/jobs/SCRIPT/results/note'],
  ])('shows %s as text, and has nothing to refuse', async (_, path) => {
    await browser.open(bed.url + path.replace('ID', notebook).replace('SCRIPT', script));
    expect(await browser.evaluate('document.body.innerText.length > 0')).toBe(true);
    expect(browser.complaints).toEqual([]);
  });

  it('shows the API in Swagger UI, which asks the server', async () => {
    await browser.open(`${bed.url}/docs`);
    await eventually('the operations', () => browser.evaluate("document.querySelector('.opblock') !== null"));
    await browser.click('[id$="getConformance"] .opblock-summary-control');
    await browser.click('.opblock.is-open .try-out__btn');
    await browser.click('.opblock.is-open .execute');
    const status = await eventually('the answer', () =>
      browser.evaluate<string | undefined>(
        "document.querySelector('.live-responses-table tbody .response-col_status')?.textContent",
      ),
    );
    expect(status).toMatch(/^200/);
    expect(browser.complaints).toEqual([]);
  });

  it('lets Swagger UI ask with a token that is pasted into its dialog', async () => {
    await browser.open(`${bed.url}/docs`);
    await eventually('the operations', () => browser.evaluate("document.querySelector('.opblock') !== null"));
    await browser.click('.btn.authorize');
    const field = `document.querySelector('input[aria-label="auth-bearer-value"]')`;
    await eventually('the field', () => browser.evaluate<boolean>(`${field} !== null`));
    // As typed: what sets the value alone React does not see.
    await browser.evaluate(`{
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(${field}, ${JSON.stringify(TOKEN)});
      ${field}.dispatchEvent(new Event('input', { bubbles: true }));
      ${field}.closest('form').querySelector('button.authorize').click();
    }`);
    await eventually('the token', () => browser.evaluate<boolean>('ui.authSelectors.authorized().size > 0'));
    await browser.click('.btn-done');
    await browser.click('[id$="getMe"] .opblock-summary-control');
    await browser.click('.opblock.is-open .try-out__btn');
    await browser.click('.opblock.is-open .execute');
    const answer = await eventually('the answer', () =>
      browser.evaluate<string | undefined>(
        "document.querySelector('.live-responses-table tbody .highlight-code')?.innerText",
      ),
    );
    expect(answer).toMatch(/"means": "token".*"subject": "api"/s);
    expect(browser.complaints).toEqual([]);
  });

  it('shows the API in Redoc, which asks nobody but the server, under a policy without unsafe-inline', async () => {
    const answer = await fetch(`${bed.url}/openapi?f=html&ui=redoc`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${bed.url}/docs/redoc`]);
    const policy = (await fetch(`${bed.url}/docs/redoc`)).headers.get('content-security-policy');
    expect(policy).not.toMatch(/unsafe|blob|\*|https?:/);
    await browser.open(`${bed.url}/docs/redoc`);
    await eventually('the operations', () =>
      browser.evaluate('document.querySelector(\'#redoc [data-section-id*="getConformance"]\') !== null'),
    );
    // Its styles hold: what they put aside does not flow with the text.
    expect(await browser.evaluate("getComputedStyle(document.querySelector('#redoc .menu-content')).position")).toMatch(
      /sticky|fixed/,
    );
    const hosts = await browser.evaluate<string[]>(
      "[...new Set(performance.getEntriesByType('resource').map(({ name }) => name.startsWith('data:') ? 'data:' : new URL(name).origin))]",
    );
    expect(hosts.filter((host) => host !== 'data:')).toEqual([bed.url]);
    expect(browser.complaints).toEqual([]);
  });

  it.each(['/', '/docs', '/docs/redoc'])('does not run what a job made as a script of %s', async (path) => {
    await browser.open(bed.url + path);
    const outcome = await browser.evaluate(`new Promise((resolve) => {
      const element = document.createElement('script');
      element.src = ${JSON.stringify(`/jobs/${script}/results/note`)};
      element.onload = () => resolve('run');
      element.onerror = () => resolve('refused');
      document.head.append(element);
    })`);
    expect([outcome, await browser.evaluate('window.taken === undefined')]).toEqual(['refused', true]);
    expect(browser.complaints).toEqual([
      expect.stringMatching(/Loading the script .* violates .*Content Security Policy/),
    ]);
  });
});
