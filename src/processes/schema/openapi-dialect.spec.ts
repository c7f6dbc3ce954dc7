import { describe, expect, it, test } from '@jest/globals';
import { fromOpenApiDialect } from './openapi-dialect.js';
import type { JsonSchema } from './json-schema.js';
import { SchemaCompiler } from './schema-compiler.js';

const string = { type: 'string' };
const nothing = { type: 'null' };
const accepts = (schema: JsonSchema, value: unknown) =>
  new SchemaCompiler().compile(schema).errorsOf(value).length === 0;

describe('a schema in the dialect of OpenAPI 3.0', () => {
  test.each<[string, JsonSchema, JsonSchema]>([
    ['an exclusive minimum', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    ['an exclusive maximum', { maximum: 1, exclusiveMaximum: true }, { exclusiveMaximum: 1 }],
    ['a limit that is not exclusive', { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
    ['an exclusive limit of nothing', { type: 'number', exclusiveMinimum: true }, { type: 'number' }],
    ['an example', { ...string, example: 'a' }, { ...string, examples: ['a'] }],
    ['an example that is null', { example: null }, { examples: [null] }],
    ['nullable with type', { ...string, nullable: true, maxLength: 2 }, { type: ['string', 'null'], maxLength: 2 }],
    ['nullable with types', { type: ['string', 'null'], nullable: true }, { type: ['string', 'null'] }],
    ['nullable: false', { ...string, nullable: false }, string],
    ['nullable alone', { nullable: true, title: 'Any' }, { title: 'Any' }],
    ['nullable with enum', { nullable: true, ...string, enum: ['a'] }, { type: ['string', 'null'], enum: ['a', null] }],
    ['nullable with enum alone', { nullable: true, enum: ['a', null] }, { enum: ['a', null] }],
    ['nullable with oneOf', { nullable: true, title: 'A', oneOf: [string] }, { title: 'A', oneOf: [string, nothing] }],
    ['nullable with anyOf', { nullable: true, anyOf: [string, {}] }, { anyOf: [string, {}, nothing] }],
    [
      'nullable with oneOf of which one takes null',
      { nullable: true, oneOf: [string, { type: 'integer', nullable: true }] },
      { anyOf: [{ oneOf: [string, { type: ['integer', 'null'] }] }, nothing] },
    ],
    [
      'nullable with allOf and a default',
      { nullable: true, default: 'a', type: 'string', allOf: [{ maxLength: 3 }], 'x-order': 1 },
      { default: 'a', 'x-order': 1, anyOf: [{ type: 'string', allOf: [{ maxLength: 3 }] }, nothing] },
    ],
    [
      'nullable with $ref',
      { nullable: true, $ref: '#/definitions/a', definitions: { a: { ...string, nullable: true } } },
      { definitions: { a: { type: ['string', 'null'] } }, anyOf: [{ $ref: '#/definitions/a' }, nothing] },
    ],
    [
      'schemas at every depth',
      {
        items: { nullable: true, type: 'integer' },
        properties: { a: { not: { minimum: 0, exclusiveMinimum: true } } },
      },
      { items: { type: ['integer', 'null'] }, properties: { a: { not: { exclusiveMinimum: 0 } } } },
    ],
  ])('is translated: %s', (_, schema, expected) => {
    expect(fromOpenApiDialect(schema)).toEqual(expected);
  });

  test.each<[JsonSchema]>([
    [{ ...string, nullable: true }],
    [{ enum: ['a'], nullable: true }],
    [{ nullable: true, oneOf: [string, { type: 'integer' }] }],
    [{ nullable: true, oneOf: [{ type: 'integer' }, {}] }],
    [
      {
        nullable: true,
        oneOf: [
          { ...string, nullable: true },
          { type: 'integer', nullable: true },
        ],
      },
    ],
    [{ nullable: true, anyOf: [string] }],
    [{ nullable: true, allOf: [string, { maxLength: 3 }] }],
    [{ nullable: true, not: { type: 'null' } }],
    [{ nullable: true, $ref: '#/$defs/a', $defs: { a: string } }],
  ])('takes null, and what it took: %j', (schema) => {
    const translated = fromOpenApiDialect(schema);
    expect([accepts(translated, null), accepts(translated, 'a')]).toEqual([true, true]);
  });
});

describe('any other schema', () => {
  test.each<[JsonSchema]>([
    [true],
    [false],
    [{}],
    [{ exclusiveMinimum: 0, exclusiveMaximum: 9, minimum: 0 }],
    [{ type: ['string', 'null'], examples: ['a'], enum: ['a', null] }],
    [{ properties: { nullable: string, example: { type: 'integer' }, exclusiveMinimum: { type: 'boolean' } } }],
    [
      {
        default: { nullable: true, example: 1 },
        const: { exclusiveMinimum: true, minimum: 1 },
        enum: [{ example: 1 }],
      },
    ],
    [{ examples: [{ nullable: true }], 'x-mine': { nullable: true, example: 2 } }],
    [{ $defs: { a: true }, prefixItems: [{ $ref: '#/$defs/a' }, false], items: false, unevaluatedProperties: false }],
    [{ dependentSchemas: { a: string }, dependencies: { a: ['b'] }, if: string, then: {}, else: false }],
    [{ allOf: [{ format: 'ogc-bbox' }, { type: 'object' }], contentEncoding: 'base64', contentMediaType: 'image/png' }],
  ])('stays as it is: %j', (schema) => {
    expect(fromOpenApiDialect(schema)).toEqual(schema);
  });

  it('keeps members whatever their names are', () => {
    const schema = JSON.parse('{"properties": {"__proto__": {"type": "string", "nullable": true}}}') as JsonSchema;
    expect(JSON.stringify(fromOpenApiDialect(schema))).toBe('{"properties":{"__proto__":{"type":["string","null"]}}}');
  });
});
