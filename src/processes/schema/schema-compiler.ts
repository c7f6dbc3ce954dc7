import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js';
import addFormatsModule, { type FormatsPlugin } from 'ajv-formats';
import { ExactNumber } from '../../json/exact-number.js';
import { holdsExactNumbers } from '../../json/plain-json.js';
import { ExactKeywords } from './exact-keywords.js';
import { isBase64, objectFormatFault, objectFormatOf } from './ogc-formats.js';
import type { JsonSchema } from './json-schema.js';
import { linearPattern } from './linear-pattern.js';
import { countOfSchemas, patternWarnings, referencesIn, withSteps } from './schema-costs.js';
import { STEP, StepBudget, Stopped } from './step-budget.js';
import { isUrl } from './url-format.js';

// The package is CommonJS: its default export is the plugin, which TypeScript sees one level deeper.
const addFormats = addFormatsModule as unknown as FormatsPlugin;

const OBJECT_FORMAT = 'x-ogc-object-format';
const BASE64 = 'x-ogc-base64';

/** Characters of a name that stand in the path of an error. */
const LONGEST_NAME = 100;

/** The most errors that are listed of one value. */
export const MOST_ERRORS = 100;

/** Keyword of an error that says: there are more, which are not listed. */
export const MORE = 'x-more';

/**
 * @param most how many errors are listed, about; more are told by one of the keyword {@link MORE}. Default {@link MOST_ERRORS}; 1: the first
 * one, and whether there are more is not looked at
 */
export type SchemaCheck = (value: unknown, most?: number) => readonly ErrorObject[];

export interface CompiledSchema {
  /**
   * @returns what of the value does not fit; empty: it fits. Numbers that are kept by their text count by what they say, not
   * by their doubles. In a time that is linear in the value, and with a bounded number of errors
   */
  readonly errorsOf: SchemaCheck;
  /** What is not checked although the schema says it: references that are not fetched, unknown formats; patterns that may take long. */
  readonly warnings: readonly string[];
}

type Mode = 'first' | 'list';

/** An instance of ajv for what does not fit at first, or for a list of that. */
class Validator {
  readonly budget = new StepBudget();
  private readonly ajv: Ajv2020;
  private readonly exact: ExactKeywords | undefined;

  constructor(mode: Mode, isExact: boolean, options: Options = { logger: false, validateSchema: false, meta: false }) {
    this.ajv = makeAjv({ allErrors: mode === 'list', ...options }, this.budget);
    this.exact = isExact ? new ExactKeywords(this.ajv) : undefined;
  }

  compile(schema: JsonSchema): (value: unknown) => readonly ErrorObject[] {
    const validate = this.ajv.compile(schema);
    const { exact } = this;
    if (exact) return (value) => exact.validate(validate, value);
    return (value) => (validate(value) ? [] : (validate.errors ?? []));
  }
}

/**
 * Compiles JSON Schemas (draft 2020-12, with the formats of `ajv-formats` and OGC's). Schemas at other addresses are never fetched: what such a
 * `$ref` asks for is not checked, with a warning.
 */
export class SchemaCompiler {
  private readonly warnings: string[] = [];
  /** For what plain ajv decides by doubles, or in more than linear time, there are exact ones. Whoever comes second knows that it is a schema. */
  private readonly first = new Validator('first', false, {
    logger: {
      log: () => undefined,
      warn: (message: unknown) => this.warnings.push(String(message)),
      error: () => undefined,
    },
  });
  private readonly others = new Map<string, Validator>();

