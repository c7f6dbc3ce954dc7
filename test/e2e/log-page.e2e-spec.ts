import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'node-html-parser';
import { Browser } from '../support/browser.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const LONG = 6000;

const ADDED = `
  prepares-long:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: false
      metadata: { jobControlOptions: [async-execute] }
      init_containers:
        - { name: prepare, image: busybox, command: [sh, -c, 'echo preparing; sleep 4; echo prepared'] }
      command: [sh, -c, 'echo working; sleep 1; echo done']
`;

describe('the page of a log', () => {
  let bed: TestBed;
  let [coloured, long] = ['', ''];
  beforeAll(async () => {
    bed = await TestBed.startProcess({}, { configuration: (text) => text + ADDED });
    const printed = async (text: string) => {
      const id = await bed.submit('prints', { log: Buffer.from(text).toString('base64') });
      await bed.until(id, 'successful');
      return id;
    };
    [coloured, long] = await Promise.all([
      printed('plain\n\u001b[31mred <b>\u001b[0m after\nhalf\rwhole\n'),
      printed(Array.from({ length: LONG }, (_, line) => `line ${line}\n`).join('')),
    ]);
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  const asked = (path: string, headers: Record<string, string> = {}) => fetch(bed.url + path, { headers });
  const pageOf = async (id: string, language = 'en') =>
    parse(await (await asked(`/jobs/${id}/logs?f=html`, { 'accept-language': language })).text());

  it('is for browsers and who asks for it; all others get the text', async () => {
    const kinds = await Promise.all(
      [
        asked(`/jobs/${coloured}/logs`),
        asked(`/jobs/${coloured}/logs`, { accept: 'text/html,*/*;q=0.8' }),
        asked(`/jobs/${coloured}/logs?f=html`),
        asked(`/jobs/${coloured}/logs?f=text`, { accept: 'text/html' }),
      ].map(async (answer) => (await answer).headers.get('content-type')),
    );
    const [text, page] = ['text/plain; charset=utf-8', 'text/html; charset=utf-8'];
    expect(kinds).toEqual([text, page, page, text]);
    const wrong = await asked(`/jobs/${coloured}/logs?f=pdf`);
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: 'f' })] }),
    ]);
  });

  it('has each line with its number, in its colours, as text', async () => {
    const page = await pageOf(coloured);
    const lines = page.querySelectorAll('.log li');
    const red = lines.find(({ text }) => text.includes('red'));
    expect(red?.querySelector('.fg-red')?.text).toBe('red <b>');
    expect(red?.querySelector('b')).toBeNull();
    expect(lines.map(({ text }) => text)).toContain('whole');
    const text = await (await asked(`/jobs/${coloured}/logs?f=text`)).text();
    const number = text.split('\n').findIndex((line) => line.includes('red')) + 1;
    expect([red?.id, red?.getAttribute('value')]).toEqual([`a1-${number}`, String(number)]);
    expect(page.querySelectorAll('.log summary').map((summary) => summary.text)).toContain(
      "Container 'generic-image-processor'",
    );
    expect((await pageOf(coloured, 'de')).querySelector('.log-tools')?.text).toContain('Lange Zeilen umbrechen');
  });

  it('has the beginning of a long one', async () => {
    const page = await pageOf(long);
    expect(page.querySelectorAll('.log li')).toHaveLength(5000);
    expect(page.querySelector('.rest')?.text).toBe('Only the beginning is shown.');
  });

  it('is refused as the text is', async () => {
    expect((await asked('/jobs/none/logs?f=html')).status).toBe(404);
    expect((await asked(`/jobs/${coloured}/logs?f=html&beside=9`)).status).toBe(404);
    expect((await asked(`/jobs/${coloured}/logs?f=html&beside=x`)).status).toBe(400);
  });

  withBrowser('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => void (browser = await Browser.start(chromium ?? '')));
    afterAll(() => browser?.stop());
    const lines = () =>
      browser.evaluate<string[]>("[...document.querySelectorAll('.log li')].map((e) => e.textContent)");

    it('goes on where one asks for more, and finds what one looks for', async () => {
      await browser.open(`${bed.url}/jobs/${long}/logs`);
      await eventually('the button', () =>
        browser.evaluate(
          "(() => { const more = document.querySelector('.log > button'); more?.click(); return more !== null; })()",
        ),
      );
      await eventually('the last line', async () => (await lines()).some((line) => line === `line ${LONG - 1}`));
      await browser.evaluate(`(() => {
        const input = document.querySelector('.search input');
        input.value = 'LINE 5999';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
      })()`);
      expect(await browser.evaluate("[...document.querySelectorAll('li.current')].map((e) => e.textContent)")).toEqual([
        'line 5999',
      ]);
      expect(await browser.evaluate("document.querySelector('.search output').textContent")).toBe('1 / 1 lines found');
      expect(browser.complaints).toEqual([]);
    });

    it.each([
      ['runs', 'short', 'working'],
      ['waits for another', 'prepares-long', 'preparing'],
    ])('grows as the job does, to its end, from where its container %s', async (_, process, said) => {
      const id = await bed.submit(process);
      await eventually('the first line', async () =>
        (await (await asked(`/jobs/${id}/logs?f=text`)).text()).includes(said),
      );
      await browser.open(`${bed.url}/jobs/${id}/logs`);
      await bed.ended(id);
      const whole = (await (await asked(`/jobs/${id}/logs?f=text`)).text()).trimEnd().split('\n');
      await eventually('all lines', async () => (await lines()).length === whole.length);
      expect(await lines()).toEqual(whole);
      expect(browser.complaints).toEqual([]);
    });

    it.each([
      ['light', false, 1000],
      ['dark', true, 390],
      ['light', false, 320],
    ])('is accessible: %s, %s, %d pixels', async (_, isDark, width) => {
      await browser.show({ isDark, width });
      await browser.open(`${bed.url}/jobs/${coloured}/logs`);
      await browser.evaluate(await readFile('node_modules/axe-core/axe.min.js', 'utf8'));
      const violations = await browser.evaluate<{ id: string }[]>(
        'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))',
      );
      expect(violations).toEqual([]);
    });
  });
});
