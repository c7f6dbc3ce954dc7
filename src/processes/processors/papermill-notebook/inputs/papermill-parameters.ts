import { Buffer } from 'node:buffer';
import { parseDocument } from 'yaml';
import { isMapping } from '../../../../config/validation.js';
import { Decimal } from '../../../../json/decimal.js';
import { ExactNumber } from '../../../../json/exact-number.js';
import { pointerTo } from '../../../../json/json-pointer.js';

/** So many digits Python reads of one integer, as a rule (`sys.int_info.default_max_str_digits`). */
const MOST_DIGITS = 4300;

/**
 * Parameters of a notebook as `papermill -b` takes them: base64 of YAML, which papermill reads as YAML 1.1. JSON is not always that: a number such as
 * `1e-7` would become a text, and some characters are not allowed as they are.
 */
export function encodeParameters(
  parameters: Readonly<Record<string, unknown>>,
  schemas: Readonly<Record<string, unknown>> = {},
): string {
  return Buffer.from(toYaml(parameters, { properties: schemas })).toString('base64');
}

/**
 * Flow style, all of it ASCII.
 * @param value what a JSON document holds; to JSON Schema 1 and 1.0 are the same
 * @param schema its JSON Schema: where it says `number` the notebook gets a float, where `integer` an int; else `1.0` is a
 * float and `1` an int
 */
export function toYaml(value: unknown, schema?: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return number(String(value), isFloat(schema));
  if (value instanceof ExactNumber) return exactNumber(value, schema);
  if (Array.isArray(value)) return `[${value.map((item, at) => toYaml(item, schemaOfItem(schema, at))).join(', ')}]`;
  if (isMapping(value)) {
    const entries = Object.entries(value).map(
      ([key, entry]) => `? ${quoted(key)} : ${toYaml(entry, schemaOfMember(schema, key))}`,
    );
    return `{${entries.join(', ')}}`;
  }
  return JSON.stringify(value ?? null);
}

function isFloat(schema: unknown): boolean {
  const types = typesOf(schema);
  return types.includes('number') && !types.includes('integer');
}

function isInteger(schema: unknown): boolean {
  const types = typesOf(schema);
  return types.includes('integer') && !types.includes('number');
}

function typesOf(schema: unknown): unknown[] {
  return isMapping(schema) ? [schema['type']].flat() : [];
}

/** An integer that no double holds stays one: as a float it would lose digits. */
function exactNumber(value: ExactNumber, schema: unknown): string {
  const integer = isInteger(schema) ? Decimal.of(value).integerText(MOST_DIGITS) : undefined;
  return integer ?? number(value.text, isFloat(schema) && Number.isSafeInteger(Number(value)));
}

function schemaOfItem(schema: unknown, at: number): unknown {
  if (!isMapping(schema)) return undefined;
  const { prefixItems, items } = schema as { prefixItems?: unknown; items?: unknown };
  return (Array.isArray(prefixItems) ? prefixItems[at] : undefined) ?? items;
}

function schemaOfMember(schema: unknown, key: string): unknown {
  if (!isMapping(schema)) return undefined;
  const { properties, additionalProperties } = schema as { properties?: unknown; additionalProperties?: unknown };
  return isMapping(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[^\x20-\x7e]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** YAML 1.1 knows a number with an exponent by its point and the exponent's sign. */
function number(text: string, asFloat: boolean): string {
  const [mantissa = '', exponent] = text.toLowerCase().split('e');
  if (exponent === undefined) return asFloat && !mantissa.includes('.') ? `${mantissa}.0` : mantissa;
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}e${/^[+-]/.test(exponent) ? exponent : `+${exponent}`}`;
}

/** JSON Pointers of the numbers that Python would not read, or make infinite: it has no numbers beyond doubles but integers. */
export function infiniteNumbers(value: unknown, pointer: string): string[] {
  if (value instanceof ExactNumber) return isForPython(value) ? [] : [pointer];
  if (Array.isArray(value)) return value.flatMap((item, at) => infiniteNumbers(item, pointerTo(pointer, at)));
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => infiniteNumbers(member, pointerTo(pointer, key)));
}

function isForPython(value: ExactNumber): boolean {
  if (/[.e]/i.test(value.text)) return Number.isFinite(Number(value));
  return value.text.replace('-', '').length <= MOST_DIGITS;
}

/**
 * Where lines end to Python's parser (YAML 1.1), but not to the one here: what is the rest of a comment here is a line of its own there,
 * with a name that nobody has looked at.
 */
const LINE_ENDS_OF_PYTHON = /[\u0085\u2028\u2029]|\r(?!\n)/;

/** What is wrong with parameters that a client sends as base64 of YAML; undefined: nothing. */
export function faultOfEncoded(encoded: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
    if (LINE_ENDS_OF_PYTHON.test(text))
      return 'must end lines by LF or CR LF: a lone CR, U+0085, U+2028 or U+2029 must be escaped';
    const document = parseDocument(text, { version: '1.1' });
    if (document.errors.length === 0 && isNamed(document.toJS())) return undefined;
  } catch {
    // No UTF-8, or too many aliases; the parser's message would repeat the parameters.
  }
  return 'must be base64 of a YAML mapping whose keys are names of variables';
}

/** Of Python, R, Julia and bash together. */
const VARIABLE = /^[\p{L}_.][\p{L}\p{N}_.]*$/u;

/** Papermill writes the name of a parameter into the notebook as it is: what is no name of a variable would be a program. */
export function namesVariable(name: string): boolean {
  return VARIABLE.test(name);
}

/** Papermill takes each key as the name of a parameter. The parser makes texts of the keys 1 and true; as names they are wrong anyhow. */
function isNamed(parameters: unknown): boolean {
  return parameters === null || (isMapping(parameters) && Object.keys(parameters).every(namesVariable));
}
