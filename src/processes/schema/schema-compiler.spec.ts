import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from './json-schema.js';
import fc from 'fast-check';
import { jsonText } from '../../../test/support/json-arbitraries.js';
import { parseJson } from '../../json/parse-json.js';
import { SchemaCompiler } from './schema-compiler.js';
import { describeErrors } from './schema-faults.js';

const compiler = new SchemaCompiler();
const faultsOf = (schema: object, json: string) =>
  describeErrors(compiler.compile(schema as Record<string, unknown>).errorsOf(parseJson(json)), '');
const messagesOf = (schema: object, json: string) =>
  faultsOf(schema, json).map(({ pointer, message }) => `${pointer} ${message}`.trim());

describe('numbers are validated as they were written', () => {
  it.each([
    [{ type: 'integer' }, '1.0', []],
    [{ type: 'integer' }, '12e400', []],
    [{ type: 'integer' }, '12345678901234567890', []],
    [{ type: 'number' }, '1e400', []],
    [{ type: 'number' }, '-1e400', []],
    [{ type: 'string' }, '1e400', ['must be a string (is 1e400)']],
    [{ type: 'integer' }, '9007199254740992.5', ['must be an integer (is 9007199254740992.5)']],
    [{ type: 'integer' }, '1.00000000000000000001', ['must be an integer (is 1.00000000000000000001)']],
    [{ type: 'integer' }, '1e-400', ['must be an integer (is 1e-400)']],
    [{ type: ['object', 'integer'] }, '0.10', ['must be an object or an integer (is 0.10)']],
    [{ maximum: 9007199254740992 }, '9007199254740993', ['must be at most 9007199254740992 (is 9007199254740993)']],
    [
      { minimum: -9007199254740992 },
      '-9007199254740993',
      ['must be at least -9007199254740992 (is -9007199254740993)'],
    ],
    [{ minimum: 0 }, '-0', []],
    [{ exclusiveMinimum: 0 }, '1e-400', []],
    [{ exclusiveMinimum: 0 }, '-0.0', ['must be more than 0 (is -0.0)']],
    [{ exclusiveMaximum: 1e21 }, '999999999999999999999.9', []],
    [{ exclusiveMaximum: 1e21 }, '1000000000000000000000', ['must be less than 1e+21 (is 1000000000000000000000)']],
    [{ maximum: 1e308 }, '1e400', ['must be at most 1e+308 (is 1e400)']],
    [{ multipleOf: 10 }, '12345678901234567891', ['must be a multiple of 10 (is 12345678901234567891)']],
    [{ multipleOf: 10 }, '12345678901234567890', []],
    [{ multipleOf: 3 }, '1e400', ['must be a multiple of 3 (is 1e400)']],
    [{ multipleOf: 0.01 }, '19.99', []],
    [{ multipleOf: 0.01 }, '19.990', []],
    [{ multipleOf: 0.01 }, '19.995', ['must be a multiple of 0.01 (is 19.995)']],
    [{ enum: [1, 'a'] }, '1.0', []],
    [{ enum: [1, 'a'] }, '1.00000000000000000001', ['must be one of 1, "a" (is 1.00000000000000000001)']],
    [{ const: { a: [1] } }, '{"a": [1.0]}', []],
    [{ const: 9007199254740992 }, '9007199254740993', ['must be 9007199254740992 (is 9007199254740993)']],
    [{ uniqueItems: true }, '[18446744073709551617, 18446744073709551618]', []],
    [{ uniqueItems: true }, '[1, 1.0]', ['must not hold the same item twice (items 0 and 1)']],
    [
      { uniqueItems: true },
      '[{"a": 1, "b": 2e0}, 3, {"b": 2, "a": 1}]',
      ['must not hold the same item twice (items 0 and 2)'],
    ],
    [{ uniqueItems: false }, '[1, 1]', []],
    [{ items: { type: 'integer', minimum: 5 } }, '[9.0, 4.0]', ['/1 must be at least 5 (is 4.0)']],
    [{ propertyNames: { enum: ['a'] } }, '{"a": 1.0}', []],
    [
      { propertyNames: { maxLength: 2 }, additionalProperties: { maximum: 1 } },
      '{"~/": 2.0}',
      ['/~0~1 must be at most 1 (is 2.0)'],
    ],
    [
      { $defs: { small: { maximum: 1 } }, items: { $ref: '#/$defs/small' } },
      '[[1.0], 1.5, 1.10]',
      ['/1 must be at most 1 (is 1.5)', '/2 must be at most 1 (is 1.10)'],
    ],
    [{ oneOf: [{ maximum: 1 }, { minimum: 9007199254740993 }] }, '9007199254740993', []],
    [{ contains: { const: 1 } }, '[2.0, 1.0]', []],
    [{ format: 'int32', type: 'integer' }, '3000000000.0', ['must be of the format int32 (is 3000000000.0)']],
    [{ format: 'ogc-bbox', type: 'object' }, '{"bbox": [1.0, 2.0, 3, 4]}', []],
  ])('%j: %s', (schema, json, messages) => expect(messagesOf(schema, json)).toEqual(messages));

  it('at a cost that does not depend on their exponents', () => {
    const schema = { type: 'integer', minimum: 0, multipleOf: 7, enum: [7], uniqueItems: true };
    expect(messagesOf(schema, '7e999999999999999')).toEqual(['must be one of 7 (is 7e999999999999999)']);
    expect(messagesOf({ type: 'integer' }, '7e-999999999999999')).toEqual([
      'must be an integer (is 7e-999999999999999)',
    ]);
  });
});

