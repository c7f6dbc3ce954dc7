import { describe, expect, it } from '@jest/globals';
import { type HTMLElement, parse } from 'node-html-parser';
import type { Configuration } from '../../config/configuration.js';
import { JOB_VIEW, type JobView } from '../../jobs/listing/job-view.js';
import { ProblemTypes } from '../../ogc/problem-types.js';
import { HtmlRenderer } from '../html.renderer.js';

const HOSTILE = '"\'><script>alert(1)</script>';
const BASE = 'https://api.example.org/ogc';
const JOB_ID = '0198c5a0-0000-7000-8000-000000000001';
const job = { jobID: JOB_ID, processID: 'a b', type: 'process', status: 'running', created: '2026-01-01T12:00:00Z' };

const problemTypes = new ProblemTypes();
problemTypes.add({ 'out-of-memory': { title: 'Much', status: 500, meaning: 'Too much.', remedies: ['Do this.'] } });
const configuration = { metadata: { identification: { title: 'Site' } }, server: {} } as unknown as Configuration;
const renderer = new HtmlRenderer(configuration, undefined, problemTypes);
const render = (kind: 'job', resource: object, interfaceLanguage = 'en') =>
  renderer.render(kind, resource, {
    base: BASE,
    address: `${BASE}/jobs/${JOB_ID}`,
    query: {},
    languages: ['en'],
    interfaceLanguage,
  }).html;

