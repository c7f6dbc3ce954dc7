import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from './json-schema.js';
import { SchemaCompiler } from './schema-compiler.js';
import { takenTexts, type TakenTexts } from './taken-texts.js';

const gml = { type: 'string', contentMediaType: 'application/gml+xml' };
const geometry = { type: 'object', format: 'geojson-geometry' };

describe('what can be said of the texts that a schema takes', () => {
  it.each<[TakenTexts, JsonSchema]>([
    ['any', true],
    ['any', { title: 'T', type: 'string', contentMediaType: 'text/csv' }],
    ['any', { type: ['object', 'string'], required: ['a'], format: 'geojson-feature' }],
    ['any', { type: 'string', contentEncoding: 'binary', contentMediaType: 'image/tiff' }],
    ['base64', { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' }],
    ['any', { oneOf: [gml, geometry] }],
    ['any', { anyOf: [gml, { type: 'string', pattern: '^a' }] }],
    ['base64', { oneOf: [{ type: 'string', contentEncoding: 'base64' }, geometry] }],
    ['none', false],
    ['none', geometry],
    ['none', { oneOf: [geometry, { type: 'number' }] }],
    [undefined, { oneOf: [gml, { type: 'string' }] }],
    [undefined, { type: 'string', pattern: '^a' }],
    [undefined, { type: 'string', maxLength: 5 }],
    [undefined, { type: 'string', format: 'date' }],
    [undefined, { enum: ['a'] }],
    [undefined, { $ref: '#/$defs/a', $defs: { a: { type: 'number' } } }],
    [undefined, { type: 'string', not: { type: 'string' } }],
    [undefined, { type: 'string', allOf: [{ maxLength: 5 }] }],
    [undefined, { contentEncoding: 'base64', anyOf: [{ type: 'string' }] }],
  ])('is %s of %j', (taken, schema) => {
    expect(takenTexts(schema)).toBe(taken);
    const fits = (text: string) => new SchemaCompiler().compile(schema).errorsOf(text).length === 0;
    const texts = ['', 'aGVsbG8=', 'no: base64?', 'abc{}'];
    const found = texts.every(fits) ? 'any' : texts.some(fits) ? 'some' : 'none';
    // The schema itself agrees.
    if (taken === 'any' || taken === 'none') expect(found).toBe(taken);
    if (taken === 'base64') expect(texts.map(fits)).toEqual([true, true, false, false]);
  });
});
