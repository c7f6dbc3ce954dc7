import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'node-html-parser';
import { filesOfArchive } from '../support/archive.js';
import { Browser } from '../support/browser.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** `TEST_CHROMIUM` names a Chromium. */
const chromium = process.env['TEST_CHROMIUM'];
const withBrowser = chromium === undefined ? describe.skip : describe;

const place = (name: string, east: number, north: number) => ({
  type: 'Feature',
  properties: { name, people: north * 1000, note: '<img src=x onerror=alert(1)>' },
  geometry: { type: 'Point', coordinates: [east, north] },
});
const FEATURES = JSON.stringify({
  type: 'FeatureCollection',
  features: [place('Dresden', 13.74, 51.05), place('Bonn', 7.1, 50.73), place('Aachen', 6.08, 50.78)],
});
const TABLE = 'name;people\nDresden;570000\nBonn;340000\n"Aachen; Stadt";250000';

/** A GeoTIFF of four times two bytes, by the specification (TIFF 6.0, section 2; OGC 19-008r4). */
function rasterFile(): Buffer {
  const doubles = (...values: number[]) => Buffer.from(new Float64Array(values).buffer);
  const shorts = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer);
  const pixels = Buffer.from([0, 36, 73, 109, 146, 182, 219, 255]);
  const [SHORT, LONG, DOUBLE] = [3, 4, 12];
  const geoKeys = shorts(1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326);
  const tags: [tag: number, type: number, count: number, value: number | Buffer][] = [
    [256, SHORT, 1, 4],
    [257, SHORT, 1, 2],
    [258, SHORT, 1, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 1],
    [273, LONG, 1, pixels],
    [277, SHORT, 1, 1],
    [278, SHORT, 1, 2],
    [279, LONG, 1, pixels.length],
    [33550, DOUBLE, 3, doubles(0.5, 0.5, 0)],
    [33922, DOUBLE, 6, doubles(0, 0, 0, 10, 50, 0)],
    [34735, SHORT, 16, geoKeys],
  ];
  const head = Buffer.alloc(8 + 2 + tags.length * 12 + 4);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  const parts: Buffer[] = [head];
  let end = head.length;
  for (const [at, [tag, type, count, value]] of tags.entries()) {
    const place = 10 + at * 12;
    head.writeUInt16LE(tag, place);
    head.writeUInt16LE(type, place + 2);
    head.writeUInt32LE(count, place + 4);
    head.writeUInt32LE(typeof value === 'number' ? value : end, place + 8);
    if (typeof value === 'number') continue;
    parts.push(value);
    end += value.length;
  }
  return Buffer.concat(parts);
}

