import { describe, expect, it } from '@jest/globals';
import { parse } from 'node-html-parser';
import type { Configuration } from '../config/configuration.js';
import { LIST_VIEW } from '../jobs/listing/list-view.js';
import type { PageKind } from '../ogc/pages.js';
import { HtmlRenderer } from './html.renderer.js';
import { SCRIPTS_PATH } from './scripts.js';

const HOSTILE = '"\'><script>alert(1)</script><img src=x onerror=alert(1)><!--';
const BASE = 'https://api.example.org/ogc';
const JOB_ID = '0198c5a0-0000-7000-8000-000000000001';
const links = [
  { href: `${BASE}/self`, rel: 'self', type: 'text/html', title: HOSTILE },
  { href: `${BASE}/next?a="><script>`, rel: 'next', type: HOSTILE, title: 'The next page' },
  { href: 'javascript:alert(1)', rel: 'about', title: 'A bad address' },
  { href: 'JaVaScRiPt:alert(1)', rel: 'about' },
  { href: 'data:text/html,<script>alert(1)</script>', rel: 'about' },
  { href: '#fragment', rel: 'about' },
  { href: 'javascript:alert(1)', rel: 'hub', title: HOSTILE, channel: HOSTILE },
];
const description = {
  title: HOSTILE,
  description: HOSTILE,
  keywords: [HOSTILE],
  schema: { type: 'string', default: HOSTILE, enum: [HOSTILE], $ref: HOSTILE },
  metadata: [{ href: HOSTILE }],
};
const summary = {
  id: HOSTILE,
  version: HOSTILE,
  title: HOSTILE,
  description: HOSTILE,
  keywords: [HOSTILE],
  jobControlOptions: [HOSTILE],
  outputTransmission: [HOSTILE],
  links,
};
const job = {
  jobID: JOB_ID,
  processID: HOSTILE,
  type: 'process',
  status: HOSTILE,
  message: HOSTILE,
  progress: 50,
  created: HOSTILE,
  started: HOSTILE,
  finished: HOSTILE,
  updated: HOSTILE,
  cause: { type: HOSTILE, message: HOSTILE, container: HOSTILE, exitCode: 1, log: HOSTILE },
  links,
  [HOSTILE]: HOSTILE,
};
const problemType = {
  type: `${BASE}/problems/x`,
  title: HOSTILE,
  status: 400,
  meaning: HOSTILE,
  remedies: [HOSTILE],
  links,
};

const resources: Readonly<Record<PageKind, object>> = {
  'leads-on': { to: `${BASE}/${HOSTILE}` },
  'landing-page': { title: HOSTILE, description: HOSTILE, links },
  conformance: { conformsTo: [HOSTILE] },
  processes: { processes: [summary], links },
  process: {
    ...summary,
    inputs: { [HOSTILE]: description, plain: { schema: { type: 'string', default: HOSTILE } } },
    outputs: { [HOSTILE]: description },
    example: { inputs: { a: HOSTILE } },
  },
  jobs: {
    jobs: [{ ...job, tags: [HOSTILE] }],
    links,
    numberMatched: 2,
    incomplete: HOSTILE,
    numberReturned: 1,
    [LIST_VIEW]: {
      counts: { all: 2, statuses: { failed: 2 }, causes: { evicted: 2 } },
      skipped: 0,
      processes: [{ id: HOSTILE, title: HOSTILE }],
    },
  },
  job,
  dismissal: {
    jobs: [{ jobID: JOB_ID, processID: HOSTILE, status: HOSTILE, created: HOSTILE }],
    back: '?q="><script>alert(1)</script>',
    outcome: { done: 1, reasons: new Map([[JOB_ID, HOSTILE]]) },
  },
  visualisations: {
    visualisations: [
      {
        namespace: HOSTILE,
        name: HOSTILE,
        state: HOSTILE,
        reason: HOSTILE,
        message: HOSTILE,
        url: 'javascript:alert(1)',
        image: HOSTILE,
        created: HOSTILE,
      },
      { namespace: 'a', name: 'b', state: 'ready', url: `${BASE}/app`, created: HOSTILE },
    ],
    links,
  },
  results: {
    jobID: JOB_ID,
    outputs: [{ id: HOSTILE, href: 'javascript:alert(1)', mediaType: HOSTILE, size: 3, text: HOSTILE, isCut: true }],
    links,
  },
  problem: {
    type: `${BASE}/problems/x`,
    title: HOSTILE,
    status: 400,
    detail: HOSTILE,
    instance: HOSTILE,
    errors: [{ pointer: HOSTILE, message: HOSTILE }],
  },
  asyncapi: {
    info: { title: HOSTILE },
    servers: { default: { protocol: HOSTILE, host: HOSTILE } },
    channels: { [HOSTILE]: { address: HOSTILE, title: HOSTILE, 'x-ogc-link': { href: 'javascript:alert(1)' } } },
  },
  log: {
    jobID: HOSTILE,
    logs: [{ attempt: 1, text: `${HOSTILE}\n`, bytes: 1, isCut: true, isOver: false }],
    containers: [HOSTILE, 'other'],
    part: { container: HOSTILE, tail: 7 },
    attempts: [1, 2],
    links,
  },
  me: {
    means: 'token',
    ...{ issuer: HOSTILE, subject: HOSTILE, name: HOSTILE, owner: HOSTILE, until: HOSTILE, ownJobs: true },
    roles: [HOSTILE],
    permissions: [{ role: HOSTILE, actions: [HOSTILE], processes: [HOSTILE] }],
    limits: { running: { limit: 5, used: 1 }, storedBytes: { limit: 1e9 } },
    links,
  },
  usage: {
    by: 'owner',
    rows: [
      { key: HOSTILE, name: HOSTILE, jobs: 1, hours: 1, processorHours: 1, memoryGiBHours: 1, usedProcessorHours: 1 },
      { key: '', jobs: 1, hours: 1, processorHours: 1, memoryGiBHours: 1 },
    ],
    total: { jobs: 2, hours: 2, processorHours: 2, memoryGiBHours: 2, usedProcessorHours: 1 },
    links,
  },
  'problem-types': { problemTypes: [problemType], links },
  'problem-type': problemType,
  'share-link': { jobID: HOSTILE, href: `javascript:${HOSTILE}`, expires: HOSTILE, for: 'page' },
  'sign-in': { next: HOSTILE, problem: { type: 'about:blank', status: 500, detail: HOSTILE } },
};

