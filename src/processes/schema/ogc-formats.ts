import { ExactNumber } from '../../json/exact-number.js';

type Check = (value: Readonly<Record<string, unknown>>) => boolean;

interface ObjectFormat {
  readonly expected: string;
  readonly check: Check;
}

const GEOMETRIES = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon'];

const geometry: Check = (value) =>
  value['type'] === 'GeometryCollection'
    ? Array.isArray(value['geometries'])
    : GEOMETRIES.includes(String(value['type'])) && Array.isArray(value['coordinates']);

/**
 * The values of the JSON Schema key `format` that OGC process descriptions use for objects (OGC API - Processes 1.0, section 7.6.2, and the
 * draft of 2.0). The checks look at the outermost structure only; strings (an encoded or referenced object) are left to the schema's `type`.
 */
const objectFormats: Readonly<Record<string, ObjectFormat>> = {
  'geojson-feature-collection': {
    expected: 'a GeoJSON FeatureCollection: an object with type "FeatureCollection" and an array of features',
    check: (value) => value['type'] === 'FeatureCollection' && Array.isArray(value['features']),
  },
  'geojson-feature': {
    expected: 'a GeoJSON Feature: an object with type "Feature" and a geometry',
    check: (value) => value['type'] === 'Feature' && Object.hasOwn(value, 'geometry'),
  },
  'geojson-geometry': {
    expected: `a GeoJSON geometry: an object with type ${GEOMETRIES.join(', ')} and coordinates, or GeometryCollection and geometries`,
    check: geometry,
  },
  'ogc-bbox': {
    expected: 'a bounding box: {"bbox": [4 or 6 numbers], "crs": a URI (default CRS84)}',
    check: ({ bbox, crs }) =>
      Array.isArray(bbox) &&
      (bbox.length === 4 || bbox.length === 6) &&
      bbox.every((number) => typeof number === 'number' || number instanceof ExactNumber) &&
      (crs === undefined || typeof crs === 'string'),
  },
  'ogc-link': {
    expected: 'a link: an object with href',
    check: ({ href }) => typeof href === 'string' && href !== '',
  },
};

/** Blanks have one place each where they may stand: in two, what nearly fits would cost the square of its length. */
const BASE64 = /^[A-Za-z0-9+/_\-\s]*(?:={1,2}\s*)?$/;

/** The short code of an OGC object format, given as such or as the URI that ends with it; undefined: none of them. */
export function objectFormatOf(format: string): string | undefined {
  const code = format.slice(format.lastIndexOf('/') + 1);
  return Object.hasOwn(objectFormats, code) ? code : undefined;
}

/** @returns what was expected, or undefined where the value has the format */
export function objectFormatFault(code: string, value: unknown): string | undefined {
  const format = objectFormats[code];
  if (!format || typeof value === 'string') return undefined;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && format.check(value as Record<string, unknown>) ? undefined : `must be ${format.expected}`;
}

/** Whether a string can be base64 (RFC 4648, sections 4 and 5; line breaks allowed). */
export function isBase64(text: string): boolean {
  return BASE64.test(text);
}
