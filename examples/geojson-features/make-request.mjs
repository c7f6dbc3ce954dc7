/**
 * Makes an execute request for the process geojson-features from real data: the countries of Natural Earth (1:110m) as the
 * package `world-atlas` ships them. Run: `node make-request.mjs [--bbox W,S,E,N] [--precision DECIMALS]`.
 */
import { createRequire } from 'node:module';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { centroid } from '@turf/centroid';
import { feature } from 'topojson-client';

/** West, south, east, north, in degrees. */
export const southAmerica = [-82, -56, -34, 13];

/** Inputs reach a container in one environment variable, which Linux limits to 128 KiB. */
const largestRequest = 100 * 1024;

/**
 * @param {{ bbox?: number[], precision?: number }} [options] which countries: those whose centroid lies within `bbox` (west, south, east,
 *   north in degrees; default South America); and the process's input `precision`
 * @returns {{ inputs: { features: import('geojson').FeatureCollection, precision: number } }} the body of an execute request
 * @throws {Error} when there is no such country, or the request would be larger than 100 KiB
 */
export function makeRequest({ bbox = southAmerica, precision = 3 } = {}) {
  const atlas = createRequire(import.meta.url)('world-atlas/countries-110m.json');
  const [west, south, east, north] = bbox;
  const features = feature(atlas, atlas.objects.countries)
    .features.filter((country) => {
      const [longitude, latitude] = centroid(country).geometry.coordinates;
      return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
    })
    .map((country) => ({
      ...country,
      geometry: { ...country.geometry, coordinates: rounded(country.geometry.coordinates) },
    }));
  if (features.length === 0) throw new Error(`no country has its centroid in ${bbox.join(',')}`);
  const request = { inputs: { features: { type: 'FeatureCollection', features }, precision } };
  const size = Buffer.byteLength(JSON.stringify(request));
  if (size > largestRequest) {
    throw new Error(
      `the ${features.length} countries in ${bbox.join(',')} make a request of ${size} bytes, over ${largestRequest}: choose a smaller box`,
    );
  }
  return request;
}

/** To five decimals, about a metre: TopoJSON's decoding leaves sixteen, none of them measured. */
function rounded(coordinates) {
  return Array.isArray(coordinates) ? coordinates.map(rounded) : Math.round(coordinates * 1e5) / 1e5;
}

function parseBox(text) {
  const box = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (box.length !== 4 || !box.every(Number.isFinite) || box[0] > box[2] || box[1] > box[3]) {
    throw new Error(`--bbox must be west,south,east,north in degrees (is ${text})`);
  }
  return box;
}

function parsePrecision(text) {
  if (!/^\d{1,2}$/.test(text)) throw new Error(`--precision must be a number of decimals (is ${text})`);
  return Number(text);
}

function main() {
  const { values } = parseArgs({ options: { bbox: { type: 'string' }, precision: { type: 'string' } } });
  const request = makeRequest({
    ...(values.bbox !== undefined && { bbox: parseBox(values.bbox) }),
    ...(values.precision !== undefined && { precision: parsePrecision(values.precision) }),
  });
  process.stdout.write(`${JSON.stringify(request)}\n`);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
