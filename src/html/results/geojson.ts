import { isMapping } from '../../config/validation.js';

/** GeoJSON as pages look at it (RFC 7946). */
export type Members = Readonly<Record<string, unknown>>;

const GEOMETRIES = [
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
  'GeometryCollection',
];

/** Rows and columns of a table of attributes that stands on a page. */
export const MOST_FEATURES = 500;
export const MOST_COLUMNS = 40;

export function isGeoJson(value: unknown): value is Members {
  if (!isMapping(value)) return false;
  if (value['type'] === 'FeatureCollection') return Array.isArray(value['features']);
  if (value['type'] === 'Feature') return 'geometry' in value;
  return GEOMETRIES.includes(value['type'] as string) && ('coordinates' in value || 'geometries' in value);
}

/** A bounding box as the standard has it (schema bbox.yaml): four or six numbers in `bbox`. */
export function isBoundingBox(value: unknown): value is Members {
  if (!isMapping(value)) return false;
  const { bbox } = value;
  return Array.isArray(bbox) && (bbox.length === 4 || bbox.length === 6) && !('type' in value);
}

/** Attributes of features as a table: names of columns, and the rows. */
export function attributeTable(value: Members): { columns: readonly string[]; rows: readonly (readonly unknown[])[] } {
  const features = value['type'] === 'FeatureCollection' ? (value['features'] as readonly unknown[]) : [value];
  const properties = features.slice(0, MOST_FEATURES).map((feature) => {
    const own = isMapping(feature) ? feature['properties'] : undefined;
    return isMapping(own) ? own : {};
  });
  const columns = [...new Set(properties.flatMap((own) => Object.keys(own)))].slice(0, MOST_COLUMNS);
  return { columns, rows: properties.map((own) => columns.map((name) => own[name])) };
}
