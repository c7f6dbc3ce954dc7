import { writtenTextOf } from './provenance.js';
import { isMapping } from './validation-values.js';

type Members = Record<string, unknown>;

const DESCRIBED = ['title', 'description', 'keywords'];
const PROCESS = [...DESCRIBED, 'id', 'version', 'links'];

/** Keywords of a JSON Schema whose values are of the type that it names. */
const VALUES = ['const', 'default', 'enum', 'example', 'examples'];

/** Keywords of a JSON Schema that map names to schemas: a name there is no keyword. */
const MAPS = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'];

/**
 * Puts the text that was written in place of numbers and booleans that YAML made of it (`version: 1.0`, `keywords: [2026]`, `title: 5`),
 * wherever the configuration takes texts: in `metadata` of the server and of processes. Data (`minimum`, an input's
 * `example`) stays what it
 * is; the values of a schema of `type: string` are texts.
 * @param content of the file, which is changed
 */
export function restoreTexts(content: Readonly<Members>): void {
  restoreInside(content, 'metadata');
  for (const resource of members(content['resources'])) {
    const { metadata } = mapping(mapping(resource)['processor']);
    restoreKeys(mapping(metadata), PROCESS);
    for (const described of [...members(mapping(metadata)['inputs']), ...members(mapping(metadata)['outputs'])]) {
      restoreKeys(mapping(described), DESCRIBED);
      restoreSchema(mapping(described)['schema']);
    }
  }
}

function restoreSchema(schema: unknown): void {
  if (Array.isArray(schema)) schema.forEach(restoreSchema);
  if (!isMapping(schema)) return;
  restoreKeys(schema, ['title', 'description', 'format', 'pattern']);
  if (schema['type'] === 'string') restoreKeys(schema, VALUES);
  for (const [keyword, value] of Object.entries(schema)) {
    if (MAPS.includes(keyword)) members(value).forEach(restoreSchema);
    else if (!VALUES.includes(keyword)) restoreSchema(value);
  }
}

function restoreKeys(container: Members, keys: readonly string[]): void {
  for (const key of keys) restoreInside(container, key);
}

/** The value under a key, or all values inside it. */
function restoreInside(container: Members, key: string): void {
  const value = container[key];
  const text = value === null ? undefined : writtenTextOf(container, key)?.text;
  if (text !== undefined) container[key] = text;
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.keys(value)) restoreInside(value as Members, inner);
}

function mapping(value: unknown): Members {
  return isMapping(value) ? value : {};
}

function members(value: unknown): unknown[] {
  return Object.values(mapping(value));
}
