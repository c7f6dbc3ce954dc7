import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Feature, FeatureCollection } from 'geojson';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { makeRequest } from './make-request.mjs';

type Request = ReturnType<typeof makeRequest>;

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function run(script: string, environment: Record<string, string>, parameters: string[] = []): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [here(script), ...parameters], { env: environment });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const measure = (inputs: unknown): Promise<Outcome> =>
  run('index.mjs', { PYGEOAPI_K8S_MANAGER_INPUTS: typeof inputs === 'string' ? inputs : JSON.stringify(inputs) });

const markers = 'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/geo+json\nPYGEOAPI_K8S_MANAGER_RESULT_START\n';

function resultOf({ code, stdout, stderr }: Outcome): FeatureCollection {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [log, result] = stdout.split(markers);
  expect(log).toMatch(/^INFO .*\n/);
  return JSON.parse(result ?? '') as FeatureCollection;
}

const collection = (...features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features });
const feat = (geometry: unknown, rest: object = {}): Feature =>
  ({ type: 'Feature', properties: null, geometry, ...rest }) as Feature;
const square = feat(
  {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
        [0, 0],
      ],
    ],
  },
  { id: 7, properties: { name: 'Grüße 東京' } },
);

describe('the process geojson-features', () => {
  it('takes qualified values, as clients of OGC API - Processes 1.0 send objects', async () => {
    const bare = await measure({ features: collection(square), precision: 1 });
    const features = { value: collection(square), mediaType: 'application/geo+json' };
    expect(resultOf(await measure({ features, precision: { value: 1 } }))).toEqual(resultOf(bare));
  });

  it('adds area, centroid and bounding box, and keeps ids, properties and geometries', async () => {
    const result = resultOf(await measure({ features: collection(square) }));
    expect(result).toEqual({
      type: 'FeatureCollection',
      bbox: [0, 0, 1, 1],
      features: [
        {
          type: 'Feature',
          id: 7,
          bbox: [0, 0, 1, 1],
          properties: { name: 'Grüße 東京', area_m2: expect.any(Number), centroid: [0.5, 0.5] },
          geometry: square.geometry,
        },
      ],
    });
    // A degree at the equator is 111.2 km on the sphere.
    expect((result.features[0]?.properties?.['area_m2'] as number) / 111_195 ** 2).toBeCloseTo(1, 2);
  });

  it('measures real countries to within a few percent of their known areas', async () => {
    const result = resultOf(await measure(makeRequest().inputs));
    const area = (name: string): number =>
      Number(result.features.find(({ properties }) => properties?.['name'] === name)?.properties?.['area_m2']) / 1e6;
    expect(area('Brazil') / 8_515_767).toBeCloseTo(1, 1);
    expect(area('Uruguay') / 176_215).toBeCloseTo(1, 1);
    expect(result.features.length).toBeGreaterThan(10);
    expect(result.features.every(({ bbox, id }) => bbox?.length === 4 && id !== undefined)).toBe(true);
  });

  it('prints the same bytes for the same input', async () => {
    const { inputs } = makeRequest();
    const [first, second] = await Promise.all([measure(inputs), measure(inputs)]);
    expect(first.stdout.split(markers)[1]).toBe(second.stdout.split(markers)[1]);
  });

  it('rounds to the asked number of decimals', async () => {
    const point = feat({ type: 'Point', coordinates: [8.123456, -0.0001] });
    const result = resultOf(await measure({ features: collection(point), precision: 2 }));
    expect(result.features[0]).toMatchObject({
      bbox: [8.12, 0, 8.12, 0],
      properties: { area_m2: 0, centroid: [8.12, 0] },
    });
  });

  it('takes a single feature as a collection of one', async () => {
    expect(resultOf(await measure({ features: square })).features).toHaveLength(1);
  });

  it('answers an empty collection with an empty collection', async () => {
    expect(resultOf(await measure({ features: collection() }))).toEqual({ type: 'FeatureCollection', features: [] });
  });

  it('gives points and lines the area 0', async () => {
    const line = feat({
      type: 'LineString',
      coordinates: [
        [0, 0],
        [2, 4],
      ],
    });
    const result = resultOf(await measure({ features: collection(line) }));
    expect(result.features[0]).toMatchObject({ bbox: [0, 0, 2, 4], properties: { area_m2: 0, centroid: [1, 2] } });
  });

  it.each([
    ['null', null],
    ['an empty point', { type: 'Point', coordinates: [] }],
    ['an empty polygon', { type: 'Polygon', coordinates: [] }],
  ])('gives a geometry that is %s no box and no centroid', async (_what, geometry) => {
    const result = resultOf(await measure({ features: collection(feat(geometry, { bbox: [1, 2, 3, 4] })) }));
    expect(result).toEqual({
      type: 'FeatureCollection',
      features: [{ type: 'Feature', properties: { area_m2: 0, centroid: null }, geometry }],
    });
  });

  it('does not trust bounding boxes that came with the input', async () => {
    const wrong = { ...collection({ ...square, bbox: [9, 9, 9, 9] }), bbox: [8, 8, 8, 8] };
    const result = resultOf(await measure({ features: wrong }));
    expect([result.bbox, result.features[0]?.bbox]).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 1],
    ]);
  });

  it('writes a result larger than a pipe takes at once, whole', async () => {
    const points = Array.from({ length: 1_200 }, (_, index) => feat({ type: 'Point', coordinates: [index / 10, 1] }));
    const outcome = await measure({ features: collection(...points) });
    expect(outcome.stdout.length).toBeGreaterThan(2 * 65_536);
    expect(resultOf(outcome).features.map(({ bbox }) => bbox?.[0])).toEqual(points.map((_, index) => index / 10));
  });

  it.each([
    ['{', /PYGEOAPI_K8S_MANAGER_INPUTS is not JSON/],
    [{}, /"features" is missing/],
    [{ features: [] }, /must be a GeoJSON FeatureCollection or Feature/],
    [{ features: collection(square), precision: 1.5 }, /"precision" must be an integer from 0 to 15 \(is 1.5\)/],
    [{ features: collection(feat({ type: 'Circle' })) }, /features\[0\]\.geometry\.type must be one of/],
    [
      { features: collection(square, feat({ type: 'LineString', coordinates: [[1, 'x']] })) },
      /features\[1\]\.geometry\.coordinates\[0\] must be a position/,
    ],
  ])('refuses wrong inputs %# with the place and the reason, and prints no result', async (inputs, message) => {
    const { code, stdout, stderr } = await measure(inputs);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('fetches features that are given by link, and inputs that are too large for its environment', async () => {
    const many = collection(...Array.from({ length: 2_000 }, () => square));
    const contents: Readonly<Record<string, unknown>> = {
      '/features': collection(square),
      '/inputs': { features: many, precision: 1 },
    };
    const server = createServer(({ url = '' }, response) => {
      if (contents[url] === undefined) response.writeHead(404).end();
      else response.end(JSON.stringify(contents[url]));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const link = (path: string, environment = {}) => {
      const inputs = { features: { href: base + path, type: 'application/geo+json' }, precision: 1 };
      const allowed = { ALLOW_PRIVATE_LINKS: 'true', ...environment };
      return run('index.mjs', { PYGEOAPI_K8S_MANAGER_INPUTS: JSON.stringify(inputs), ...allowed });
    };
    try {
      const expected = resultOf(await measure({ features: collection(square), precision: 1 }));
      expect(resultOf(await link('/features'))).toEqual(expected);
      const large = await run('index.mjs', { PYGEOAPI_K8S_MANAGER_INPUTS_URL: `${base}/inputs` });
      expect(resultOf(large).features).toHaveLength(2_000);
      expect((await link('/nothing')).stderr).toBe('ERROR "features" cannot be fetched: HTTP 404\n');
      const refused = await link('/features', { ALLOW_PRIVATE_LINKS: 'no' });
      expect(refused.stderr).toBe('ERROR "features" cannot be fetched: it leads into a private network\n');
    } finally {
      server.close();
    }
  });

  it('fetches links just as echo does', async () => {
    const [own, other] = await Promise.all(
      ['fetch-link.mjs', '../echo/fetch-link.mjs'].map((name) => readFile(here(name), 'utf8')),
    );
    expect(own).toBe(other);
  });

  it('says that its inputs are not set', async () => {
    expect(await run('index.mjs', {})).toEqual({
      code: 2,
      stdout: '',
      stderr: 'ERROR the environment variable PYGEOAPI_K8S_MANAGER_INPUTS is not set\n',
    });
  });
});

describe('the request maker', () => {
  it('prints a request below 100 KiB made of the countries in a box, unchanged but for rounding', async () => {
    const { code, stdout } = await run('make-request.mjs', {}, ['--bbox=-20,-36,52,38', '--precision=1']);
    expect(code).toBe(0);
    expect(Buffer.byteLength(stdout)).toBeLessThan(100 * 1_024);
    const request = JSON.parse(stdout) as Request;
    expect(request.inputs.precision).toBe(1);
    const atlas = createRequire(import.meta.url)('world-atlas/countries-110m.json') as Topology<{
      countries: GeometryCollection<{ name: string }>;
    }>;
    const names = feature(atlas, atlas.objects.countries).features.map(({ properties }) => properties.name);
    const chosen = request.inputs.features.features.map(({ properties }) => properties?.['name'] as string);
    expect(chosen).toEqual(expect.arrayContaining(['Kenya', 'Nigeria', 'South Africa']));
    expect(names).toEqual(expect.arrayContaining(chosen));
  });

  it.each([
    [['--bbox', '1,2,3'], /--bbox must be west,south,east,north/],
    [['--bbox=-180,-90,180,90'], /choose a smaller box/],
    [['--bbox', '0,-1,1,0'], /no country has its centroid/],
    [['--precision', 'x'], /--precision must be/],
  ])('refuses %j', async (parameters, message) => {
    const { code, stdout, stderr } = await run('make-request.mjs', {}, parameters);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
