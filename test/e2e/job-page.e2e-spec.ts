import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, type HTMLElement } from 'node-html-parser';
import { Browser } from '../support/browser.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const PROCESSES = `
  picky: &picky
    type: process
    processor: &picky-processor
      <<: *image
      metadata:
        <<: *both
        inputs:
          text: { title: What to take, schema: { type: string } }
          number: { schema: { type: number }, minOccurs: 0 }
          box: { schema: { type: object }, minOccurs: 0 }
          password: { schema: { type: string }, minOccurs: 0 }
        outputs: { taken: { title: What was taken, schema: { type: string } } }
      command:
        - sh
        - -c
        - |
          case "$PYGEOAPI_K8S_MANAGER_INPUTS" in *wrong*) echo cannot take that; exit 3;; esac
          echo PYGEOAPI_K8S_MANAGER_RESULT_START output=taken mimetype=text/plain
          echo taken
  picky-secret:
    type: process
    processor: { <<: *picky-processor, check_auth: true }
  slow:
    type: process
    processor:
      <<: *image
      metadata: *both
      command: [sh, -c, 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i"; sleep 1; done']
`;
const INPUTS = { text: 'wrong', number: 2.5, box: { deep: [1, { token: 'hidden-2' }] }, password: 'hidden-1' };

let bed: TestBed;
/** Of `picky` and `picky-secret`, failed; of `picky`, successful. */
let [failed, guarded, successful] = ['', '', ''];
beforeAll(async () => {
  bed = await TestBed.startProcess({}, { configuration: (text) => text + PROCESSES });
  [failed, guarded, successful] = await Promise.all([
    bed.submit('picky', INPUTS),
    bed.submit('picky-secret', INPUTS, { token: TOKEN }),
    bed.submit('picky', { text: 'right' }),
  ]);
  await Promise.all([failed, guarded, successful].map((job) => bed.ended(job)));
});
afterAll(() => (bed as TestBed | undefined)?.stop());

async function pageOf(path: string, token?: string): Promise<HTMLElement> {
  const answer = await fetch(bed.url + path, {
    headers: { accept: 'text/html', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
  expect([path, answer.status]).toEqual([path, 200]);
  return parse(await answer.text());
}
const sectionOf = (page: HTMLElement, heading: string) =>
  page.querySelector(`[aria-labelledby=${heading}]`)?.structuredText.replace(/\s+/g, ' ') ?? '';

describe('the page of a job', () => {
  it('shows what was given, what happened, and what to do about it', async () => {
    const page = await pageOf(`/jobs/${failed}`);
    expect(sectionOf(page, 'inputs')).toMatch(/text wrong number 2\.5 .*password a secret, which is not shown/);
    expect(page.toString()).not.toMatch(/hidden-[12]/);
    expect(sectionOf(page, 'time-line')).toMatch(/Accepted .* UTC Running .* UTC Failed .* UTC/);
    expect(sectionOf(page, 'cause')).toMatch(/What to do about it .+ The last lines of its log .*cannot take that/);
  });

  it('leads to its results, and says how large they are', async () => {
    const page = await pageOf(`/jobs/${successful}`);
    expect(sectionOf(page, 'outputs')).toMatch(/What was taken taken, text\/plain, \d+ bytes/);
    const hrefs = page.querySelectorAll('[aria-labelledby=outputs] a').map((link) => link.getAttribute('href') ?? '');
    const answers = await Promise.all(hrefs.map((href) => fetch(href)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('shows what of its inputs is too long for statuses, too', async () => {
    const job = await bed.submit('picky', { text: 'long '.repeat(1000) });
    const inputs = sectionOf(await pageOf(`/jobs/${job}`), 'inputs');
    expect(inputs).toMatch(/long long .*…/);
    expect(inputs).toContain('Only the beginning is shown.');
    await bed.ended(job);
  });

  it('shows inputs only to who may read the log', async () => {
    expect(sectionOf(await pageOf(`/jobs/${guarded}`), 'inputs')).not.toContain('wrong');
    expect(sectionOf(await pageOf(`/jobs/${guarded}`, TOKEN), 'inputs')).toContain('text wrong');
  });

  it('is in German to who prefers that', async () => {
    const page = await pageOf(`/jobs/${failed}?lang=de`);
    const headings = page.querySelectorAll('main :is(h1, h2)').map(({ text }) => text);
    expect(headings).toEqual(expect.arrayContaining(['Warum er fehlgeschlagen ist', 'Verlauf', 'Eingaben']));
  });
});

describe('the form of a process', () => {
  const valuesOf = (page: HTMLElement) =>
    ['text', 'number', 'password'].map((id) => {
      const control = page.querySelector(`[name="input.${id}"]`);
      return control?.getAttribute('value') ?? control?.text ?? '';
    });
  const noteOf = (page: HTMLElement) =>
    page
      .querySelectorAll('[role=status]')
      .map(({ structuredText }) => structuredText)
      .join(' ');

  it('is filled as for a job, without what is masked, and may not be kept', async () => {
    const page = await pageOf(`/processes/picky?from=${failed}`);
    expect(valuesOf(page)).toEqual(['wrong', '2.5', '']);
    expect(noteOf(page)).toContain(`as for job ${failed}`);
    expect(noteOf(page)).toMatch(/box[^]*password/);
    expect(page.toString()).not.toMatch(/hidden-[12]|masked/);
    const answer = await fetch(`${bed.url}/processes/picky?from=${failed}&f=html`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is empty, and says why, without the job or the right to read it', async () => {
    const none = '0198c5a0-0000-7000-8000-00000000000a';
    const [empty] = valuesOf(await pageOf('/processes/picky'));
    for (const [path, why] of [
      [`/processes/picky?from=${none}`, 'no job'],
      ['/processes/picky?from=%3Cb%3E', 'no job'],
      [`/processes/picky?from=${guarded}`, 'of another process'],
      [`/processes/picky-secret?from=${guarded}`, 'may read the log'],
    ] as const) {
      const page = await pageOf(path);
      expect([path, valuesOf(page)[0], noteOf(page)]).toEqual([path, empty, expect.stringContaining(why)]);
    }
    expect(valuesOf(await pageOf(`/processes/picky-secret?from=${guarded}`, TOKEN))[0]).toBe('wrong');
  });

  it('is of no matter for JSON', async () => {
    const [plain, from] = await Promise.all(
      ['/processes/picky', `/processes/picky?from=${failed}`].map(async (path) => (await bed.get(path)).json()),
    );
    expect(JSON.stringify(from)).not.toContain('wrong');
    expect((from as { inputs: unknown }).inputs).toEqual((plain as { inputs: unknown }).inputs);
    expect((await bed.get(`/processes/picky?from=a&from=b`)).status).toBe(400);
  });
});

withBrowser('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start(chromium ?? '');
    await browser.send('Emulation.setLocaleOverride', { locale: 'en-GB' });
  });
  afterAll(() => browser?.stop());

  const say = (job: string, progress: number) =>
    bed.cluster.batch.patchNamespacedJob(
      {
        name: `pygeoapi-job-${job}`,
        namespace: bed.cluster.namespace,
        body: { metadata: { annotations: { 'pygeoapi.io/progress': String(progress) } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  const textOf = (selector: string) =>
    browser.evaluate<string | undefined>(`document.querySelector(${JSON.stringify(selector)})?.textContent`);

  it('a job is watched to its end, and nothing that one does meanwhile is lost', async () => {
    const job = await bed.submit('slow');
    await bed.until(job, 'running');
    await browser.open(`${bed.url}/jobs/${job}`);
    expect(await textOf('[data-live=state] .status')).toBe('running');
    await browser.evaluate(`{
      window.stays = true;
      window.announced = [];
      const announcer = document.querySelector('[role=status]');
      new MutationObserver(() => announced.push(announcer.textContent)).observe(announcer, { childList: true });
      document.querySelector('#dismissal').open = true;
      const token = document.querySelector('#token');
      token.value = 'half a to';
      token.focus();
      scrollTo(0, 40);
    }`);
    const elapsed = await textOf('[data-elapsed]');
    await eventually('the time going on', async () => (await textOf('[data-elapsed]')) !== elapsed);
    await eventually('lines of the log', async () => (await textOf('[data-log]'))?.includes('line 3\n'));
    const shown = (await textOf('[data-log]')) ?? '';
    expect(shown.match(/^line 1$/gm)).toHaveLength(1);
    for (const progress of [40, 60]) {
      await say(job, progress);
      await eventually(`${progress} %`, () =>
        browser.evaluate<boolean>(`document.querySelector('progress')?.value === ${progress}`),
      );
      expect(await browser.evaluate("document.querySelectorAll('progress').length")).toBe(1);
    }
    await eventually('its end', async () => (await textOf('[data-live=state] .status')) === 'successful');
    await eventually('the whole log', async () => (await textOf('[data-log]'))?.includes('line 12\n'));
    const state = await browser.evaluate(`({
      stays: window.stays,
      announced,
      open: document.querySelector('#dismissal').open,
      typed: document.querySelector('#token').value,
      focus: document.activeElement.id,
      label: document.querySelector('#dismissal button').textContent,
      scroll: scrollY,
      steps: [...document.querySelectorAll('.steps li')].map(({ className }) => className),
      counts: document.querySelector('[data-elapsed]') !== null,
    })`);
    expect(state).toEqual({
      stays: true,
      announced: ['Status of the job: successful'],
      open: true,
      typed: 'half a to',
      focus: 'token',
      label: 'Remove',
      scroll: expect.any(Number),
      steps: ['done', 'done', 'done', 'done'],
      counts: false,
    });
    expect(await textOf('[aria-labelledby=outputs] p')).toContain('It has none.');
    expect(browser.complaints).toEqual([]);
  });

  it('a job that was removed is said to be there no more', async () => {
    const job = await bed.submit('endless');
    await bed.until(job, 'running');
    await browser.open(`${bed.url}/jobs/${job}`);
    expect(await browser.evaluate("document.querySelector('[data-gone]').hidden")).toBe(true);
    await bed.delete(`/jobs/${job}`);
    await eventually('the end or the note', () =>
      browser.evaluate<boolean>(
        `document.querySelector('[data-gone]').hidden === false ||
            document.querySelector('[data-live=state] .status').textContent === 'dismissed'`,
      ),
    );
  });
});