it('what a value is equal to is decided as if no number had been kept', () => {
  fc.assert(
    fc.property(jsonText, (json) => {
      const plain = JSON.stringify(JSON.parse(json));
      const value: unknown = JSON.parse(plain);
      expect(messagesOf({ const: value, enum: [value] }, plain)).toEqual([]);
      expect(messagesOf({ prefixItems: [{ const: value }], uniqueItems: true }, `[${plain},${plain}]`)).toHaveLength(1);
    }),
    { numRuns: 100 },
  );
});

describe('names that every object inherits', () => {
  it('are no members', () => {
    const schema = { required: ['constructor'], properties: { toString: { type: 'string' } } };
    expect(messagesOf(schema, '{}')).toEqual(['/constructor is missing; it is required']);
    expect(messagesOf(schema, '{"constructor": 1.0, "toString": 2}')).toEqual(['/toString must be a string (is 2)']);
  });

  it('are, where they stand in the text, __proto__ as well', () => {
    const schema = { additionalProperties: { maximum: 1 } };
    expect(messagesOf(schema, '{"__proto__": 2, "constructor": 1.5}').toSorted()).toEqual([
      '/__proto__ must be at most 1 (is 2)',
      '/constructor must be at most 1 (is 1.5)',
    ]);
    expect(messagesOf({ properties: schema }, '{"__proto__": {"maximum": 1.0}}')).toEqual([]);
  });
});

describe('what does not fit', () => {
  const errorsOf = (schema: JsonSchema, value: unknown) => new SchemaCompiler().compile(schema).errorsOf(value);

  it('is listed up to a number, and that there is more', () => {
    const errors = errorsOf({ items: { type: 'string' } }, Array(200_000).fill(1));
    expect(errors.length).toBeLessThanOrEqual(102);
    expect(errors.at(-1)?.keyword).toBe('x-more');
  });

  it('is the first of it at least where it stands in alternatives, or in what is referred to', () => {
    const nested = { oneOf: [{ items: { $ref: '#/$defs/a' } }, { const: 1 }], $defs: { a: { type: 'string' } } };
    const errors = errorsOf(nested, Array(200_000).fill(1));
    expect(errors.length).toBeLessThanOrEqual(102);
    expect(errors.map(({ keyword }) => keyword)).toEqual(expect.arrayContaining(['oneOf', 'x-more']));
  });

  it('is not looked for without end where a schema refers to itself twice', () => {
    const twice = {
      anyOf: [{ items: { $ref: '#' }, minItems: 9 }, { items: { $ref: '#' }, minItems: 8 }, { const: 1 }],
    };
    let value: unknown = 2;
    for (let depth = 0; depth < 60; depth += 1) value = [value];
    expect(errorsOf(twice, value).length).toBeGreaterThan(0);
  });

  it('has a short path, however long the names on it are', () => {
    const [error] = errorsOf({ additionalProperties: { type: 'string' } }, { ['n'.repeat(100_000)]: 1 });
    expect(error?.instancePath.length).toBeLessThan(200);
  });
});

describe('a pattern that cannot be checked in linear time', () => {
  it('is warned of with its pointer', () => {
    const { warnings } = new SchemaCompiler().compile({ properties: { a: { pattern: '(?=a)b' } } });
    expect(warnings).toEqual([expect.stringContaining('/properties/a/pattern')]);
  });
});

describe('the format url', () => {
  it.each([
    ['http://example.org/a@b', true],
    ['http://me:and@me@example.org/', true],
    ['http://@example.org', false],
    ['http://a:b', false],
    ['http://10.0.0.1/', false],
  ])('takes %s: %s', (url, fits) =>
    expect(new SchemaCompiler().compile({ format: 'url' }).errorsOf(url).length === 0).toBe(fits),
  );
});
