import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.js';
import { EventReader } from '../support/event-reader.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

/** More than a browser opens connections to a host by HTTP/1.1, which are six. */
const TABS = 10;
/** Streams that the server has places for: one of the tabs, and one more while it is opened anew. */
const PLACES = 2;

withBrowser('tabs that follow jobs', () => {
  let bed: TestBed;
  const tabs: Browser[] = [];
  const jobs: string[] = [];
  beforeAll(async () => {
    bed = await TestBed.startProcess(
      {},
      { configuration: (text) => text.replace('  limits:', `  listeners: { at_once: ${PLACES} }\n  limits:`) },
    );
    tabs.push(await Browser.start(chromium ?? ''));
    for (let tab = 0; tab < TABS; tab += 1) {
      const jobId = await bed.submit('endless');
      await bed.until(jobId, 'running');
      jobs.push(jobId);
    }
  });
  afterAll(async () => {
    await tabs[0]?.stop();
    await bed?.stop();
  });

  /** Opens a page that keeps what it hears of its job. */
  async function follow(tab: Browser, jobId: string): Promise<void> {
    await tab.open(`${bed.url}/processes`);
    await tab.evaluate(`(async () => {
      const page = document.querySelector('script[src$="/page.js"]').src;
      const { followJobs } = await import(page.replace('page.js', 'job-events.js'));
      window.heard = [];
      followJobs([${JSON.stringify(jobId)}], (status) => heard.push(status.status + ' ' + (status.progress ?? '')));
    })()`);
  }
  const heardBy = (tab: Browser) => tab.evaluate<string[]>('heard');
  const untilHeard = (tab: Browser, what: string) =>
    eventually(`${what} in the tab`, async () => (await heardBy(tab)).at(-1) === what);
  const say = (jobId: string, progress: number) =>
    bed.cluster.batch.patchNamespacedJob(
      {
        name: `pygeoapi-job-${jobId}`,
        namespace: bed.cluster.namespace,
        body: { metadata: { annotations: { 'pygeoapi.io/progress': String(progress) } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  /** As a browser does it where another tab is chosen. */
  const turn = (tab: Browser, visibility: 'visible' | 'hidden') =>
    tab.evaluate(`(() => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, value: ${JSON.stringify(visibility)} });
      document.dispatchEvent(new Event('visibilitychange'));
    })()`);
  const placesAreFree = async () => {
    const readers = await Promise.all(Array.from({ length: PLACES }, () => EventReader.open(`${bed.url}/jobs/events`)));
    for (const reader of readers) reader.leave();
    return readers.every(({ status }) => status === 200);
  };

  it('share one stream, and leave connections for pages', async () => {
    while (tabs.length < TABS) tabs.push(await (tabs[0] as Browser).beside());
    for (const [at, tab] of tabs.entries()) await follow(tab, jobs[at] ?? '');
    for (const tab of tabs) await untilHeard(tab, 'running ');
    for (const [at, jobId] of jobs.entries()) await say(jobId, at + 1);
    for (const [at, tab] of tabs.entries()) await untilHeard(tab, `running ${at + 1}`);
    const another = await (tabs[0] as Browser).beside();
    await another.open(`${bed.url}/jobs`);
    expect(await another.evaluate("document.querySelector('main h1') !== null")).toBe(true);
    // The list is followed, too.
    await another.open(`${bed.url}/processes`);
  });

  it('go on where the one that has it is closed or hidden', async () => {
    await tabs[0]?.open(`${bed.url}/processes`);
    for (const [at, jobId] of jobs.entries()) await say(jobId, at + 21);
    for (const [at, tab] of tabs.entries()) if (at > 0) await untilHeard(tab, `running ${at + 21}`);
    await turn(tabs[1] as Browser, 'hidden');
    await say(jobs[1] ?? '', 91);
    await say(jobs[2] ?? '', 92);
    await untilHeard(tabs[2] as Browser, 'running 92');
  });

  it('have none while all are hidden, and the present state when one is shown', async () => {
    for (const tab of tabs.slice(1)) await turn(tab, 'hidden');
    await eventually('all places being free', placesAreFree);
    await bed.delete(`/jobs/${jobs[3]}`);
    await bed.ended(jobs[3] ?? '');
    expect((await heardBy(tabs[3] as Browser)).at(-1)).toMatch(/^running/);
    await turn(tabs[3] as Browser, 'visible');
    await eventually('the end in the tab', async () =>
      (await heardBy(tabs[3] as Browser)).at(-1)?.startsWith('dismissed'),
    );
    await turn(tabs[1] as Browser, 'visible');
    await untilHeard(tabs[1] as Browser, 'running 91');
  });

  it('hear that the list has changed', async () => {
    const tab = tabs[5] as Browser;
    await tab.open(`${bed.url}/jobs?status=accepted,running`);
    await tab.evaluate(`(async () => {
      const page = document.querySelector('script[src$="/page.js"]').src;
      const { followList } = await import(page.replace('page.js', 'job-events.js'));
      window.changes = 0;
      followList(location.search, () => (changes += 1));
    })()`);
    const changes = () => tab.evaluate<number>('changes');
    await eventually('the first call', async () => (await changes()) > 0);
    const before = await changes();
    await say(jobs[6] ?? '', 99);
    await eventually('the change', async () => (await changes()) > before);
    for (const jobId of jobs) await bed.delete(`/jobs/${jobId}`);
  });
});
