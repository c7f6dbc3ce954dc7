import type { convertSync } from '@openapi-contrib/json-schema-to-openapi-schema';
import { createRequire } from 'node:module';
import type { SchemaObject } from './openapi-types.js';
import type { JsonSchema } from '../schema/json-schema.js';
import { mapSubschemas } from '../schema/subschemas.js';
import { isMapping } from '../../config/validation.js';

type Members = Readonly<Record<string, unknown>>;

/** Loaded when somebody asks for a document of OpenAPI 3.0. */
const require = createRequire(import.meta.url);
const converter = '@openapi-contrib/json-schema-to-openapi-schema';

/** Makes a schema that stands anywhere in an OpenAPI document of a JSON Schema, draft 2020-12. */
export type SchemaConversion = (schema: JsonSchema) => SchemaObject;

/**
 * As OpenAPI 3.1 takes it, which is draft 2020-12: references inside the schema are put in place of themselves (a recursive one and one to
 * another address become "anything"), for they are read from the root of the document.
 */
export function toOpenApi31Schema(schema: JsonSchema): SchemaObject {
  // The type of the package that makes the document knows OpenAPI 3.0 only.
  return (typeof schema === 'boolean' ? (schema ? {} : { not: {} }) : embedded(schema)) as SchemaObject;
}

/** As {@link toOpenApi31Schema}, in the dialect of OpenAPI 3.0: keywords that it lacks become extensions (`x-...`). */
export function toOpenApi30Schema(schema: JsonSchema): SchemaObject {
  if (typeof schema === 'boolean') return toOpenApi31Schema(schema);
  const { convertSync: convert } = require(converter) as { convertSync: typeof convertSync };
  return withoutDraft6(
    convert(embedded(schema) as Parameters<typeof convertSync>[0]) as unknown as Members,
  ) as SchemaObject;
}

function embedded(schema: Members): Members {
  const { $defs: _, definitions: __, $schema: ___, $id: ____, ...inlined } = inline(schema, schema, []) as Members;
  return inlined;
}

function inline(node: unknown, root: Members, open: readonly string[]): unknown {
  if (!isMapping(node)) return node;
  const { $ref: reference, ...rest } = node;
  const siblings = mapSubschemas(rest, (inner) => inline(inner, root, open));
  if (typeof reference !== 'string') return siblings;
  const target = open.includes(reference) ? undefined : resolve(reference, root);
  const resolved = inline(target ?? {}, root, [...open, reference]);
  return isMapping(resolved) ? { ...resolved, ...siblings } : resolved === false ? { ...siblings, not: {} } : siblings;
}

/** Follows a reference of the form `#/$defs/name`; undefined where it leads nowhere inside the schema. */
function resolve(reference: string, root: Members): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isMapping(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

/** OpenAPI 3.0 is of draft 4, which has no schemas that are booleans and no empty lists of what is required or allowed. */
function withoutDraft6(schema: Members): Members {
  const { additionalProperties, required, enum: values, ...rest } = schema;
  const change = (inner: unknown) => {
    if (typeof inner === 'boolean') return inner ? {} : { not: {} };
    return withoutDraft6(inner as Members);
  };
  const kept = Array.isArray(required) && required.length > 0 ? { required: [...new Set(required as unknown[])] } : {};
  return {
    ...mapSubschemas(rest, change),
    ...kept,
    ...(!Array.isArray(values) ? {} : values.length > 0 ? { enum: values as unknown[] } : { not: {} }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties: isMapping(additionalProperties) ? change(additionalProperties) : additionalProperties,
        }),
  };
}
