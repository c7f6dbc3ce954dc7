import { isMapping } from '../../config/validation.js';
import { ExactNumber } from '../../json/exact-number.js';
import { JsonFault } from '../../json/json-faults.js';
import { parseJson } from '../../json/parse-json.js';
import type { InputDescription } from '../description/process-description.js';
import type { JsonSchema } from '../schema/json-schema.js';
import { objectFormatOf } from '../schema/ogc-formats.js';

/** A value, or why there is none. */
export type Read = { readonly value: unknown } | { readonly fault: string };

/**
 * The value of an input that stands in parameters of a query (OGC API - Processes 2.0 draft, clause 16): text as it is
 * where the schema takes nothing else, otherwise JSON; a bounding box as its numbers; several values divided by commas
 * that are not escaped, or in several parameters.
 *
 * Where a schema takes text and something else, what is JSON of a type that it takes is that, anything else is text:
 * `5` is a number, `"5"` a text.
 * @param raw values as they stand in the query, escaped; at least one
 */
export function readInput({ schema, maxOccurs = 1 }: InputDescription, raw: readonly string[]): Read {
  if (maxOccurs !== 'unbounded' && maxOccurs <= 1) {
    if (raw.length > 1) return { fault: 'must be given once' };
    return withText(raw[0] ?? '', (text) => readText(schema, text));
  }
  const read = raw.length > 1 ? all(raw.map((one) => withText(one, (text) => readText(schema, text)))) : undefined;
  return read ?? withText(raw[0] ?? '', (text) => readList(schema, raw[0] ?? '', text));
}

/** The text of a part of a query; undefined where it is no UTF-8. `+` is a blank, as in forms. */
export function decode(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** What JSON of a query says, its numbers as they were written; undefined where it is none. */
export function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

export function withText(raw: string, read: (text: string) => Read): Read {
  const text = decode(raw);
  return text === undefined ? { fault: 'must be UTF-8, percent-encoded' } : read(text);
}

/** One value. */
export function readText(schema: JsonSchema, text: string): Read {
  const box = mayBeBox(schema) ? readBox(text) : undefined;
  if (box) return { value: box };
  const types = typesOf(schema);
  if (types && !takes(types, ...OTHERS)) return { value: text };
  const parsed = readJson(text);
  if (parsed && (!types || !types.has('string') || takes(types, typeOf(parsed.value)))) return parsed;
  // Of what is no number and no truth value the validation says best what it is not.
  if (!types || types.has('string') || !takes(types, 'array', 'object')) return { value: text };
  return { fault: 'must be JSON, percent-encoded' };
}

/** Values of an input that may have several. */
function readList(schema: JsonSchema, raw: string, text: string): Read {
  const box = mayBeBox(schema) ? readBox(text) : undefined;
  if (box) return { value: box };
  const types = typesOf(schema);
  // Commas within JSON are no dividers, whether they are escaped or not.
  const together = !types || takes(types, ...OTHERS) ? readJson(`[${text}]`)?.value : undefined;
  if (Array.isArray(together)) {
    const [only] = together as unknown[];
    if (together.length !== 1) return { value: together };
    return { value: Array.isArray(only) && types?.has('array') !== false ? together : only };
  }
  const read = all(raw.split(',').map((one) => withText(one, (part) => readText(schema, part))));
  return 'value' in read && Array.isArray(read.value) && read.value.length === 1
    ? { value: read.value[0] as unknown }
    : read;
}

function all(read: readonly Read[]): Read {
  const wrong = read.find((one) => 'fault' in one);
  return wrong ?? { value: read.map((one) => ('value' in one ? one.value : undefined)) };
}

/** Four or six numbers, as `bbox` of OGC API - Features has them. */
function readBox(text: string): { readonly bbox: unknown } | undefined {
  const numbers = readJson(`[${text}]`)?.value;
  const isBox = Array.isArray(numbers) && [4, 6].includes(numbers.length);
  return isBox && numbers.every((number) => typeOf(number) === 'number') ? { bbox: numbers } : undefined;
}

export function mayBeBox(schema: JsonSchema): boolean {
  if (!isMapping(schema)) return false;
  const { format } = schema;
  if (typeof format === 'string' && objectFormatOf(format) === 'ogc-bbox') return true;
  return alternatives(schema).some(mayBeBox) || parts(schema).some(mayBeBox);
}

/** Types of JSON that are not text. */
const OTHERS = ['object', 'array', 'number', 'boolean'];

function takes(types: ReadonlySet<string>, ...wanted: readonly string[]): boolean {
  return wanted.some((type) => types.has(type));
}

/** Which types of JSON a schema takes, `integer` as `number`, without null; undefined: any. */
function typesOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  if (!isMapping(schema)) return undefined;
  const { type, format } = schema;
  if (type !== undefined) return new Set([type].flat().map((name) => (name === 'integer' ? 'number' : String(name))));
  const values = Array.isArray(schema['enum'])
    ? schema['enum']
    : Object.hasOwn(schema, 'const')
      ? [schema['const']]
      : [];
  if (values.length > 0) return new Set(values.map(typeOf));
  if (typeof format === 'string' && objectFormatOf(format) !== undefined) return new Set(['object']);
  const offered = alternatives(schema);
  if (offered.length > 0) {
    const types = offered.map(typesOf);
    return types.includes(undefined) ? undefined : new Set(types.flatMap((known) => [...(known ?? [])]));
  }
  return parts(schema)
    .map(typesOf)
    .find((known) => known !== undefined);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

const alternatives = (schema: Readonly<Record<string, unknown>>) => schemasIn(schema, 'oneOf', 'anyOf');
const parts = (schema: Readonly<Record<string, unknown>>) => schemasIn(schema, 'allOf');

function schemasIn(schema: Readonly<Record<string, unknown>>, ...keys: readonly string[]): JsonSchema[] {
  return keys.flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as JsonSchema[]) : []));
}
