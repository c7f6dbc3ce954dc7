import { convertSync } from '@openapi-contrib/json-schema-to-openapi-schema';
import type { SchemaObject } from './openapi-types.js';
import type { JsonSchema } from '../schema/json-schema.js';
import { isMapping } from '../../config/validation.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * A JSON Schema (draft 2020-12) as an OpenAPI 3.0 schema that stands anywhere in a document: references inside the schema are put in place of
 * themselves (a recursive one and one to another address become "anything"), keywords that OpenAPI 3.0 lacks become extensions (`x-...`).
 */
export function toOpenApiSchema(schema: JsonSchema): SchemaObject {
  if (typeof schema === 'boolean') return schema ? {} : { not: {} };
  const { $defs: _, definitions: __, ...inlined } = inline(schema, schema, []) as Record<string, unknown>;
  return convertSync(inlined as Parameters<typeof convertSync>[0]) as SchemaObject;
}

function inline(node: unknown, root: Members, open: readonly string[]): unknown {
  if (Array.isArray(node)) return node.map((item) => inline(item, root, open));
  if (!isMapping(node)) return node;
  const { $ref: reference, ...rest } = node;
  if (typeof reference !== 'string')
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value, root, open)]));
  const target = open.includes(reference) ? undefined : resolve(reference, root);
  const resolved = inline(target ?? {}, root, [...open, reference]);
  const siblings = inline(rest, root, open) as Members;
  return isMapping(resolved) ? { ...resolved, ...siblings } : siblings;
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
