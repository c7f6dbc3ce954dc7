import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HTMLElement, parse } from 'node-html-parser';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import { anArchivedJob, archivedId, second } from '../../src/archive/testing/archived-jobs.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { Browser } from '../support/browser.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';
import { faultsOfPage, showAs, type View, VIEWS } from '../support/views.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withPostgres = POSTGRES === undefined ? describe.skip : describe;
const inBrowser = chromium === undefined ? it.skip : it;
const INSTANCE = 'archive-lists';

interface List {
  readonly jobs: readonly (StatusInfo & { readonly tags?: readonly string[] })[];
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly numberMatched?: number;
  readonly incomplete?: string;
}

withPostgres('lists of jobs with an archive', () => {
  let postgres: TestPostgres;
  let reach: Reach;
  let bed: TestBed;
  let successful: string;
  let failed: string;
  beforeAll(async () => {
    postgres = await TestPostgres.create();
    const url = await postgres.database('archive');
    reach = new Reach(new PostgresLanes({ url }), INSTANCE);
    await reach.start();
    await thereIs(reach);
    await fill(new DatabaseArchive(reach));
    bed = await TestBed.startProcess(
      {},
      { configuration: (text) => `${text}\narchive: { url: '${url}', instance: ${INSTANCE} }\n` },
    );
    successful = await bed.submit('inputs', { text: 'x' }, { body: { tags: ['both', 'live one'] } });
    await bed.until(successful, 'successful');
    failed = await bed.submit('no-such-image');
    await bed.until(failed, 'failed');
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (reach as Reach | undefined)?.close();
    await (postgres as TestPostgres | undefined)?.remove();
  });

  /** What is not counted in time is left out: it is asked for until it is. */
  const list = (query: string): Promise<List> =>
    eventually('a list that is counted', async () => {
      const answer = (await (await bed.get(`/jobs?${query}`)).json()) as List;
      return 'numberMatched' in answer || 'incomplete' in answer ? answer : undefined;
    });
  const idsOf = ({ jobs }: List) => jobs.map(({ jobID }) => jobID);
  const hrefOf = ({ links }: List, rel: string) => links.find((link) => link.rel === rel)?.href.split('?')[1];
  const pageOf = async (query: string, headers: Record<string, string> = {}): Promise<HTMLElement> =>
    parse(await (await fetch(`${bed.url}/jobs?${query}`, { headers: { accept: 'text/html', ...headers } })).text());
  const archived = (from: number, to: number) =>
    Array.from({ length: from - to + 1 }, (_, at) => archivedId(from - at));

  it('have the jobs of both, in one order, forwards and backwards', async () => {
    const pages: List[] = [];
    for (let query: string | undefined = 'limit=8'; query !== undefined; query = hrefOf(pages.at(-1) as List, 'next'))
      pages.push(await list(query));
    expect(pages.flatMap(idsOf)).toEqual([failed, successful, ...archived(30, 1)]);
    expect(pages.map(({ numberMatched }) => numberMatched)).toEqual([32, 32, 32, 32]);
    const back = [pages.at(-1) as List];
    for (let query; (query = hrefOf(back[0] as List, 'prev')) !== undefined;) back.unshift(await list(query));
    expect(back.map(idsOf)).toEqual(pages.map(idsOf));
    expect(idsOf(await list('limit=5&offset=1'))).toEqual([successful, ...archived(30, 27)]);
  });

  it('sort and filter both alike', async () => {
    expect(idsOf(await list('sortby=created&limit=3'))).toEqual([1, 2, 3].map(archivedId));
    expect(idsOf(await list('tag=both'))).toEqual([successful, archivedId(30), archivedId(20), archivedId(10)]);
    expect(idsOf(await list('tag=both&tag=live+one'))).toEqual([successful]);
    expect(idsOf(await list('q=LIVE+one'))).toEqual([successful]);
    expect(idsOf(await list('q=fifteenth'))).toEqual([archivedId(15)]);
    expect(await list('status=failed&limit=2')).toMatchObject({ numberMatched: 4, numberReturned: 2 });
    expect(idsOf(await list('cause=image-pull-failed'))).toEqual([failed, archivedId(15)]);
    expect(idsOf(await list('processID=of-old'))).toEqual([archivedId(7)]);
    expect(idsOf(await list('datetime=2026-01-01T12:00:29Z/2026-01-01T12:00:31Z'))).toEqual(archived(30, 29));
    expect(idsOf(await list('minDuration=100&maxDuration=200'))).toEqual([archivedId(9)]);
    expect((await list('q=live+one')).jobs).toMatchObject([{ tags: ['both', 'live one'] }]);
  });

  it('have a job once while and after it is archived', async () => {
    const job = await bed.submit('inputs', { text: 'y' }, { body: { tags: ['moves'] } });
    await bed.until(job, 'successful');
    const archive = new DatabaseArchive(reach);
    await eventually('the record of the job', async () => {
      expect(await list('tag=moves')).toMatchObject({ jobs: [{ jobID: job }], numberMatched: 1 });
      return archive.find(job);
    });
    expect(await list('tag=moves')).toMatchObject({ jobs: [{ jobID: job }], numberMatched: 1 });
    expect((await bed.delete(`/jobs/${job}`)).status).toBe(200);
    await eventually('the end of the job', async () => {
      expect(await list('tag=moves')).toMatchObject({ jobs: [], numberMatched: 0 });
      return true;
    });
  });

  it('are pages whose tags lead on, in the form and out of it', async () => {
    // What is not counted in time is "many".
    const page = await eventually('a page with its counts', async () => {
      const answered = await pageOf('status=successful&tag=both');
      expect(answered.querySelector('.counts a')?.text).toMatch(/^all 4/);
      return answered;
    });
    const tags = page.querySelectorAll('tbody .tags a').map((link) => [link.text, link.getAttribute('href')]);
    expect(tags).toContainEqual(['live one', `${bed.url}/jobs?tag=live+one&status=successful`]);
    expect(page.querySelector('input[type=checkbox][name=tag]')?.getAttribute('value')).toBe('both');
    const form = new URLSearchParams([
      ['tag', 'both'],
      ['tag', 'live one'],
    ]);
    const answer = await fetch(`${bed.url}/jobs/filter?${form}`, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe(`${bed.url}/jobs?tag=both&tag=live+one`);
    const first = await pageOf('limit=2');
    const second = await pageOf(first.querySelector('.pages [rel=next]')?.getAttribute('href')?.split('?')[1] ?? '');
    expect(second.querySelector('[data-live=range]')?.text).toMatch(/^2 of 3\d jobs, newest first\.$/);
  });

  inBrowser('are pages without a fault of access', async () => {
    const browser = await Browser.start(chromium ?? '');
    try {
      for (const view of Object.keys(VIEWS) as View[]) {
        await showAs(browser, view);
        await browser.open(`${bed.url}/jobs?tag=both&f=html`);
        expect([view, await faultsOfPage(browser)]).toEqual([view, []]);
      }
    } finally {
      await browser.stop();
    }
  });

  it('say what is missing while the archive is away, and have it when it is back', async () => {
    await postgres.stop();
    const incomplete = 'The archive does not answer now: jobs that have left the cluster are missing.';
    const away = await list('limit=50');
    expect(away).toMatchObject({ incomplete });
    expect(away).not.toHaveProperty('numberMatched');
    expect(idsOf(away).slice(-2)).toEqual([failed, successful]);
    const page = await pageOf('limit=50', { 'accept-language': 'de' });
    expect(page.querySelector('[data-live=range] .notice')?.text).toMatch(/^Das Archiv antwortet gerade nicht/);
    expect(await list('status=running')).toMatchObject({ jobs: [], numberMatched: 0 });
    await postgres.start();
    await eventually('the archive', async () => {
      const back = await list('limit=50');
      expect(back).not.toHaveProperty('incomplete');
      expect(idsOf(back).slice(-30)).toEqual(archived(30, 1));
      return true;
    });
  });
});

/** Thirty jobs of some time ago, one of each second. */
async function fill(archive: DatabaseArchive): Promise<void> {
  const cause = 'image-pull-failed';
  const special = new Map([
    [7, { processId: 'of-old' }],
    [9, { finished: second(9 + 150) }],
    [15, { status: 'failed' as const, cause, message: 'It was the fifteenth.' }],
    [16, { status: 'failed' as const, cause: 'evicted', message: 'Evicted.' }],
    [17, { status: 'failed' as const, cause: 'evicted', message: 'Evicted.' }],
  ]);
  for (let number = 1; number <= 30; number += 1) {
    const tags = number % 10 === 0 ? ['both'] : [];
    await archive.put(anArchivedJob(number, { processId: 'inputs', tags, ...special.get(number) }));
  }
}
