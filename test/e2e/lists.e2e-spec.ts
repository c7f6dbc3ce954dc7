import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HTMLElement, parse } from 'node-html-parser';
import { Browser } from '../support/browser.js';
import { type StatusInfo, TestBed, TOKEN } from '../support/test-bed.js';
import { showAs } from '../support/views.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const ACCEPT = 'text/html,*/*;q=0.8';

let bed: TestBed;
let successful: string;
let failed: string;
let unpulled: string;
beforeAll(async () => {
  bed = await TestBed.startProcess();
  successful = await bed.submit('inputs', { text: 'x' });
  await bed.until(successful, 'successful');
  failed = await bed.submit('secret-failing', {}, { token: TOKEN });
  unpulled = await bed.submit('no-such-image');
  await Promise.all([bed.until(failed, 'failed'), bed.until(unpulled, 'failed')]);
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const browse = (path: string, headers: Record<string, string> = {}) =>
  fetch(path.startsWith('http') ? path : bed.url + path, {
    headers: { accept: ACCEPT, ...headers },
    redirect: 'manual',
  });
const pageOf = async (path: string, headers?: Record<string, string>): Promise<HTMLElement> =>
  parse(await (await browse(path, headers)).text());
const postForm = (path: string, fields: readonly (readonly [string, string])[], headers: Record<string, string> = {}) =>
  fetch(bed.url + path, {
    method: 'POST',
    body: new URLSearchParams(fields.map(([name, value]) => [name, value])),
    headers: { accept: ACCEPT, ...headers },
    redirect: 'manual',
  });
const shownIds = (page: HTMLElement) => page.querySelectorAll('[name=job]').map((box) => box.getAttribute('value'));
const list = async (query: string, token?: string) =>
  (await (await bed.get(`/jobs?${query}`, token)).json()) as {
    jobs: StatusInfo[];
    links: { rel: string; href: string }[];
    numberMatched: number;
  };
const found = async (query: string, token?: string) => (await list(query, token)).jobs.map(({ jobID }) => jobID);

describe('the API of the list of jobs', () => {
  it('finds jobs by cause, text and how long ago they were made', async () => {
    expect(await found('cause=image-pull-failed')).toEqual([unpulled]);
    expect(await found('cause=image-pull-failed,non-zero-exit')).toEqual([unpulled, failed]);
    expect(await found('q=EXIT+code+7')).toEqual([failed]);
    expect(await found(`q=${successful.slice(-12)}`)).toEqual([successful]);
    expect(await found('datetime=PT1H/..')).toEqual([unpulled, failed, successful]);
    expect(await found('datetime=../2020-01-01')).toEqual([]);
  });

  it('sorts by duration, those that have none last', async () => {
    const { jobs } = await list('sortby=-duration');
    const durations = jobs.map(({ started, finished }) =>
      started && finished ? Date.parse(finished) - Date.parse(started) : -1,
    );
    expect(durations).toEqual(durations.toSorted((a, b) => b - a));
    expect(durations.at(-1)).toBe(-1);
  });

  it('leads to the pages beside one, and to the first', async () => {
    const rels = ({ links }: Awaited<ReturnType<typeof list>>) => links.map(({ rel }) => rel);
    const hrefOf = ({ links }: Awaited<ReturnType<typeof list>>, rel: string) =>
      links.find((link) => link.rel === rel)?.href.split('?')[1] ?? '';
    const first = await list('limit=1&status=failed,successful');
    expect(rels(first)).toEqual(['self', 'alternate', 'next']);
    const second = await list(hrefOf(first, 'next'));
    expect(rels(second)).toEqual(['self', 'alternate', 'next', 'prev', 'first']);
    expect(second.jobs.map(({ jobID }) => jobID)).toEqual([failed]);
    expect(await found(hrefOf(second, 'prev'))).toEqual([unpulled]);
    expect(await found(hrefOf(second, 'first'))).toEqual([unpulled]);
  });
});

describe('the page of the list, without scripts,', () => {
  it('counts by status and by cause, and leads to those that it counts', async () => {
    const page = await pageOf('/jobs?processID=no-such-image,inputs');
    const counts = page.querySelectorAll('.counts a').map((link) => [link.text.replaceAll(/\s+/g, ' ').trim(), link]);
    expect(counts.map(([text]) => text)).toEqual([
      'all 2',
      'accepted 0',
      'running 0',
      'successful 1',
      'failed 1',
      'dismissed 0',
      'The image cannot be pulled 1',
    ]);
    const byCause = counts.at(-1)?.[1] as HTMLElement;
    expect(shownIds(await pageOf(byCause.getAttribute('href') ?? ''))).toEqual([unpulled]);
  });

  it('says which of how many it shows', async () => {
    const page = await pageOf('/jobs?limit=2');
    expect(page.querySelector('[data-live=range]')?.text).toBe('1–2 of 3 jobs, newest first.');
    const next = page.querySelector('.pages [rel=next]')?.getAttribute('href') ?? '';
    const second = await pageOf(next);
    expect(second.querySelector('[data-live=range]')?.text).toBe('3–3 of 3 jobs, newest first.');
    expect(second.querySelectorAll('.pages a').map(({ text }) => text)).toEqual([
      'The first page',
      'The previous page',
    ]);
  });

  it('shows of each job process, status, times and message, and every process by its title', async () => {
    const page = await pageOf('/jobs?cause=image-pull-failed');
    const [row] = page.querySelectorAll('tbody tr');
    expect(row?.querySelector('th a')?.getAttribute('href')).toBe(`${bed.url}/jobs/${unpulled}`);
    expect(row?.querySelector('.status')?.text).toBe('failed');
    expect(row?.querySelector('time')?.getAttribute('datetime')).toMatch(/^2\d{3}-/);
    expect(row?.querySelector('.clamped')?.text).toMatch(/cannot be pulled/);
    expect(page.querySelectorAll('#processID option').map((option) => option.getAttribute('value'))).toEqual(
      expect.arrayContaining(['', 'hello', 'inputs']),
    );
  });

  it.each([
    [{ q: 'x', status: 'failed', limit: '' }, '?q=x&status=failed'],
    [{ from: '2026-01-01', to: '2026-01-31' }, '?datetime=2026-01-01%2F2026-01-31'],
    [{ from: '2026-01-01' }, '?datetime=2026-01-01%2F..'],
    [{ period: 'PT1H/..', before: '' }, '?datetime=PT1H%2F..'],
    // The choice that stands there already is given up for days, and days for a choice that is new.
    [{ period: 'PT1H/..', before: 'PT1H/..', to: '2026-01-31' }, '?datetime=..%2F2026-01-31'],
    [{ period: 'P7D/..', before: '', to: '2026-01-31' }, '?datetime=P7D%2F..'],
    [{ sortby: '-duration', minDuration: '3', f: 'html' }, '?minDuration=3&sortby=-duration&f=html'],
    [{}, ''],
  ])('the form %j leads to the list %s', async (fields, query) => {
    const answer = await browse(`/jobs/filter?${new URLSearchParams(fields as Record<string, string>)}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${bed.url}/jobs${query}`]);
  });

  it('keeps the filters where one is at fault, and says at which', async () => {
    const path = '/jobs?status=failed&processID=inputs&q=some+text&minDuration=soon&datetime=2026-02-30/..&limit=50';
    const answer = await browse(path);
    expect(answer.status).toBe(400);
    const page = parse(await answer.text());
    const faults = page.querySelectorAll('.notice td.id a').map((link) => link.getAttribute('href'));
    expect(faults).toEqual(['#period', '#minDuration']);
    expect(page.querySelectorAll('[aria-invalid]').map(({ id }) => id)).toEqual(['period', 'minDuration']);
    expect(page.querySelector('.filterbox')?.hasAttribute('open')).toBe(true);
    expect(page.querySelector('#q')?.getAttribute('value')).toBe('some text');
    expect(page.querySelectorAll('option[selected]').map((option) => option.getAttribute('value'))).toEqual(
      expect.arrayContaining(['inputs', '50']),
    );
    expect(page.querySelector('input[value=failed]')?.hasAttribute('checked')).toBe(true);
  });
});

describe('several jobs', () => {
  it('are dismissed after a confirmation, and the list is as it was', async () => {
    const jobs = await Promise.all([bed.submit('endless'), bed.submit('endless')]);
    await Promise.all(jobs.map((job) => bed.until(job, 'running')));
    const fields = [...jobs.map((job) => ['job', job] as const), ['back', '?processID=endless'] as const];
    const asked = await postForm('/jobs/dismissal', fields);
    expect(asked.status).toBe(200);
    const page = parse(await asked.text());
    expect(page.querySelector('h1')?.text).toBe('Dismiss these jobs?');
    expect(page.querySelectorAll('tbody tr')).toHaveLength(2);
    for (const job of jobs) expect((await bed.status(job)).status).toBe('running');
    const sent = page
      .querySelectorAll('form input[type=hidden]')
      .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''] as const);
    const done = await postForm('/jobs/dismissal', sent);
    expect([done.status, done.headers.get('location')]).toEqual([303, `${bed.url}/jobs?processID=endless`]);
    for (const job of jobs) {
      await eventually(
        'the dismissal',
        async () =>
          [404, 410].includes((await bed.get(`/jobs/${job}`)).status) || (await bed.status(job)).status === 'dismissed',
      );
    }
  });

  it('that cannot be dismissed are named with the reason, the others are', async () => {
    const job = await bed.submit('endless');
    const other = '0198c5a0-0000-7000-8000-000000000009';
    const fields = [job, failed, other].map((id) => ['job', id] as const);
    const page = parse(await (await postForm('/jobs/dismissal', [...fields, ['confirmed', 'yes']])).text());
    expect(page.querySelector('.notice')?.text).toContain('One job was dismissed.');
    const rows = page.querySelectorAll('tbody tr').map(({ text }) => text);
    expect(rows).toEqual([
      expect.stringMatching(new RegExp(`${failed}.*asks for a token`)),
      expect.stringMatching(new RegExp(`${other}.*There is no such job`)),
    ]);
    expect((await bed.status(failed)).status).toBe('failed');
  });

  it.each([
    ['by another site', [['job', 'x']], { 'sec-fetch-site': 'cross-site' }, 403],
    ['when none is chosen', [], {}, 400],
    ['when they are more than a hundred', Array.from({ length: 101 }, (_, at) => ['job', `${at}`]), {}, 400],
  ] as const)('are not dismissed %s', async (_, fields, headers, status) => {
    const answer = await postForm('/jobs/dismissal', fields as readonly (readonly [string, string])[], headers);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
  });

  it('lead back to nothing but the list', async () => {
    const back = ['back', 'https://evil.example.org/?x=1'] as const;
    const page = parse(await (await postForm('/jobs/dismissal', [['job', failed], back])).text());
    const hrefs = page.querySelectorAll('main a').map((link) => link.getAttribute('href') ?? '');
    expect(hrefs.filter((href) => !href.startsWith(`${bed.url}/`))).toEqual([]);
  });
});

describe('processes', () => {
  it('are found by a word, and by their keywords', async () => {
    const ids = async (q: string) => {
      const answer = await bed.get(`/processes?${new URLSearchParams({ q })}`);
      return ((await answer.json()) as { processes: { id: string }[] }).processes.map(({ id }) => id);
    };
    expect(await ids('HELLO-FAIL')).toEqual(['hello-failing']);
    expect(await ids('nothing has this')).toEqual([]);
    const page = await pageOf('/processes?q=nothing+has+this');
    expect(page.querySelector('main')?.text).toContain('nothing has this');
    expect(page.querySelector('#q')?.getAttribute('value')).toBe('nothing has this');
    expect((await bed.get(`/processes?q=${'x'.repeat(201)}`)).status).toBe(400);
  });

  it('stand on the landing page, with a search and what runs now', async () => {
    const page = await pageOf('/');
    expect(page.querySelector('form[role=search]')?.getAttribute('action')).toBe(`${bed.url}/processes`);
    expect(page.querySelectorAll('.cards h3 a').length).toBeGreaterThan(3);
    const counts = page.querySelectorAll('.counts a').map((link) => link.getAttribute('href'));
    expect(counts).toContain(`${bed.url}/jobs?status=running`);
  });
});

describe('the language', () => {
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie');

  it('is chosen on each page, remembered, and no other than the interface and the texts of the configuration', async () => {
    for (const path of ['/', '/jobs', '/processes', '/problems', '/conformance', `/jobs/${successful}`]) {
      const links = (await pageOf(path)).querySelectorAll('.languages a');
      expect([path, links.map((link) => link.getAttribute('lang'))]).toEqual([path, ['en-US', 'de']]);
      const german = await browse(links[1]?.getAttribute('href') ?? '', { 'sec-fetch-site': 'same-origin' });
      expect([path, german.status, cookieOf(german)]).toEqual([
        path,
        200,
        'lang=de; Path=/; Max-Age=31536000; SameSite=Lax',
      ]);
      expect(german.headers.get('vary')).toMatch(/Cookie/);
    }
    const remembered = await browse('/', { cookie: 'a=b; lang=de', 'accept-language': 'en' });
    expect(cookieOf(remembered)).toBeNull();
    const page = parse(await remembered.text());
    expect([page.querySelector('html')?.getAttribute('lang'), page.querySelector('h1')?.text]).toEqual([
      'de',
      'Ende zu Ende',
    ]);
  });

  it('is not remembered where another site led to it, or it is none, and programs get what they ask for', async () => {
    expect(cookieOf(await browse('/?lang=de', { 'sec-fetch-site': 'cross-site' }))).toBeNull();
    expect(cookieOf(await browse(`/?${new URLSearchParams({ lang: 'de; Domain=org' })}`))).toBeNull();
    const json = await fetch(`${bed.url}/?lang=de`);
    expect([cookieOf(json), json.headers.get('vary')]).toEqual([null, expect.not.stringContaining('Cookie')]);
    const english = await fetch(`${bed.url}/`, { headers: { cookie: 'lang=de', 'accept-language': 'en' } });
    expect(((await english.json()) as { title: string }).title).not.toBe('Ende zu Ende');
  });
});

withBrowser('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start(chromium ?? '');
    await browser.send('Emulation.setLocaleOverride', { locale: 'en-GB' });
  });
  afterAll(() => browser?.stop());

  it('the filters are open where there is room, and closed on a phone', async () => {
    const isSeen = () =>
      browser.evaluate("document.querySelector('#sortby').checkVisibility({ contentVisibilityAuto: true })");
    await showAs(browser, 'light');
    await browser.open(`${bed.url}/jobs`);
    expect(await isSeen()).toBe(true);
    await showAs(browser, 'phone');
    await browser.open(`${bed.url}/jobs`);
    expect(await isSeen()).toBe(false);
  });

  it('the list follows what happens, and nothing that one has done to it is lost', async () => {
    await showAs(browser, 'light');
    await browser.open(`${bed.url}/jobs?lang=en`);
    await browser.evaluate(`{
      document.querySelector('#q').value = 'half a wo';
      document.querySelector('#q').focus();
      document.querySelector('input[name=job][value="${successful}"]').checked = true;
      document.querySelector('tr[data-key="${failed}"] details').open = true;
      window.stays = document.querySelector('tr[data-key="${failed}"]');
    }`);
    const job = await bed.submit('inputs', { text: 'later' });
    const statusOf = () =>
      browser.evaluate<string | undefined>(`document.querySelector('tr[data-key="${job}"] .status')?.textContent`);
    await eventually('the new job', async () => (await statusOf()) !== undefined);
    await eventually('its end', async () => (await statusOf()) === 'successful');
    const state = await browser.evaluate(`({
      text: document.querySelector('#q').value,
      focus: document.activeElement.id,
      ticked: document.querySelector('input[name=job][value="${successful}"]').checked,
      open: document.querySelector('tr[data-key="${failed}"] details').open,
      same: window.stays.isConnected && window.stays === document.querySelector('tr[data-key="${failed}"]'),
      times: [...document.querySelectorAll('tbody time')].every(({ title }) => title.endsWith('UTC')),
    })`);
    expect(state).toEqual({ text: 'half a wo', focus: 'q', ticked: true, open: true, same: true, times: true });
    expect(browser.complaints).toEqual([]);
  });

  it.each([
    ['with scripts', false],
    ['without scripts', true],
  ])('several are chosen and dismissed %s', async (_, value) => {
    const jobs = await Promise.all([bed.submit('endless'), bed.submit('endless')]);
    await Promise.all(jobs.map((job) => bed.until(job, 'running')));
    await browser.send('Emulation.setScriptExecutionDisabled', { value });
    await browser.open(`${bed.url}/jobs?processID=endless&status=running`);
    for (const job of jobs) await browser.click(`input[value="${job}"]`);
    await browser.click('.selection button');
    await browser.loaded(`${bed.url}/jobs/dismissal`);
    expect(await browser.evaluate("document.querySelectorAll('tbody tr').length")).toBe(2);
    await browser.click('main form button');
    await browser.loaded(`${bed.url}/jobs?processID=endless`);
    await browser.send('Emulation.setScriptExecutionDisabled', { value: false });
    for (const job of jobs)
      await eventually(
        'the dismissal',
        async () =>
          [404, 410].includes((await bed.get(`/jobs/${job}`)).status) || (await bed.status(job)).status === 'dismissed',
      );
  });

  it('the language that was chosen stays', async () => {
    await browser.open(`${bed.url}/processes`, { 'accept-language': 'en' });
    await browser.click('.languages a[lang=de]');
    await browser.loaded(`${bed.url}/processes?lang=de`);
    await browser.open(`${bed.url}/jobs`, { 'accept-language': 'en' });
    expect(
      await browser.evaluate("[document.documentElement.lang, document.querySelector('.submit button').textContent]"),
    ).toEqual(['de', 'Filtern']);
    await browser.open(`${bed.url}/?lang=en`, { 'accept-language': 'en' });
  });
});
