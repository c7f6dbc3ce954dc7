import { describe, expect, it } from '@jest/globals';
import { parse } from 'node-html-parser';
import type { Configuration } from '../../config/configuration.js';
import { LIST_VIEW } from '../../jobs/listing/list-view.js';
import { CauseTypes } from '../../jobs/model/cause-types.js';
import type { PageKind } from '../../ogc/pages.js';
import { ProblemTypes } from '../../ogc/problem-types.js';
import { HtmlRenderer } from '../html.renderer.js';
import type { Overview } from '../lists/overview.js';
import { de } from './de/index.js';
import { en } from './en/index.js';
import { problemTypeIn } from './problem-types.js';

const BASE = 'https://api.example.org';
const ID = '0198c5a0-0000-7000-8000-000000000001';
const AT = '2026-01-01T12:00:00.000Z';

/** Every text, by its key. */
function textsOf(texts: object, key = ''): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) =>
    typeof text === 'string' ? [[`${key}${name}`, text]] : textsOf(text as object, `${key}${name}.`),
  );
}

const links = Object.values(en.common.titles).map((title, at) => ({
  href: `${BASE}/${at}`,
  rel: ['self', 'first', 'prev', 'next'][at] ?? 'related',
  title,
}));
const statuses = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
const job = (status: string) => ({
  jobID: ID,
  processID: 'x1',
  status,
  message: '…',
  progress: 50,
  created: AT,
  started: AT,
  finished: AT,
  links,
});
const process = {
  id: 'x1',
  version: '1',
  keywords: ['x2'],
  jobControlOptions: ['x3'],
  outputTransmission: ['x4'],
  links,
};
const problem = {
  type: `${BASE}/problems/x1`,
  title: '…',
  status: 400,
  errors: [
    { pointer: '', message: '…' },
    { pointer: 'limit', message: '…' },
  ],
};
const problemType = {
  type: `${BASE}/problems/invalid-request`,
  title: '…',
  status: 400,
  meaning: '…',
  remedies: ['…'],
  links,
};
const counts = {
  all: 2,
  statuses: { failed: 2 },
  causes: Object.fromEntries(Object.keys(en.common.causes).map((cause) => [cause, 1])),
};
const contact = Object.fromEntries(Object.keys(en.landing.contact).map((name) => [name, '…']));
const jobs = { jobs: statuses.map(job), links, numberMatched: 2, numberReturned: 2 };

/** Pages of which all texts are translated, with all that they can have. */
const PAGES: readonly (readonly [PageKind, object, string?])[] = [
  [
    'landing-page',
    {
      provider: { name: '…' },
      license: { name: '…' },
      termsOfService: '…',
      contact,
      links: [...links, { href: '…', rel: 'hub', channel: '…' }],
    },
  ],
  ['conformance', { conformsTo: ['…'] }],
  ['processes', { processes: [process], links }],
  ['processes', { processes: [], links }, 'x1'],
  ['jobs', { ...jobs, [LIST_VIEW]: { counts, skipped: 0, processes: [] } }],
  [
    'jobs',
    {
      jobs: [{ ...job('successful'), tags: ['x1'] }],
      links,
      numberReturned: 1,
      incomplete: '…',
      [LIST_VIEW]: { counts: { ...counts, all: 'many', statuses: { failed: 'many' }, isOfAll: true }, processes: [] },
    },
  ],
  ['jobs', { ...jobs, jobs: [], numberMatched: 0, [LIST_VIEW]: { skipped: 0, processes: [], problem } }],
  ['dismissal', { jobs: statuses.map(job), back: '' }],
  ['dismissal', { jobs: [job('failed')], back: '', outcome: { done: 3, reasons: new Map([[ID, '…']]) } }],
  ['visualisations', { visualisations: [], links }],
  [
    'visualisations',
    {
      visualisations: ['ready', 'starting', 'pending', 'invalid', 'removing'].map((state) => ({ name: 'x1', state })),
      links,
    },
  ],
  [
    'asyncapi',
    {
      info: { title: '…' },
      servers: { default: { protocol: 'x', host: 'y' } },
      channels: { x1: { address: '…', title: '…', 'x-ogc-link': { href: '…' } } },
    },
  ],
  ['problem', { ...problem, instance: '…' }],
  ['problem-types', { problemTypes: [problemType], links }],
  ['problem-type', problemType],
  ['me', { means: 'anonymous', roles: [], limits: {}, links }],
  [
    'me',
    {
      ...{ means: 'token', issuer: 'x1', subject: 'x2', until: AT, owner: 'x3', ownJobs: true, roles: ['x4'], links },
      permissions: [{ role: 'x4', actions: ['x5'], processes: ['x6'] }],
      limits: Object.fromEntries(Object.keys(en.me.limitOf).map((name) => [name, { limit: 5 }])),
    },
  ],
];