  /** @throws Error where the schema is no valid JSON Schema; the message says why */
  compile(schema: JsonSchema): CompiledSchema {
    this.warnings.length = 0;
    const unresolved: string[] = [];
    const prepared = prepare(schema, unresolved) as JsonSchema;
    const compilable = typeof prepared === 'boolean' ? prepared : withoutId(prepared);
    const references = referencesIn(compilable);
    const counted = references.length > 0 ? withSteps(compilable, 'counted') : compilable;
    const firstOf = this.first.compile(counted);
    const isAlwaysExact = asksForExactness(compilable);
    const stepsOfAPart = references.length > 0 ? countOfSchemas(compilable) : 0;
    // What refers to the whole schema may do so within an alternative.
    const refersToWhole = references.some((reference) => !reference.startsWith('#/'));
    const listed = withSteps(compilable, refersToWhole ? 'counted' : 'counts');
    const exactOf = later(() => this.validator('first', true).compile(counted));
    const listOf = later(() => this.validator('list', false).compile(listed));
    const exactListOf = later(() => this.validator('list', true).compile(listed));
    const errorsOf: SchemaCheck = (value, most = MOST_ERRORS) => {
      const isExact = isAlwaysExact || holdsExactNumbers(value);
      const { budget } = isExact ? this.validator('first', true) : this.first;
      const validate = isExact ? exactOf() : firstOf;
      const first =
        references.length > 0
          ? stoppable(() => budget.validating(countOfParts(value), stepsOfAPart, () => validate(value)), TOO_MANY_STEPS)
          : validate(value);
      if (first.length === 0 || most <= 1) return first;
      const list = isExact ? exactListOf() : listOf();
      const errors = stoppable(
        () => this.validator('list', isExact).budget.listing(most, () => list(value)),
        more(first),
      );
      // What stops at first may see it otherwise than what goes on: the first verdict holds.
      return errors.length === 0 ? first : errors.length > most ? [...errors.slice(0, most), THERE_ARE_MORE] : errors;
    };
    const unfetched = unresolved.map(
      (reference) => `"$ref": "${reference}" is not fetched: what it asks for is not checked`,
    );
    return { errorsOf, warnings: [...unfetched, ...patternWarnings(compilable), ...this.warnings] };
  }

  private validator(mode: Mode, isExact: boolean): Validator {
    const key = `${mode} ${isExact}`;
    const known = this.others.get(key) ?? new Validator(mode, isExact);
    this.others.set(key, known);
    return known;
  }
}

function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const THERE_ARE_MORE = pseudoError(MORE, 'has more faults than are listed');
const TOO_MANY_STEPS = [
  pseudoError(STEP, 'takes more steps than are made to compare it with its schema; nest it less deep'),
];

function pseudoError(keyword: string, message: string): ErrorObject {
  return { keyword, message, instancePath: '', schemaPath: `#/${keyword}`, params: {} };
}

function more(first: readonly ErrorObject[]): readonly ErrorObject[] {
  return [...first, THERE_ARE_MORE];
}

/** @param otherwise where the validation was stopped, and no errors are known to count */
function stoppable(validate: () => readonly ErrorObject[], otherwise: readonly ErrorObject[]): readonly ErrorObject[] {
  try {
    return validate();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return error.errors && error.errors.length > 0 ? [...error.errors, THERE_ARE_MORE] : otherwise;
  }
}

/** How many arrays, objects and scalar values a value is made of. */
function countOfParts(value: unknown): number {
  let count = 1;
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return count;
  for (const part of Object.values(value)) count += countOfParts(part);
  return count;
}

/** `__proto__` and `constructor` are names as any other: what every object inherits is no member. */
function makeAjv(options: Options, budget: StepBudget): Ajv2020 {
  const ajv = new Ajv2020({
    verbose: true,
    strict: false,
    ownProperties: true,
    ...options,
    code: { regExp: patternOf, process: withShortPaths },
  });
  addFormats(ajv);
  ajv.addFormat('url', isUrl);
  ajv.addKeyword({ keyword: OBJECT_FORMAT, errors: true, validate: validateObjectFormat });
  ajv.addKeyword({ keyword: BASE64, type: 'string', validate: (_: boolean, value: string) => isBase64(value) });
  budget.addTo(ajv);
  return ajv;
}

const patternOf = Object.assign((source: string) => linearPattern(source).pattern, { code: 'new RegExp' });

/** Paths of errors are made for each part, from all of the names above it: a name of a megabyte would be copied for each. */
function withShortPaths(code: string): string {
  return code.replaceAll(/(\b\w+)(?=\.replace\(\/~\/g,)/g, `$1.slice(0,${LONGEST_NAME})`);
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