const configuration = {
  metadata: { identification: { title: HOSTILE } },
  server: { map: { url: 'https://tile.example.org/{z}/{x}/{y}.png', attribution: HOSTILE, auto: false } },
} as unknown as Configuration;
const renderer = new HtmlRenderer(configuration);
const render = (kind: PageKind, resource = resources[kind], interfaceLanguage = 'en') =>
  renderer.render(kind, resource, {
    base: BASE,
    address: `${BASE}/x`,
    query: { status: HOSTILE, processID: [HOSTILE, 'b'], limit: HOSTILE, f: HOSTILE, datetime: HOSTILE },
    languages: ['en'],
    language: HOSTILE,
    interfaceLanguage,
    visitor: { next: `/${HOSTILE}`, isHeldBack: true },
  }).html;
const kinds = Object.keys(resources) as PageKind[];

describe('the page', () => {
  it.each(kinds)('of %s holds nothing of a hostile text as markup', (kind) => {
    const page = parse(render(kind), { comment: true });
    const scripts = page.querySelectorAll('script');
    expect(scripts.filter(({ text }) => text !== '')).toEqual([]);
    const sources = scripts.map((script) => script.getAttribute('src'));
    expect(sources.filter((source) => !source?.startsWith(`${BASE}${SCRIPTS_PATH}/`))).toEqual([]);
    expect(page.querySelectorAll('img')).toEqual([]);
    expect(
      page.querySelectorAll('*').filter(({ attributes }) => Object.keys(attributes).some((name) => /^on/i.test(name))),
    ).toEqual([]);
    expect(page.toString()).not.toContain('<!--');
    const addresses = page
      .querySelectorAll('[href],[src],[action]')
      .map((element) =>
        String(element.getAttribute('href') ?? element.getAttribute('src') ?? element.getAttribute('action')),
      );
    expect(addresses.filter((address) => /^\s*(javascript|vbscript):|^data:text/i.test(address))).toEqual([]);
    expect(page.text).toContain('<script>alert(1)</script>');
  });

  it.each(kinds)('of %s is whole, titled, in a language, and has one heading of the first level', (kind) => {
    const html = render(kind);
    const page = parse(html);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.querySelectorAll('h1')).toHaveLength(1);
    expect(page.querySelector('title')?.text.length).toBeGreaterThan(3);
    expect(page.querySelector('main')?.id).toBe(page.querySelector('a.skip')?.getAttribute('href')?.slice(1));
  });

  it.each(kinds)('of %s is in German to who prefers that', (kind) => {
    const page = parse(render(kind, resources[kind], 'de'));
    expect(page.querySelector('html')?.getAttribute('lang')).toBe('de');
    expect(page.querySelector('a.skip')?.text.trim()).toBe('Zum Inhalt');
  });

  it.each(kinds)('of %s has a label for each control, and loads nothing from elsewhere', (kind) => {
    const page = parse(render(kind));
    for (const control of page.querySelectorAll('input:not([type=hidden]), select, textarea')) {
      const labelled =
        page.querySelectorAll('label').some((label) => label.getAttribute('for') === control.getAttribute('id')) ||
        control.closest('label');
      expect([control.toString(), Boolean(labelled)]).toEqual([control.toString(), true]);
    }
    const loaded = page
      .querySelectorAll('link[rel=stylesheet], link[rel=icon], script, img')
      .map((element) => element.getAttribute('href') ?? element.getAttribute('src'));
    expect(loaded.filter((address) => !address?.startsWith(`${BASE}/`) && address !== 'data:,')).toEqual([]);
  });

  it('of a job leads to what it gives the address of, and to no other kind of address', () => {
    const [link, script] = ['https://hub.example.org/lab/a%20b.ipynb', 'javascript:alert(1)'];
    const page = parse(render('job', { ...job, 'result-link': link, other: script }));
    const anchors = page
      .querySelectorAll('dd a')
      .filter((anchor) => anchor.getAttribute('rel') === 'nofollow noreferrer');
    expect(anchors.map((anchor) => [anchor.getAttribute('href'), anchor.text])).toEqual([[link, link]]);
    expect(page.text).toContain(script);
  });

  it('of a job that waits says where, and since when', () => {
    const queue = {
      name: 'gpu',
      priority: 'urgent',
      position: 7,
      waitingSince: '2026-01-01T12:00:00Z',
      reason: 'Pending',
    };
    const factsOf = (given: object) => {
      const terms = parse(render('job', { ...job, queue: given })).querySelectorAll('dt');
      return Object.fromEntries(terms.map((term) => [term.text, term.nextElementSibling?.text]));
    };
    expect(factsOf(queue)).toMatchObject({ Queue: 'gpu', Priority: 'urgent', Position: '7' });
    expect(factsOf(queue)['Waits since']).toContain('2026-01-01');
    expect(factsOf({ position: 1 })).not.toHaveProperty('Queue');
    expect(factsOf(queue)).not.toHaveProperty('queue');
  });
});