const overview = (seen: object) => ({ in: () => seen }) as unknown as Overview;
const seen = { statuses: { failed: 1 }, processes: [{ id: 'x1', keywords: ['x2'] }], numberOfProcesses: 1 };
const configuration = { metadata: { identification: { title: '…' } }, server: {} } as unknown as Configuration;
const languageChoices = ['en', 'de'].map((language) => ({
  language,
  href: `${BASE}/?lang=${language}`,
  isCurrent: false,
}));
function pageIn(language: string, [kind, resource, q]: (typeof PAGES)[number]) {
  const renderer = new HtmlRenderer(configuration, overview(seen));
  const query = { ...(q === undefined ? {} : { q }), sortby: '-duration', minDuration: '1' };
  const context = {
    base: BASE,
    address: BASE,
    query,
    languages: [language],
    interfaceLanguage: language,
    languageChoices,
  };
  const page = parse(renderer.render(kind, resource, context).html);
  for (const other of page.querySelectorAll('script, style, .languages')) other.remove();
  const attributes = page
    .querySelectorAll('[aria-label], [placeholder], [data-label]')
    .flatMap((element) => ['aria-label', 'placeholder', 'data-label'].map((name) => element.getAttribute(name) ?? ''));
  return [
    ...page
      .querySelectorAll('body *')
      .flatMap(({ childNodes }) => childNodes.filter(({ nodeType }) => nodeType === 3).map(({ text }) => text)),
    ...attributes,
  ]
    .map((text) => text.trim())
    .filter((text) => /\p{L}{3}/u.test(text));
}

/** Words and names that are the same in both languages, or none of any. */
const SAME =
  /^(?:https?:.*|(?:· )?OGC API - Processes|PT.*|P\dD.*|-?duration|\d+ Bad Request|limit|self|first|prev|next|related|hub|\d{4}-.* UTC|[0-9a-f-]{36})$/;

describe('the pages', () => {
  it.each(PAGES.map((page, at) => [`${page[0]} (${at})`, page] as const))(
    'of %s are in German, all of them',
    (_, page) => {
      const german = new Set(textsOf(de).map(([, text]) => text));
      const english = new Set(textsOf(en).map(([, text]) => text));
      const shown = pageIn('de', page).filter((text) => !german.has(text) && !SAME.test(text));
      expect(shown.filter((text) => english.has(text))).toEqual([]);
      // What both pages say alike is no text of either.
      const inEnglish = new Set(pageIn('en', page));
      const hard = shown.filter((text) => inEnglish.has(text));
      expect(hard).toEqual([]);
    },
  );

  it('have the same places for values in both languages', () => {
    const placesOf = (texts: object) => textsOf(texts).map(([key, text]) => [key, text.match(/\{\{\w+\}\}/g)?.sort()]);
    expect(placesOf(de)).toEqual(placesOf(en));
  });
});

describe('the types of problems', () => {
  const types = new ProblemTypes();
  new CauseTypes(types);

  it('are in German, each with as many remedies, and the causes called alike on all pages', () => {
    const german = types.list().map((type) => problemTypeIn('de', `${BASE}/problems/${type.name}`));
    expect(german.map((words) => words?.remedies.length)).toEqual(types.list().map(({ remedies }) => remedies.length));
    for (const [cause, title] of Object.entries(en.common.causes)) expect(types.find(cause)?.title).toBe(title);
  });
});