describe('the page of a job', () => {
  it('is loaded again without scripts alone, and only while the job goes on', () => {
    const headOf = (status: string) => /<head>.*<\/head>/s.exec(render('job', { ...job, status }))?.[0] ?? '';
    for (const status of ['running', 'accepted']) {
      expect(headOf(status)).toContain('<noscript><meta http-equiv="refresh" content="5"/></noscript>');
      expect(headOf(status).replace(/<noscript>.*?<\/noscript>/s, '')).not.toContain('http-equiv');
      expect(headOf(status)).toContain('/job.js"');
    }
    for (const status of ['successful', 'failed', 'dismissed']) expect(headOf(status)).not.toMatch(/refresh|\/job\.js/);
  });

  const steps: JobView['steps'] = [
    { name: 'accepted', state: 'done', at: '2026-01-01T12:00:00.000Z' },
    { name: 'attempt', state: 'done', at: '2026-01-01T12:00:05.000Z', attempt: 2 },
    { name: 'waiting', state: 'current' },
    { name: 'running', state: 'coming' },
  ];
  const pageOf = (view: Partial<JobView>, more: object = {}, language?: string) =>
    parse(
      render(
        'job',
        { ...job, processID: 'a b', status: 'running', [JOB_VIEW]: { steps, mayReadLog: true, ...view }, ...more },
        language,
      ),
    );
  const textOf = (page: HTMLElement, labelledBy: string) =>
    page.querySelector(`[aria-labelledby=${labelledBy}]`)?.structuredText.replace(/\s+/g, ' ');

  it('shows what has happened, what happens and what is to come', () => {
    const page = pageOf({}, { queue: { position: 7 } });
    const shown = page
      .querySelectorAll('.steps li')
      .map((step) => [step.getAttribute('class'), step.structuredText.trim()]);
    expect(shown).toEqual([
      ['done', 'Accepted 2026-01-01 12:00:00 UTC'],
      ['done bad', 'Attempt 2 failed 2026-01-01 12:00:05 UTC'],
      ['current', 'Waiting for its turn: place 7 now'],
      ['coming', 'Running to come'],
    ]);
    expect(page.querySelectorAll('[aria-current=step]')).toHaveLength(1);
  });

  it('shows its inputs, what is masked or omitted in words, and none to who may not read its log', () => {
    const omitted = { size: 2_500_000, sha256: 'a'.repeat(64), href: `${BASE}/kept` };
    const inputs = {
      text: HOSTILE,
      list: [1, { password: { masked: true } }],
      api_key: { masked: true },
      large: { omitted },
      long: 'x'.repeat(3000),
    };
    const page = pageOf({ inputs: { inputs, omittedInputs: { ...omitted, count: 3 } } });
    const values = Object.fromEntries(
      page.querySelectorAll('[aria-labelledby=inputs] dt').map((term) => [term.text, term.nextElementSibling?.text]),
    );
    expect(values).toEqual({
      text: HOSTILE,
      list: '[1,{"password":{"masked":true}}]Secrets in it are not shown.',
      api_key: 'a secret, which is not shown',
      large: 'too large to be shown: 2.5 MB Read it',
      long: `${'x'.repeat(2000)}…Only the beginning is shown.`,
    });
    expect(textOf(page, 'inputs')).toContain('3 more, too large to be shown');
    const hidden = pageOf({ mayReadLog: false });
    expect(textOf(hidden, 'inputs')).toBe('Inputs Only who may read its log may read its inputs.');
    expect(textOf(hidden, 'log-tail')).toContain('Only who may read its log sees it.');
    expect(hidden.querySelector('[data-log]')).toBeNull();
  });

  it('lists its results with titles and sizes, and leads to each and to all', () => {
    const outputs = [
      { id: 'a/b', title: { en: 'A table', de: 'Eine Tabelle' }, mediaType: 'text/csv', size: 12_300 },
      { id: 'c', mediaType: 'image/png' },
      { mediaType: 'text/plain', size: 3 },
    ];
    const page = pageOf({ outputs }, { status: 'successful' });
    expect(page.querySelectorAll('[aria-labelledby=outputs] li').map(({ text }) => text)).toEqual([
      'A table a/b, text/csv, 12.3 kB',
      'c image/png',
      'The result text/plain, 3 bytes',
    ]);
    const results = `${BASE}/jobs/${JOB_ID}/results`;
    const hrefs = page.querySelectorAll('[aria-labelledby=outputs] a').map((link) => link.getAttribute('href'));
    expect(hrefs).toEqual([`${results}/a%2Fb`, `${results}/c`, results, `${results}?f=html`]);
    expect(textOf(pageOf({ outputs: 'expired' }), 'outputs')).toContain('are removed');
  });

  it('says what to do about its failure, in the language of the reader', () => {
    const cause = { type: 'out-of-memory', message: 'It used too much.' };
    expect(textOf(pageOf({}, { status: 'failed', cause }), 'cause')).toContain('What to do about it Do this.');
    expect(textOf(pageOf({}, { status: 'failed', cause }, 'de'), 'cause')).toMatch(/Was hilft .+/);
  });

  it('says in German what the server says, and what others have said as it is', () => {
    const message = 'Container "main" ended with exit code 3.';
    const [said, cause] = ['Container „main“ endete mit Exit-Code 3.', { type: 'non-zero-exit', message }];
    const attempts = [{ attempt: 1, cause, pod: 'p', finished: '2026-01-01T12:00:00Z' }];
    const problem = { output: 'a', message: 'is missing; it is required' };
    const page = pageOf({}, { status: 'failed', message, cause, attempts, resultProblems: [problem] }, 'de');
    for (const region of ['state', 'cause', 'attempts'])
      expect(page.querySelector(`[data-live=${region}] .text`)?.text).toBe(said);
    expect(textOf(page, 'problems')).toContain('fehlt, muss aber da sein');
    expect(pageOf({}, { message: 'tile 3 of 7' }, 'de').querySelector('[data-live=state] .text')?.text).toBe(
      'tile 3 of 7',
    );
    expect(pageOf({}, { message }).querySelector('[data-live=state] .text')?.text).toBe(message);
  });

  it('shows how far the telling of subscribers is', () => {
    const history = [{ at: '2026-01-01T12:00:00Z', answer: '503' }];
    const delivery = { event: 'success', host: 'example.org', status: 'pending', attempts: 3, history };
    const cells = pageOf({}, { subscriber: [{ ...delivery, next: '2026-01-01T12:00:09Z' }] }).querySelectorAll(
      '[aria-labelledby=deliveries] tbody :is(th, td)',
    );
    expect(cells.map(({ text }) => text)).toEqual([
      'its success',
      'example.org',
      'tried again',
      '3',
      '503 (2026-01-01 12:00:00 UTC)',
      '2026-01-01 12:00:09 UTC',
    ]);
  });

  it('leads to the form of its process, filled as for it', () => {
    const hrefs = pageOf({})
      .querySelectorAll('main a')
      .map((link) => link.getAttribute('href'));
    expect(hrefs).toContain(`${BASE}/processes/a%20b?from=${JOB_ID}#execute`);
  });

  it('says how long it runs or took', () => {
    const times = {
      created: '2026-01-01T12:00:00Z',
      started: '2026-01-01T12:00:10Z',
      finished: '2026-01-01T13:20:10Z',
    };
    expect(pageOf({}, { ...times, status: 'successful' }).querySelector('.elapsed')?.text).toBe('Took 1 hr 20 min');
    expect(Number(pageOf({}, times).querySelector('[data-elapsed]')?.getAttribute('data-elapsed'))).toBeGreaterThan(0);
    expect(pageOf({}, { ...times, status: 'failed' }).querySelector('[data-elapsed]')).toBeNull();
  });

  it('has the same live regions whatever its status is', () => {
    const regionsOf = (status: string) =>
      pageOf({}, { status })
        .querySelectorAll('[data-live]')
        .map((region) => region.getAttribute('data-live'));
    for (const status of ['running', 'successful', 'failed', 'dismissed'])
      expect([status, regionsOf(status)]).toEqual([status, regionsOf('accepted')]);
  });
});