describe('results', () => {
  let bed: TestBed;
  let tiles: Server;
  const asked: string[] = [];
  const jobs: Record<string, string> = {};

  beforeAll(async () => {
    tiles = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.referer}`);
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end('<svg xmlns="http://www.w3.org/2000/svg"/>');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => tiles.once('listening', resolve));
    const url = `http://127.0.0.1:${(tiles.address() as AddressInfo).port}/{z}/{x}/{y}.svg`;
    const attribution = `'&copy; <a href="https://example.org/">Somebody</a><script>alert(1)</script>'`;
    bed = await TestBed.startProcess(
      {},
      {
        configuration: (text) =>
          text.replace(/^server:\n/m, `$&  map: { url: '${url}', attribution: ${attribution} }\n`),
      },
    );
    const made = {
      features: ['application/geo+json', FEATURES],
      table: ['text/csv', TABLE],
      box: [
        'application/json',
        '{"bbox": [5.9, 47.3, 15.0, 55.0], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}',
      ],
      tree: ['application/json', '{"digits": 12345678901234567890, "list": [{"deep": {"deeper": true}}], "empty": {}}'],
      text: ['text/plain', 'plain'],
    } as const;
    jobs['raster'] = await printed(
      '"image/tiff; application=geotiff"',
      rasterFile().toString('base64'),
      ' encoding=base64',
    );
    await Promise.all(
      Object.entries(made).map(async ([name, [type, text]]) => (jobs[name] = await printed(type, text))),
    );
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    tiles?.close();
  });

  /** A job with one result. */
  async function printed(mediaType: string, text: string, more = ''): Promise<string> {
    const log = `PYGEOAPI_K8S_MANAGER_RESULT_START output=note mimetype=${mediaType}${more}\n${text}`;
    const id = await bed.submit('prints', { log: Buffer.from(log).toString('base64') });
    await bed.until(id, 'successful');
    return id;
  }

  const pageOf = async (name: string, language = 'en') =>
    parse(
      await (
        await fetch(`${bed.url}/jobs/${jobs[name]}/results?f=html`, { headers: { 'accept-language': language } })
      ).text(),
    );

  it('of JSON are a tree, with every digit', async () => {
    const page = await pageOf('tree');
    const tree = page.querySelector('.tree');
    expect(tree?.text).toContain('12345678901234567890');
    expect(tree?.querySelectorAll('details').length).toBe(4);
    expect(tree?.querySelectorAll('details[open]').length).toBe(2);
  });

  it('of GeoJSON are a map and a table of attributes, which are text', async () => {
    const page = await pageOf('features');
    expect(page.querySelector('[data-map=features]')?.getAttribute('data-source')).toBe(
      `${bed.url}/jobs/${jobs['features']}/results/note`,
    );
    expect(page.querySelectorAll('.data thead th').map(({ text }) => text)).toEqual(['name', 'people', 'note']);
    expect(page.querySelectorAll('.data tbody tr').map((row) => row.querySelector('td')?.text)).toEqual([
      'Dresden',
      'Bonn',
      'Aachen',
    ]);
    expect(page.querySelectorAll('.data img')).toEqual([]);
    expect(page.querySelector('[data-map]')?.getAttribute('data-attribution')).toBe(
      '© <a href="https://example.org/">Somebody</a>',
    );
  });

  it('of CSV are a table, whatever divides its columns', async () => {
    const rows = (await pageOf('table')).querySelectorAll('.data tbody tr');
    expect(rows.map((row) => row.querySelectorAll('td').map(({ text }) => text))).toEqual([
      ['Dresden', '570000'],
      ['Bonn', '340000'],
      ['Aachen; Stadt', '250000'],
    ]);
  });

  it('say how large they are as people read it, and are downloaded by names, in German, too', async () => {
    const page = await pageOf('table', 'de');
    expect(page.querySelector('h1')?.text).toBe('Ergebnisse');
    expect(page.querySelector('main dl')?.text).toContain(`${TABLE.length} Byte`);
    const download = page.querySelector('a[download="note.csv"]');
    expect(download?.text).toBe('note.csv herunterladen');
    expect(await (await fetch(download?.getAttribute('href') ?? '')).text()).toBe(TABLE);
  });

  it('come as one archive, which a program of somebody else opens', async () => {
    const answer = await fetch(`${bed.url}/jobs/${jobs['features']}/results?f=zip`);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'application/zip',
      `attachment; filename="${jobs['features']}.zip"`,
    ]);
    const folder = await mkdtemp(join(tmpdir(), 'e2e-zip-'));
    try {
      await writeFile(join(folder, 'all.zip'), Buffer.from(await answer.arrayBuffer()));
      expect(await filesOfArchive(join(folder, 'all.zip'))).toEqual({ 'note.geojson': FEATURES });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are no archive before the job has ended, or where it is none of them', async () => {
    const none = await fetch(`${bed.url}/jobs/none/results?f=zip`);
    expect([none.status, none.headers.get('content-disposition')]).toEqual([404, null]);
    const wrong = await fetch(`${bed.url}/jobs/${jobs['text']}/results?f=zip&outputs=other`);
    expect([wrong.status, wrong.headers.get('content-disposition')]).toEqual([400, null]);
  });

  withBrowser('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => void (browser = await Browser.start(chromium ?? '')));
    afterAll(() => browser?.stop());
    const open = (name: string) => browser.open(`${bed.url}/jobs/${jobs[name]}/results?f=html`);
    const drawn = () =>
      eventually('the map', () => browser.evaluate<boolean>("document.querySelector('.map')?.dataset.drawn === ''"));

    it('are drawn on a map that asks nobody but the server, until one asks for a background', async () => {
      await open('features');
      await drawn();
      expect(await browser.evaluate("document.querySelectorAll('.map path.land').length > 0")).toBe(true);
      expect(asked).toEqual([]);
      await browser.click('.map .leaflet-top button');
      await eventually('tiles', () => Promise.resolve(asked.length > 0));
      expect(asked[0]).toMatch(new RegExp(`^/\\d+/\\d+/\\d+\\.svg ${bed.url}/$`));
      expect(await browser.evaluate("document.querySelector('.leaflet-control-attribution').textContent")).toBe(
        '© Somebody',
      );
      asked.length = 0;
      // It is remembered.
      await open('box');
      await drawn();
      await eventually('tiles', () => Promise.resolve(asked.length > 0));
      expect(browser.complaints).toEqual([]);
    });

    it('lie on land whose outline goes nowhere across the map', async () => {
      await open('features');
      const script = await browser.evaluate<string>('document.querySelector(\'script[src$="/results.js"]\').src');
      const land = (await (await fetch(new URL('land.json', script))).json()) as {
        features: { geometry: { coordinates: [number, number][][][] } }[];
      };
      const rings = land.features.flatMap(({ geometry }) => geometry.coordinates.flat());
      const isJump = ([east, north]: [number, number], [next]: [number, number]) =>
        north > -90 && Math.abs(east - next) > 180;
      expect(rings.length).toBeGreaterThan(100);
      expect(
        rings.filter((ring) => ring.some((point, at) => at > 0 && isJump(ring[at - 1] as [number, number], point))),
      ).toEqual([]);
      // Their middles stand on the map: Asia is one piece with Europe, and begins beyond the antimeridian.
      const middles = rings.map((ring) => ring.map(([east]) => east)).map((e) => (Math.min(...e) + Math.max(...e)) / 2);
      expect(middles.filter((middle) => Math.abs(middle) > 180)).toEqual([]);
    });

    it('stand on the map and in the table alike: a row shows its feature', async () => {
      await open('features');
      await drawn();
      await browser.click('.data tbody tr:nth-child(2) button');
      const popup = await eventually('the feature', () =>
        browser.evaluate<string | undefined>("document.querySelector('.leaflet-popup-content')?.textContent"),
      );
      expect(popup).toContain('Bonn');
      expect(popup).toContain('<img src=x onerror=alert(1)>');
      expect(browser.complaints).toEqual([]);
    });

    it('of GeoTIFF are drawn once one asks, with what the header says', async () => {
      await open('raster');
      const loaded = () =>
        browser.evaluate<boolean>(
          "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/geotiff.js'))",
        );
      await eventually('the button', () => browser.evaluate("document.querySelector('[data-raster] button') !== null"));
      expect(await loaded()).toBe(false);
      await browser.click('[data-raster] button');
      const facts = await eventually('the picture', () =>
        browser.evaluate<string[] | undefined>(
          "(document.querySelector('[data-raster] canvas') && [...document.querySelectorAll('[data-raster] :is(dt, dd)')].map((e) => e.textContent)) || undefined",
        ),
      );
      const known = { Pixels: '4 × 2', Bands: '1', 'Reference system': 'EPSG:4326', Extent: '10, 49, 12, 50' };
      expect(facts).toEqual(Object.entries({ ...known, Resolution: '0.5 × 0.5', Overviews: '0' }).flat());
      const pixel = (at: number) =>
        browser.evaluate<number[]>(
          `[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 4, 2).data.slice(${at} * 4, ${at} * 4 + 4)]`,
        );
      expect([await pixel(0), await pixel(7)]).toEqual([
        [0, 0, 0, 255],
        [255, 255, 255, 255],
      ]);
      expect(browser.complaints).toEqual([]);
    });

    it('are sorted by the columns of their table: numbers by their size', async () => {
      await open('table');
      const column = () =>
        browser.evaluate("[...document.querySelectorAll('.data td:first-child')].map((e) => e.textContent)");
      await eventually('the buttons', () => browser.evaluate("document.querySelector('.data th button') !== null"));
      await browser.click('.data th:nth-child(2) button');
      expect(await column()).toEqual(['Aachen; Stadt', 'Bonn', 'Dresden']);
      await browser.click('.data th:nth-child(2) button');
      expect(await column()).toEqual(['Dresden', 'Bonn', 'Aachen; Stadt']);
      expect(await browser.evaluate("document.querySelector('.data th:nth-child(2)').ariaSort")).toBe('descending');
    });
  });
});
