import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats';
import { isBase64, objectFormatFault, objectFormatOf } from './ogc-formats.js';
import type { JsonSchema } from './json-schema.js';

// The package is CommonJS: its default export is the plugin, which TypeScript sees one level deeper.
const addFormats = addFormatsModule as unknown as FormatsPlugin;

const OBJECT_FORMAT = 'x-ogc-object-format';
const BASE64 = 'x-ogc-base64';

export interface CompiledSchema {
  readonly validate: ValidateFunction;
  /** What is not checked although the schema says it: references that are not fetched, unknown formats. */
  readonly warnings: readonly string[];
}

/**
 * Compiles JSON Schemas (draft 2020-12, with the formats of `ajv-formats` and OGC's). Schemas at other addresses are never fetched: what such a
 * `$ref` asks for is not checked, with a warning.
 */
export class SchemaCompiler {
  private readonly warnings: string[] = [];
  private readonly ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    logger: {
      log: () => undefined,
      warn: (message: unknown) => this.warnings.push(String(message)),
      error: () => undefined,
    },
  });

  constructor() {
    addFormats(this.ajv);
    this.ajv.addKeyword({ keyword: OBJECT_FORMAT, errors: true, validate: validateObjectFormat });
    this.ajv.addKeyword({ keyword: BASE64, type: 'string', validate: (_: boolean, value: string) => isBase64(value) });
  }

  /** @throws Error where the schema is no valid JSON Schema; the message says why */
  compile(schema: JsonSchema): CompiledSchema {
    this.warnings.length = 0;
    const unresolved: string[] = [];
    const prepared = prepare(schema, unresolved) as JsonSchema;
    const validate = this.ajv.compile(typeof prepared === 'boolean' ? prepared : withoutId(prepared));
    const references = unresolved.map(
      (reference) => `"$ref": "${reference}" is not fetched: what it asks for is not checked`,
    );
    return { validate, warnings: [...references, ...this.warnings] };
  }
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
