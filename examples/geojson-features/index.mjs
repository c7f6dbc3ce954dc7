/**
 * An OGC process: GeoJSON in, GeoJSON out, with the area, centroid and bounding box of every feature.
 *
 * Reads its inputs as JSON from the environment variable PYGEOAPI_K8S_MANAGER_INPUTS or, where they are too large for one, from the
 * address in PYGEOAPI_K8S_MANAGER_INPUTS_URL (`large_inputs: url`); fetches those that are given by link, which may lead into a
 * private network where ALLOW_PRIVATE_LINKS is `true`. Prints log lines, then the result markers and the result.
 * Exit codes: 0 done, 1 failed, 2 the inputs are wrong.
 */
import { area } from '@turf/area';
import { bbox } from '@turf/bbox';
import { centroid } from '@turf/centroid';
import { parseExact } from './exact-json.mjs';
import { fetchLink, LinkError } from './fetch-link.mjs';

const inputsVariable = 'PYGEOAPI_K8S_MANAGER_INPUTS';
const addressVariable = 'PYGEOAPI_K8S_MANAGER_INPUTS_URL';
const defaultPrecision = 3;
const geometryTypes = [
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
  'GeometryCollection',
];

class InputError extends Error {}

async function readText() {
  const { [inputsVariable]: text, [addressVariable]: address } = process.env;
  if (address === undefined) return text;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the inputs cannot be read (HTTP ${response.status})`);
  return response.text();
}

async function readInputs() {
  const text = await readText();
  if (text === undefined || text === '') throw new InputError(`the environment variable ${inputsVariable} is not set`);
  const inputs = parse(text, inputsVariable);
  if (!isObject(inputs)) throw new InputError(`${inputsVariable} must be a JSON object`);
  const written = parseExact(text);
  const { features: given, precision: digits } = Object.fromEntries(
    await Promise.all(Object.entries(inputs).map(async ([id, input]) => [id, await valueOf(id, input, written[id])])),
  );
  const features = given?.value;
  const precision = digits?.value ?? defaultPrecision;
  if (features === undefined) throw new InputError('the input "features" is missing');
  if (!Number.isInteger(precision) || precision < 0 || precision > 15) {
    throw new InputError(`"precision" must be an integer from 0 to 15 (is ${JSON.stringify(precision)})`);
  }
  return { collection: asCollection(features), written: toCollection(given.written), precision };
}

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${what} is not JSON: ${error.message}`);
  }
}

/**
 * An input comes as link, or as `{value, mediaType}` from clients of OGC API - Processes 1.0 (schema qualifiedInputValue.yaml), or bare.
 * @returns its value, and the same with numbers as they were written
 */
async function valueOf(id, input, written) {
  if (isObject(input) && /^https?:/i.test(input.href)) {
    const text = await fetched(id, input.href);
    return { value: parse(text, `what "${id}" leads to`), written: parseExact(text) };
  }
  const isQualified = isObject(input) && Object.hasOwn(input, 'value') && !Object.hasOwn(input, 'type');
  return isQualified ? { value: input.value, written: written.value } : { value: input, written };
}

async function fetched(id, href) {
  try {
    const { bytes } = await fetchLink(href, { allowPrivate: process.env.ALLOW_PRIVATE_LINKS === 'true' });
    return bytes.toString();
  } catch (error) {
    if (error instanceof LinkError) throw new InputError(`"${id}" cannot be fetched: ${error.message}`);
    throw error;
  }
}

function toCollection(value) {
  return value?.type === 'Feature' ? { type: 'FeatureCollection', features: [value] } : value;
}

function asCollection(value) {
  const collection = toCollection(value);
  if (!isObject(collection) || collection.type !== 'FeatureCollection' || !Array.isArray(collection.features)) {
    throw new InputError('"features" must be a GeoJSON FeatureCollection or Feature');
  }
  collection.features.forEach((feature, index) => {
    const path = `features[${index}]`;
    if (!isObject(feature) || feature.type !== 'Feature') throw new InputError(`${path} must be a GeoJSON Feature`);
    if (feature.properties !== undefined && feature.properties !== null && !isObject(feature.properties)) {
      throw new InputError(`${path}.properties must be an object or null`);
    }
    if (feature.geometry !== undefined && feature.geometry !== null)
      checkGeometry(feature.geometry, `${path}.geometry`);
  });
  return collection;
}

