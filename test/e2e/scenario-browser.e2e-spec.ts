import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOfArchive } from '../support/archive.js';
import { Browser } from '../support/browser.js';
import { SHIPPED_CONFIGURATION, TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const ENDS = ['successful', 'failed', 'dismissed'];

/** Two towns. @param type of their geometries; of none that GeoJSON knows, the process fails */
function towns(type: string): string {
  const town = (name: string, coordinates: readonly number[]) => ({
    type: 'Feature',
    properties: { name },
    geometry: { type, coordinates },
  });
  return JSON.stringify({
    type: 'FeatureCollection',
    features: [town('Dresden', [13.74, 51.05]), town('Bonn', [7.1, 50.73])],
  });
}

let bed: TestBed;
if (chromium !== undefined) {
  beforeAll(async () => {
    bed = await TestBed.startProcess(
      { PYGEOAPI_CONFIG: SHIPPED_CONFIGURATION },
      { configuration: (text) => text.replace(/^  bind:\n/m, '  bind:\n    host: 127.0.0.1\n') },
    );
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());
}

withBrowser.each([
  ['with scripts', true],
  ['without scripts', false],
])('whoever comes with a browser %s', (_, runsScripts) => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-scenario-'));
    browser = await Browser.start(chromium ?? '');
    await browser.send('Emulation.setLocaleOverride', { locale: 'en-GB' });
    await browser.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
    await browser.show({ runsScripts });
    await signIn();
  });
  afterAll(async () => {
    await (browser as Browser | undefined)?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function signIn(): Promise<void> {
    await browser.open(`${bed.url}/sign-in`);
    await fill('#sign-in-token', TOKEN);
    await browser.click('main form[action$="/sign-in"] button[type=submit]');
    await eventually('being known', async () => (await browser.textOf('body'))?.includes('Signed in as'));
  }
  const fill = (selector: string, value: string) =>
    browser.evaluate(`document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`);
  const open = (processId: string) => browser.open(`${bed.url}/processes/${processId}`);
  const chooseTowns = async (type: string) => {
    const file = join(folder, `${type}.geojson`);
    await writeFile(file, towns(type));
    await browser.choose('input[type=file][name="input.features"]', [file]);
  };
  /** @returns the job whose page is shown then */
  async function execute(): Promise<string> {
    await browser.click('form[data-form] button[type=submit]:not([name])');
    await browser.loaded(`${bed.url}/jobs/`);
    return (await browser.evaluate<string>('location.pathname')).split('/').at(-1) ?? '';
  }
  /** With the example where there is one. */
  async function executeExample(processId: string): Promise<string> {
    await open(processId);
    if (await browser.evaluate<boolean>("document.querySelector('button[name=example]') !== null")) {
      await browser.click('button[name=example]');
      await browser.loaded(`${bed.url}/processes/${processId}/form`);
    }
    return execute();
  }
  const statusShown = () => browser.textOf('[data-live=state] .status');
  const watched = (status: string) =>
    eventually(`a page that says ${status}`, async () => (await statusShown()) === status, 120_000);

  it('executes every process of the shipped configuration by its form', async () => {
    const { processes } = (await (await bed.get('/processes?limit=1000')).json()) as { processes: { id: string }[] };
    const outcomes: (readonly [string, string])[] = [];
    for (const { id } of processes) {
      await executeExample(id);
      const end = async () => {
        const status = (await statusShown()) ?? '';
        return ENDS.includes(status) && status;
      };
      outcomes.push([id, await eventually(`the end of ${id}`, end, 120_000)]);
    }
    expect(outcomes).toEqual(processes.map(({ id }) => [id, id.endsWith('-failing') ? 'failed' : 'successful']));
    expect(browser.complaints).toEqual([]);
  }, 600_000);

  it('gives a file of their own, sees what comes of it, and takes it home', async () => {
    await open('geojson-features');
    await chooseTowns('Point');
    const jobId = await execute();
    await watched('successful');
    await browser.click('main a[href$="/results?f=html"]');
    await browser.loaded(`${bed.url}/jobs/${jobId}/results`);
    const rows = "[...document.querySelectorAll('.data tbody tr')].map((row) => row.querySelector('td').textContent)";
    expect(await browser.evaluate(rows)).toEqual(['Dresden', 'Bonn']);
    if (runsScripts) {
      const isDrawn = `(() => {
        const canvas = document.querySelector('.map[data-drawn] canvas');
        return canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
      })()`;
      await eventually('the map', () => browser.evaluate<boolean>(isDrawn));
      await browser.click('.data tbody tr:nth-child(2) button');
      await eventually('the feature', async () => (await browser.textOf('.leaflet-popup-content'))?.includes('Bonn'));
    }
    await browser.click(`main a[download="${jobId}.zip"]`);
    const result = await (await bed.get(`/jobs/${jobId}/results/features`)).text();
    expect(result).toContain('centroid');
    const files = await eventually('the archive', () => filesOfArchive(join(folder, `${jobId}.zip`)));
    expect(files).toEqual({ 'features.geojson': result });
    expect(browser.complaints).toEqual([]);
  });

  it('watches a job to its end', async () => {
    const jobId = await executeExample('hello-world-k8s-sleep');
    if (!runsScripts) expect(await browser.textOf('main noscript')).toContain('This page looks again every 5 seconds.');
    await browser.evaluate('window.stays = true');
    await watched('running');
    await watched('successful');
    // Without scripts the page is loaded again.
    expect(await browser.evaluate('window.stays === true')).toBe(runsScripts);
    await browser.click('[aria-labelledby=outputs] li a');
    await browser.loaded(`${bed.url}/jobs/${jobId}/results`);
    expect(await browser.textOf('body')).toContain('Hello');
    expect(browser.complaints).toEqual([]);
  });

  it('reads why a job failed, and its log', async () => {
    const jobId = await executeExample('hello-world-k8s-sleep-failing');
    await watched('failed');
    await eventually('why', async () =>
      (await browser.textOf('[aria-labelledby=cause]'))?.includes('oh no, we are failing'),
    );
    await browser.click(`main a[href*="${jobId}/logs"]`);
    await browser.loaded(`${bed.url}/jobs/${jobId}/logs`);
    const textsOf = (selector: string) =>
      browser.evaluate<string[]>(`[...document.querySelectorAll('${selector}')].map((line) => line.textContent)`);
    expect(await textsOf('.log li')).toEqual(
      expect.arrayContaining(['start and now sleeping 3s', 'oh no, we are failing']),
    );
    expect(await browser.evaluate("document.querySelector('.search input') !== null")).toBe(runsScripts);
    if (!runsScripts) return;
    await browser.evaluate(`{
      const input = document.querySelector('.search input');
      input.value = 'OH NO';
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    }`);
    expect(await textsOf('.log li.current')).toEqual(['oh no, we are failing']);
    expect(browser.complaints).toEqual([]);
  });

  it('cancels a job while it runs', async () => {
    await open('echo');
    await fill('[name="input.pause"]', '3600');
    await execute();
    await watched('running');
    await browser.evaluate("document.querySelector('#dismissal').open = true");
    await browser.click('#dismissal button');
    await watched('dismissed');
    expect(browser.complaints).toEqual([]);
  });

  it('runs one that failed again with a change', async () => {
    await open('geojson-features');
    await chooseTowns('Circle');
    const failed = await execute();
    await watched('failed');
    await browser.click('main a[href*="?from="]');
    await browser.loaded(`${bed.url}/processes/geojson-features?from=${failed}`);
    await browser.evaluate(`{
      const control = document.querySelector('textarea[name="input.features"]');
      control.value = control.value.replaceAll('Circle', 'Point');
    }`);
    expect(await execute()).not.toBe(failed);
    await watched('successful');
    expect(browser.complaints).toEqual([]);
  });
});
