import type { JsonSchema } from './json-schema.js';
import { mapSubschemas } from './subschemas.js';

type Members = Readonly<Record<string, unknown>>;

/** Keywords that allow or refuse nothing: they stay where they are when a schema is put inside an alternative. */
const ANNOTATIONS = new Set([
  '$anchor',
  '$comment',
  '$defs',
  '$id',
  '$schema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'discriminator',
  'examples',
  'externalDocs',
  'readOnly',
  'title',
  'writeOnly',
  'xml',
]);

/** Keywords by which a schema can refuse null although its `type` and `enum` do not. */
const REFUSING = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'const', 'if', 'not', 'oneOf'];

/**
 * A schema in the dialect of OpenAPI 3.0, as the schema.yaml of OGC API - Processes 1.0 has it, in JSON Schema, draft 2020-12: boolean
 * `exclusiveMinimum` and `exclusiveMaximum`, `nullable` and `example`. Everything else, and so any schema that is draft 2020-12 already,
 * stays as it is. (The libraries for it write draft 4, or know `nullable` beside `type` only.)
 *
 * `nullable: true` lets null pass wherever it stands, for this is what was meant, though OpenAPI 3.0.3 ignores it beside `$ref`.
 */
export function fromOpenApiDialect(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  const { nullable, example, ...rest } = mapSubschemas(schema, (inner) => fromOpenApiDialect(inner as JsonSchema));
  const translated = withLimit(withLimit(rest, 'minimum'), 'maximum');
  const withExamples =
    example === undefined || translated['examples'] !== undefined ? translated : { ...translated, examples: [example] };
  if (nullable === true) return withNull(withExamples);
  // No boolean: no keyword of OpenAPI, but a member that somebody added.
  return nullable === undefined || nullable === false ? withExamples : { ...withExamples, nullable };
}

/** `minimum: 1, exclusiveMinimum: true` is `exclusiveMinimum: 1`. */
function withLimit(schema: Members, limit: 'minimum' | 'maximum'): Members {
  const exclusive = limit === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
  const { [exclusive]: isExclusive, ...rest } = schema;
  if (typeof isExclusive !== 'boolean') return schema;
  if (!isExclusive || rest[limit] === undefined) return rest;
  const { [limit]: value, ...others } = rest;
  return { ...others, [exclusive]: value };
}

function withNull(schema: Members): Members {
  if (!REFUSING.some((keyword) => keyword in schema)) {
    const { type, enum: values } = schema;
    return {
      ...schema,
      ...(type === undefined ? {} : { type: including([type].flat(), 'null') }),
      ...(Array.isArray(values) ? { enum: including(values as unknown[], null) } : {}),
    };
  }
  const isAnnotation = (keyword: string) => ANNOTATIONS.has(keyword) || keyword.startsWith('x-');
  const keywords = Object.entries(schema);
  const assertions = Object.fromEntries(keywords.filter(([keyword]) => !isAnnotation(keyword)));
  const annotations = Object.fromEntries(keywords.filter(([keyword]) => isAnnotation(keyword)));
  return { ...annotations, ...alternativesWithNull(assertions) };
}

/** One list of alternatives stays one, so that forms and examples made of the schema see them. */
function alternativesWithNull(assertions: Members): Members {
  const nothing = { type: 'null' };
  const { oneOf, anyOf, ...others } = assertions;
  if (Object.keys(others).length === 0 && Array.isArray(anyOf) && oneOf === undefined)
    return { anyOf: [...(anyOf as unknown[]), nothing] };
  // Where an alternative lets null pass, or may, one more would make two that match.
  if (Object.keys(others).length === 0 && Array.isArray(oneOf) && anyOf === undefined && oneOf.every(refusesNull))
    return { oneOf: [...(oneOf as unknown[]), nothing] };
  return { anyOf: [assertions, nothing] };
}

function refusesNull(schema: unknown): boolean {
  const type = (schema as Members | null)?.['type'];
  return type !== undefined && ![type].flat().includes('null');
}

function including(values: readonly unknown[], value: unknown): readonly unknown[] {
  return values.includes(value) ? values : [...values, value];
}
