import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Configuration } from '../../src/config/configuration.js';
import { HtmlRenderer } from '../../src/html/html.renderer.js';
import type { PageKind } from '../../src/ogc/pages.js';
import type { UsageReportDto } from '../../src/archive/usage/usage.dto.js';
import type { VisualisationListDto } from '../../src/visualisations/visualisations.dto.js';
import { kindsProcess } from '../fixtures/form-kinds.js';
import { Browser } from '../support/browser.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { isSlow } from '../support/slow-tests.js';
import { faultsOfPage, faultsOfWidth, showAs, type View, VIEWS } from '../support/views.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium, `TEST_SCREENSHOTS` a folder for pictures of the pages. */
const { TEST_CHROMIUM: chromium, TEST_SCREENSHOTS: pictures } = process.env;
const withBrowser = chromium === undefined ? describe.skip : describe;

/** The server's public address, which brokers are told of. */
const BASE = 'http://pages.example';
const MORE = `
  waits:
    type: process
    processor:
      <<: *image
      resources: { requests: { memory: 4Ti } }
      metadata: *both
      command: ['true']
pubsub:
  name: HTTP
  broker: { url: 'http://127.0.0.1:9', channel: 'a/b:c' }
`;

/** What a job prints, by the kind of its result. */
const RESULTS = {
  features: [
    'application/geo+json',
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Bonn"}, "geometry": {"type": "Point", "coordinates": [7.1, 50.7]}}]}',
  ],
  table: ['text/csv', 'name;people\nDresden;570000\nBonn;340000'],
  box: ['application/json', '{"bbox": [5.9, 47.3, 15.0, 55.0]}'],
  tree: ['application/json', '{"digits": 12345678901234567890, "list": [{"deep": {"deeper": true}}], "empty": {}}'],
  text: ['text/plain', `plain\n${'long '.repeat(100)}`],
  picture: ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'],
  raster: ['image/tiff', 'no TIFF'],
  bytes: ['application/octet-stream', 'bytes'],
  notebook: [
    'application/x-ipynb+json',
    JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: [
        {
          cell_type: 'markdown',
          metadata: {},
          source: '# Heading\n\n### Deep\n\n**text** with [a link](https://example.org/)',
        },
        {
          cell_type: 'code',
          metadata: {},
          execution_count: 1,
          source: 'print(1)',
          outputs: [{ output_type: 'stream', name: 'stderr', text: '\u001b[31mred\u001b[0m\n' }],
        },
      ],
    }),
  ],
} as const;

/** Jobs that there are: one for each result, and of each state. */
const STATES = {
  accepted: 'waits',
  running: 'endless',
  failed: 'hello-failing',
  unpulled: 'no-such-image',
  dismissed: 'endless',
};
type JobName = keyof typeof RESULTS | keyof typeof STATES | 'guarded' | 'coloured';

interface Shown {
  readonly name: string;
  readonly path: string;
  /** The page's address ends so, with the job of this name for JOB. */
  readonly job?: JobName;
  readonly token?: string;
  /** What one does there first. */
  readonly then?: (browser: Browser) => Promise<unknown>;
}
const at = (path: string, more: Omit<Shown, 'path' | 'name'> = {}): Shown => ({
  name: more.job === undefined ? path : path.replace('JOB', more.job),
  path,
  ...more,
});

