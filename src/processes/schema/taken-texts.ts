import type { JsonSchema } from './json-schema.js';
import { objectFormatOf } from './ogc-formats.js';

/** Which texts fit a schema, whatever else does: all, all that is base64, none; undefined: that shows only in the text. */
export type TakenTexts = 'any' | 'base64' | 'none' | undefined;

/** Keywords that say nothing of texts: what describes, and what is of other types alone. */
const SILENT = new Set(
  (
    'title description default example examples deprecated readOnly writeOnly $comment contentMediaType contentSchema ' +
    'properties required additionalProperties patternProperties propertyNames minProperties maxProperties dependentRequired ' +
    'dependentSchemas unevaluatedProperties items prefixItems additionalItems contains minContains maxContains minItems maxItems ' +
    'uniqueItems unevaluatedItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf $defs definitions'
  ).split(' '),
);

/** Which texts fit a schema (draft 2020-12), as far as that can be said without looking into them. */
export function takenTexts(schema: JsonSchema | undefined): TakenTexts {
  if (typeof schema === 'boolean') return schema ? 'any' : 'none';
  if (schema === undefined) return undefined;
  const { type, contentEncoding, format, oneOf, anyOf, ...rest } = schema;
  if (type !== undefined && ![type].flat().includes('string')) return 'none';
  const isPlain = Object.keys(rest).every((keyword) => SILENT.has(keyword));
  if (!isPlain || !(format === undefined || (typeof format === 'string' && objectFormatOf(format)))) return undefined;
  const own = contentEncoding === 'base64' ? 'base64' : 'any';
  if (oneOf === undefined && anyOf === undefined) return own;
  if (own !== 'any' || (oneOf !== undefined && anyOf !== undefined)) return undefined;
  const alternatives = (Array.isArray(oneOf ?? anyOf) ? ((oneOf ?? anyOf) as JsonSchema[]) : []).map(takenTexts);
  const taking = alternatives.filter((taken) => taken !== 'none');
  if (anyOf !== undefined && taking.includes('any')) return 'any';
  return taking.length === 0 ? 'none' : taking.length === 1 ? taking[0] : undefined;
}
