import { pointerTo } from '../../json/json-pointer.js';

type Members = Readonly<Record<string, unknown>>;

/** Keywords of JSON Schema (drafts 4 to 2020-12) and of OpenAPI 3.0 that hold a schema, or a list of them. */
const SCHEMAS = new Set([
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

/** Keywords that map names to schemas. */
const MAPS = new Set(['$defs', 'definitions', 'dependentSchemas', 'dependencies', 'patternProperties', 'properties']);

/**
 * A copy of a schema in which each schema directly inside it is changed. What is data (`default`, `enum`), or unknown, stays as it is.
 * @param change is told the place of the schema, a JSON Pointer
 */
export function mapSubschemas(
  schema: Members,
  change: (subschema: unknown, place: string) => unknown,
): Record<string, unknown> {
  const each = (value: unknown, place: string): unknown => {
    if (Array.isArray(value)) return value.map((item, at) => (isSchema(item) ? change(item, `${place}/${at}`) : item));
    return isSchema(value) ? change(value, place) : value;
  };
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (SCHEMAS.has(keyword)) return [keyword, each(value, `/${keyword}`)];
      if (!MAPS.has(keyword) || typeof value !== 'object' || value === null || Array.isArray(value))
        return [keyword, value];
      const inside = Object.entries(value).map(([name, inner]) => [name, each(inner, pointerTo(`/${keyword}`, name))]);
      return [keyword, Object.fromEntries(inside) as unknown];
    }),
  );
}

function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}