/** In the page of the list. */
const dismissing = async (browser: Browser) => {
  await browser.click('input[name=job]');
  await browser.click('.selection button');
  await browser.loaded(`${BASE}/jobs/dismissal`);
};
/** Sends a form that is wrong. */
const sending = (selector: string, value: string, button: string, next: string) => async (browser: Browser) => {
  await browser.evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`);
  await browser.click(button);
  await browser.loaded(BASE + next);
  await eventually('the fault', () => browser.evaluate("document.querySelector('[aria-invalid]') !== null"));
};
const drawn = (browser: Browser) =>
  eventually('the map', () => browser.evaluate("document.querySelector('.map')?.dataset.drawn === ''"));
const sharing = async (browser: Browser) => {
  await browser.evaluate(`document.querySelector('form[action$="/share"]').requestSubmit()`);
  await eventually('the link', () => browser.evaluate("document.getElementById('share.link') !== null"));
};
const saying = (selector: string, text: string) => (browser: Browser) =>
  eventually(text, async () => (await browser.textOf(selector))?.includes(text));

/** Every kind of page that the server has, in every state that looks like no other. */
const PAGES: Readonly<Record<PageKind, readonly Shown[]>> = {
  'landing-page': [at('/'), at('/?lang=de')],
  conformance: [at('/conformance')],
  processes: [at('/processes?q=hello'), at('/processes?q=nothing')],
  process: [
    at('/processes/kinds'),
    at('/processes/geojson-features?lang=de'),
    at('/processes/hello?from=JOB', { job: 'failed' }),
    at('/processes/kinds', {
      then: sending('[name="input.text.json"]', '[5]', 'button[name=check]', '/processes/kinds/form'),
    }),
  ],
  jobs: [at('/jobs'), at('/jobs?lang=de&status=failed'), at('/jobs?limit=x&status=failed'), at('/jobs?q=nothing')],
  dismissal: [at('/jobs?status=failed', { then: dismissing })],
  job: [
    at('/jobs/JOB', { job: 'accepted' }),
    at('/jobs/JOB', { job: 'running', then: saying('[data-log]', 'working') }),
    at('/jobs/JOB', { job: 'features' }),
    at('/jobs/JOB', { job: 'notebook' }),
    at('/jobs/JOB?lang=de', { job: 'failed' }),
    at('/jobs/JOB', { job: 'unpulled' }),
    at('/jobs/JOB', { job: 'dismissed' }),
    at('/jobs/JOB', { job: 'guarded' }),
    at('/jobs/JOB', { job: 'guarded', token: TOKEN }),
  ],
  results: (Object.keys(RESULTS) as (keyof typeof RESULTS)[]).map((job) =>
    at('/jobs/JOB/results', { job, ...(job === 'features' || job === 'box' ? { then: drawn } : {}) }),
  ),
  log: [
    at('/jobs/JOB/logs', { job: 'coloured' }),
    at('/jobs/JOB/logs', { job: 'running', then: saying('.log', 'working') }),
  ],
  visualisations: [
    at('/', { then: (browser) => showVisualisations(browser, []) }),
    at('/', { then: (browser) => showVisualisations(browser, ['pending', 'starting', 'ready', 'failed', 'invalid']) }),
  ],
  asyncapi: [at('/asyncapi')],
  problem: [at('/jobs/none'), at('/nowhere?lang=de'), at('/jobs/JOB/logs', { job: 'guarded' })],
  'problem-types': [at('/problems'), at('/problems?lang=de')],
  'problem-type': [at('/problems/out-of-memory'), at('/problems/unauthorized')],
  'sign-in': [
    at('/sign-in'),
    at('/sign-in', { then: sending('#sign-in-token', 'wrong', 'main form button[type=submit]', '/sign-in') }),
  ],
  'leads-on': [at('/', { then: (browser) => show(browser, 'leads-on', { to: `${BASE}/jobs` }) })],
  me: [at('/me'), at('/me?lang=de', { token: TOKEN })],
  usage: [
    at('/', { then: (browser) => show(browser, 'usage', usageReport) }),
    at('/', { then: (browser) => show(browser, 'usage', { ...usageReport, by: 'owner', rows: [] }) }),
  ],
  'share-link': [at('/jobs/JOB', { job: 'features', then: sharing })],
};

/** A server without an archive has none. */
const sums = { jobs: 3, hours: 1.25, processorHours: 0.125, memoryGiBHours: 2.5, usedProcessorHours: 0.05 };
const usageReport: UsageReportDto = {
  by: 'process',
  rows: ['kinds', 'hello'].map((key) => ({ key, ...sums })),
  total: sums,
  links: [{ href: `${BASE}/usage?f=csv`, rel: 'alternate', type: 'text/csv', title: 'This document as CSV' }],
};

/** Their operator has a server of its own on a real cluster; the page is what it would answer. */
async function showVisualisations(
  browser: Browser,
  states: readonly VisualisationListDto['visualisations'][number]['state'][],
) {
  const visualisations = states.map((state, at) => ({
    namespace: 'project',
    name: `app-${at}`,
    state,
    reason: 'ImagePullBackOff',
    message: 'The image cannot be pulled.',
    ...(state === 'ready' ? { url: `${BASE}/app` } : {}),
    image: 'example.org/app:1',
    created: '2026-01-01T00:00:00Z',
  }));
  await show(browser, 'visualisations', { visualisations, links: [] } satisfies VisualisationListDto);
}

/** Puts a page in place of the one that is shown. */
async function show(browser: Browser, kind: PageKind, resource: object) {
  const renderer = new HtmlRenderer({
    metadata: { identification: { title: 'A server' } },
    server: {},
  } as unknown as Configuration);
  const page = renderer.render(kind, resource, {
    base: BASE,
    address: `${BASE}/${kind}`,
    query: {},
    languages: ['en'],
  });
  // Scripts of pages are what the build made.
  const html = page.html.replaceAll(/<script\b[^>]*><\/script>/g, '');
  const { frameTree } = await browser.send('Page.getFrameTree');
  await browser.send('Page.setDocumentContent', { frameId: (frameTree as { frame: { id: string } }).frame.id, html });
  await eventually('its style', () =>
    browser.evaluate('[...document.styleSheets].some(({ cssRules }) => cssRules.length > 0)'),
  );
}

withBrowser('the pages in a browser', () => {
  let bed: TestBed;
  let browser: Browser;
  const jobs = new Map<JobName, string>();

  beforeAll(async () => {
    bed = await TestBed.startProcess(
      { NODE_OPTIONS: `--import ${new URL('../support/route-list.mjs', import.meta.url).href}` },
      { configuration: (text) => text.replace(/^server:\n/m, `$&  url: ${BASE}\n`) + kindsProcess + MORE },
    );
    browser = await Browser.start(chromium ?? '', [
      `--host-resolver-rules=MAP pages.example ${new URL(bed.url).host}`,
      '--disable-features=HttpsUpgrades',
    ]);
    await browser.send('Emulation.setLocaleOverride', { locale: 'en-GB' });
    if (pictures !== undefined) await mkdir(pictures, { recursive: true });
    await Promise.all([
      ...Object.entries(RESULTS).map(([name, [type, text]]) =>
        made(name as JobName, `PYGEOAPI_K8S_MANAGER_RESULT_START output=note mimetype=${type}\n${text}`),
      ),
      made('coloured', 'plain\n\u001b[31mred\u001b[0m \u001b[1;93;44mbright\u001b[0m\n'),
      ...Object.entries(STATES).map(async ([name, processId]) =>
        jobs.set(name as JobName, await bed.submit(processId, processId === 'hello-failing' ? { name: 'Ada' } : {})),
      ),
      bed.submit('secret-failing', {}, { token: TOKEN }).then((id) => jobs.set('guarded', id)),
    ]);
    for (const name of ['failed', 'unpulled', 'guarded'] as const) await bed.until(idOf(name), 'failed');
    for (const name of ['running', 'dismissed'] as const) await bed.until(idOf(name), 'running');
    await bed.delete(`/jobs/${idOf('dismissed')}`);
    await bed.until(idOf('dismissed'), 'dismissed');
  });
  afterAll(async () => {
    await (browser as Browser | undefined)?.stop();
    await (bed as TestBed | undefined)?.stop();
  });

  const idOf = (name: JobName) => jobs.get(name) ?? '';
  async function made(name: JobName, log: string): Promise<void> {
    const id = await bed.submit('prints', { log: Buffer.from(log).toString('base64') });
    await bed.until(id, 'successful');
    jobs.set(name, id);
  }

  it('are all that the server has', async () => {
    const routes = JSON.parse(/^routes: (.*)$/m.exec(await bed.output())?.[1] ?? '') as string[];
    const gets = [...new Set(routes.filter((route) => route.startsWith('GET ')).map((route) => route.slice(4)))];
    const values: Readonly<Record<string, string>> = {
      ':processId': 'kinds',
      ':jobId': idOf('text'),
      ':outputId': 'note',
      ':name': 'unauthorized',
      ':version': '3.1',
    };
    const shown = Object.values(PAGES).flatMap((pages) => pages.map(({ path }) => path.split('?')[0] ?? ''));
    const unseen: string[] = [];
    for (const route of gets) {
      const path = route.replaceAll(/:\w+/g, (name) => values[name] ?? 'x');
      const leaves = new AbortController();
      const answer = await fetch(bed.url + path, {
        headers: { accept: 'text/html' },
        redirect: 'manual',
        signal: leaves.signal,
      });
      leaves.abort();
      const isPage = answer.status === 200 && (answer.headers.get('content-type') ?? '').startsWith('text/html');
      const pattern = new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`);
      if (isPage && !shown.some((each) => pattern.test(each))) unseen.push(route);
    }
    // Swagger UI and Redoc, which are others'.
    expect(unseen.filter((route) => !route.startsWith('/docs'))).toEqual([]);
    expect(unseen).not.toHaveLength(gets.length);
  });

  const rows = Object.entries(PAGES).flatMap(([kind, pages]) =>
    pages.map((page, at) => [`${kind} ${at + 1}`, page.name, page] as const),
  );
  it.each(rows)('axe finds nothing wrong with %s: %s', async (number, _, { path, job, token, then }) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const found: (readonly [View, readonly string[]])[] = [];
    let width = 0;
    for (const view of Object.keys(VIEWS) as View[]) {
      await showAs(browser, view);
      // Those who turn the screen, or change its colours, load nothing again.
      const isNarrow = VIEWS[view].width < 700;
      if (width === 0 || isNarrow !== width < 700) {
        await browser.send('Network.clearBrowserCookies');
        await browser.open(BASE + (job === undefined ? path : path.replace('JOB', idOf(job))), headers);
        await then?.(browser);
        await browser.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      }
      ({ width } = VIEWS[view]);
      if (pictures !== undefined)
        await writeFile(`${pictures}/${number.replace(' ', '-')}-${view}.png`, await browser.picture());
      // A phone's view has the layout of the narrow one, and the colours of the light one: with `E2E_SLOW=1` axe looks at it, too.
      const look = view === 'phone' && !isSlow ? faultsOfWidth : faultsOfPage;
      found.push([view, await look(browser)]);
    }
    expect(found).toEqual(Object.keys(VIEWS).map((view) => [view, []]));
    expect(browser.complaints).toEqual([]);
  });
});
