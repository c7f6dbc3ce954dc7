import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats';
import { holdsExactNumbers } from '../../json/plain-json.js';
import { ExactKeywords } from './exact-keywords.js';
import { isBase64, objectFormatFault, objectFormatOf } from './ogc-formats.js';
import type { JsonSchema } from './json-schema.js';

// The package is CommonJS: its default export is the plugin, which TypeScript sees one level deeper.
const addFormats = addFormatsModule as unknown as FormatsPlugin;

const OBJECT_FORMAT = 'x-ogc-object-format';
const BASE64 = 'x-ogc-base64';

export type SchemaCheck = (value: unknown) => readonly ErrorObject[];

export interface CompiledSchema {
  /**
   * @returns what of the value does not fit; empty: it fits. Numbers that are kept by their text count by what they say, not
   * by their doubles.
   */
  readonly errorsOf: SchemaCheck;
  /** What is not checked although the schema says it: references that are not fetched, unknown formats. */
  readonly warnings: readonly string[];
}

/**
 * Compiles JSON Schemas (draft 2020-12, with the formats of `ajv-formats` and OGC's). Schemas at other addresses are never fetched: what such a
 * `$ref` asks for is not checked, with a warning.
 */
export class SchemaCompiler {
  private readonly warnings: string[] = [];
  private readonly ajv = makeAjv({
    logger: {
      log: () => undefined,
      warn: (message: unknown) => this.warnings.push(String(message)),
      error: () => undefined,
    },
  });
  /** For what plain ajv decides by doubles, or in more than linear time. What it compiles is known to be a schema. */
  private exact: ExactKeywords | undefined;

  /** @throws Error where the schema is no valid JSON Schema; the message says why */
  compile(schema: JsonSchema): CompiledSchema {
    this.warnings.length = 0;
    const unresolved: string[] = [];
    const prepared = prepare(schema, unresolved) as JsonSchema;
    const compilable = typeof prepared === 'boolean' ? prepared : withoutId(prepared);
    const validate = this.ajv.compile(compilable);
    const isAlwaysExact = asksForExactness(compilable);
    let validateExactly: ValidateFunction | undefined;
    const errorsOf: SchemaCheck = (value) => {
      if (!isAlwaysExact && !holdsExactNumbers(value)) return validate(value) ? [] : (validate.errors ?? []);
      this.exact ??= new ExactKeywords(makeAjv({ logger: false, validateSchema: false, meta: false }));
      validateExactly ??= this.exact.compile(compilable);
      return this.exact.validate(validateExactly, value);
    };
    const references = unresolved.map(
      (reference) => `"$ref": "${reference}" is not fetched: what it asks for is not checked`,
    );
    return { errorsOf, warnings: [...references, ...this.warnings] };
  }
}

/** `__proto__` and `constructor` are names as any other: what every object inherits is no member. */
function makeAjv(options: Options): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false, ownProperties: true, ...options });
  addFormats(ajv);
  ajv.addKeyword({ keyword: OBJECT_FORMAT, errors: true, validate: validateObjectFormat });
  ajv.addKeyword({ keyword: BASE64, type: 'string', validate: (_: boolean, value: string) => isBase64(value) });
  return ajv;
}

/**
 * By doubles 19.99 is no multiple of 0.01; ajv compares every item that is no text or number with every other, and fails on
 * objects with a member `toString`.
 */
function asksForExactness(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([keyword, value]) =>
      (keyword === 'multipleOf' && !Number.isInteger(value)) ||
      keyword === 'uniqueItems' ||
      (keyword === 'const' && isContainer(value)) ||
      (keyword === 'enum' && Array.isArray(value) && value.some(isContainer)) ||
      asksForExactness(value),
  );
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

interface ValidateWithErrors {
  (code: string, value: unknown): boolean;
  errors?: { keyword: string; message: string; params: Record<string, unknown> }[];
}

const validateObjectFormat: ValidateWithErrors = (code, value) => {
  const expected = objectFormatFault(code, value);
  validateObjectFormat.errors = expected ? [{ keyword: OBJECT_FORMAT, message: expected, params: {} }] : [];
  return !expected;
};

/** Keywords whose values are data, and keywords whose values map names to schemas. */
const DATA = new Set(['enum', 'const', 'default', 'examples', 'example']);
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']);

/** ajv applies `format` to strings and numbers only, and fetches nothing: both are put in terms that it has. */
function prepare(schema: unknown, unresolved: string[]): unknown {
  if (Array.isArray(schema)) return schema.map((item) => prepare(item, unresolved));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref: reference, format, ...rest } = schema as Record<string, unknown>;
  const prepared = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]) => {
      if (DATA.has(keyword)) return [keyword, value];
      if (!MAPS.has(keyword) || typeof value !== 'object' || value === null)
        return [keyword, prepare(value, unresolved)];
      return [
        keyword,
        Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, prepare(inner, unresolved)])),
      ];
    }),
  );
  const objectFormat = typeof format === 'string' ? objectFormatOf(format) : undefined;
  if (objectFormat) prepared[OBJECT_FORMAT] = objectFormat;
  else if (format !== undefined) prepared['format'] = format;
  if (rest['contentEncoding'] === 'base64') prepared[BASE64] = true;
  if (typeof reference === 'string' && /^https?:/i.test(reference)) unresolved.push(reference);
  else if (reference !== undefined) prepared['$ref'] = reference;
  return prepared;
}

/** Two processes may well use one schema with an identifier. */
function withoutId({ $id: _, ...schema }: Readonly<Record<string, unknown>>): JsonSchema {
  return schema;
}