function checkGeometry(geometry, path) {
  if (!isObject(geometry) || !geometryTypes.includes(geometry.type)) {
    throw new InputError(`${path}.type must be one of ${geometryTypes.join(', ')}`);
  }
  if (geometry.type === 'GeometryCollection') {
    if (!Array.isArray(geometry.geometries)) throw new InputError(`${path}.geometries must be an array`);
    geometry.geometries.forEach((member, index) => checkGeometry(member, `${path}.geometries[${index}]`));
    return;
  }
  const depth = { Point: 0, MultiPoint: 1, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3 };
  checkCoordinates(geometry.coordinates, depth[geometry.type], `${path}.coordinates`, geometry.type === 'Point');
}

/** Positions stand `depth` arrays deep. An empty array is an empty geometry (RFC 7946, section 3.1), of a point as well. */
function checkCoordinates(coordinates, depth, path, mayBeEmpty) {
  if (!Array.isArray(coordinates)) throw new InputError(`${path} must be an array`);
  if (depth > 0) {
    coordinates.forEach((member, index) => checkCoordinates(member, depth - 1, `${path}[${index}]`, false));
    return;
  }
  if (mayBeEmpty && coordinates.length === 0) return;
  if (coordinates.length < 2 || !coordinates.every(Number.isFinite)) {
    throw new InputError(`${path} must be a position: two or more numbers`);
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function round(value, precision) {
  // Adding 0 turns -0 into 0.
  return Number(value.toFixed(precision)) + 0;
}

/** Undefined where there is no position at all. A bounding box that came with the input may be wrong, and is not used. */
function boundsOf(geojson, precision) {
  const bounds = bbox(geojson, { recompute: true });
  return bounds.every(Number.isFinite) ? bounds.map((bound) => round(bound, precision)) : undefined;
}

/** @param written the same feature, with its numbers as they were written: what it holds is passed on so */
function measure(feature, written, precision) {
  const { geometry = null } = feature;
  const bounds = boundsOf(feature, precision);
  return {
    ...written,
    geometry: written.geometry ?? null,
    // Undefined values are left out of the JSON.
    bbox: bounds,
    properties: {
      ...written.properties,
      area_m2: bounds ? round(area(geometry), precision) : 0,
      centroid: bounds ? centroid(geometry).geometry.coordinates.map((degrees) => round(degrees, precision)) : null,
    },
  };
}

function measureAll({ collection, written, precision }) {
  return {
    ...written,
    bbox: boundsOf(collection, precision),
    features: collection.features.map((feature, index) => measure(feature, written.features[index], precision)),
  };
}

/** Resolves when the text has left the process: ending it earlier would cut what a pipe has not taken yet. */
function write(stream, text) {
  return new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));
}

async function main() {
  const started = performance.now();
  const inputs = await readInputs();
  await write(process.stdout, `INFO job ${process.env.PYGEOAPI_JOB_ID ?? '(none)'}\n`);
  await write(
    process.stdout,
    `INFO measuring ${inputs.collection.features.length} features, ${inputs.precision} decimals\n`,
  );
  const result = measureAll(inputs);
  const empty = result.features.filter((feature) => feature.bbox === undefined).length;
  if (empty > 0) await write(process.stdout, `WARNING ${empty} features have no geometry\n`);
  await write(process.stdout, `INFO done after ${Math.round(performance.now() - started)} ms\n`);
  await write(
    process.stdout,
    'PYGEOAPI_K8S_MANAGER_RESULT_MIMETYPE: application/geo+json\n' +
      `PYGEOAPI_K8S_MANAGER_RESULT_START\n${JSON.stringify(result)}\n`,
  );
}

try {
  await main();
} catch (error) {
  const wrongInputs = error instanceof InputError;
  await write(process.stderr, `ERROR ${wrongInputs ? error.message : error.stack}\n`);
  process.exitCode = wrongInputs ? 2 : 1;
}
