import { describe, expect, it, test } from '@jest/globals';
import { exampleOf } from './example.js';
import { executeOperations, IDEMPOTENCY_KEY_DESCRIPTION } from './openapi-processes.js';
import { toOpenApi30Schema, toOpenApi31Schema } from './openapi-schema.js';
import type { RequestBodyObject } from './openapi-types.js';
import { processWith } from '../testing/process-fixture.js';

const string = { type: 'string' };

describe('a schema in OpenAPI 3.0', () => {
  test.each<[string, object | boolean, object]>([
    ['nullable types', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
    ['constants', { const: 'a' }, { enum: ['a'] }],
    ['examples', { examples: ['a', 'b'] }, { example: 'a' }],
    ['exclusive limits', { exclusiveMinimum: 1 }, { minimum: 1, exclusiveMinimum: true }],
    ['true', true, {}],
    ['false', false, { not: {} }],
    [
      'keywords it lacks',
      { type: 'string', contentMediaType: 'text/csv' },
      { type: 'string', 'x-contentMediaType': 'text/csv' },
    ],
    ['its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'string' }, string],
    [
      'local references',
      { $defs: { a: string }, type: 'array', items: { $ref: '#/$defs/a' } },
      { type: 'array', items: string },
    ],
    ['no empty list of what is required', { type: 'object', required: [] }, { type: 'object' }],
    ['no list of values that is empty', { enum: [] }, { not: {} }],
    [
      'no booleans for schemas',
      { properties: { a: true, b: { not: false } }, items: false, additionalProperties: false },
      { properties: { a: {}, b: { not: { not: {} } } }, items: { not: {} }, additionalProperties: false },
    ],
    [
      'data as it is',
      { default: { $ref: '#/a', required: [], items: true } },
      { default: { $ref: '#/a', required: [], items: true } },
    ],
    ['references to elsewhere', { $ref: 'https://example.org/a.json', title: 'A' }, { title: 'A' }],
  ])('has %s', (_, schema, expected) => {
    expect(toOpenApi30Schema(schema as boolean)).toEqual(expected);
  });

  it('ends where a schema refers to itself', () => {
    const tree = {
      $defs: { node: { type: 'object', properties: { child: { $ref: '#/$defs/node' } } } },
      $ref: '#/$defs/node',
    };
    expect(toOpenApi30Schema(tree)).toEqual({ type: 'object', properties: { child: {} } });
  });
});

describe('a schema in OpenAPI 3.1', () => {
  test.each<[string, object | boolean, object]>([
    ['true', true, {}],
    ['false', false, { not: {} }],
    ['all of draft 2020-12', { type: ['string', 'null'], const: 'a', prefixItems: [true], examples: ['a'] }, {}],
    ['limits', { exclusiveMinimum: 1, required: [], contentMediaType: 'text/csv' }, {}],
    [
      'local references in place of themselves',
      {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'https://example.org/a',
        $defs: { a: string },
        items: { $ref: '#/$defs/a' },
      },
      { items: string },
    ],
    ['references to elsewhere', { $ref: 'https://example.org/a.json', title: 'A' }, { title: 'A' }],
  ])('has %s', (_, schema, expected) => {
    const isChanged = typeof schema === 'boolean' || Object.keys(expected).length > 0;
    expect(toOpenApi31Schema(schema as boolean)).toEqual(isChanged ? expected : schema);
  });
});

describe('the example of a process', () => {
  const inputs = {
    name: { schema: string },
    size: { schema: { type: 'integer', minimum: 2 } },
    note: { schema: string, minOccurs: 0 },
  };

  it('is the declared one, without the API token', () => {
    const example = { inputs: { name: 'x', size: 2, token: 'secret' }, response: 'document' };
    expect(exampleOf(processWith({ inputs, example }, { check_auth: true }))).toEqual({
      inputs: { name: 'x', size: 2 },
      response: 'document',
    });
  });

  it('is made of the required inputs where the declared one does not fit', () => {
    expect(exampleOf(processWith({ inputs, example: { inputs: { name: 'x', messsage: 'typo' } } }))).toEqual({
      inputs: { name: 'text', size: 2 },
    });
  });

  it('is left out where none can be made', () => {
    expect(
      exampleOf(processWith({ inputs: { code: { schema: { type: 'string', pattern: '^[0-9]+$' } } } })),
    ).toBeUndefined();
  });
});

describe('the execute operation of a process', () => {
  const metadata = {
    title: { en: 'Buffer', de: 'Puffer' },
    description: 'Draws a line around',
    jobControlOptions: ['sync-execute', 'async-execute'],
    inputs: {
      distance: { title: 'Distance', schema: { type: 'number', default: 5 } },
      places: { schema: string, maxOccurs: 'unbounded' },
      token: { schema: string },
    },
    outputs: { area: { title: 'Area', schema: { type: 'string', contentMediaType: 'text/plain' } } },
  };
  const operations = executeOperations([processWith(metadata, { check_auth: true }, 'my buffer')], ['de']);
  const operation = operations['/processes/my%20buffer/execution']?.post;

  it('is documented with its inputs, and an example that can be executed', () => {
    expect(operation).toMatchObject({
      operationId: 'execute_my%20buffer',
      tags: ['Puffer'],
      summary: 'Execute Puffer',
      description: 'Draws a line around\n\nAsks for the API token: as bearer, or as the input `token`.',
      security: [{ bearer: [] }],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            example: { inputs: { places: 'text' } },
            schema: {
              type: 'object',
              required: ['inputs'],
              properties: {
                inputs: {
                  type: 'object',
                  required: ['places'],
                  properties: {
                    distance: { title: 'Distance', type: 'number', default: 5 },
                    places: { oneOf: [{ type: 'array', items: string, minItems: 1 }, string] },
                    token: string,
                  },
                },
                outputs: {
                  properties: {
                    area: { title: 'Area', properties: { transmissionMode: { enum: ['value', 'reference'] } } },
                  },
                },
                response: { enum: ['raw', 'document'] },
                job_id: { type: 'string', format: 'uuid' },
              },
            },
          },
        },
      },
    });
  });

  it('requires nothing of a process that requires nothing, for an empty list is not valid', () => {
    const plain = executeOperations([processWith({})])['/processes/buffer/execution']?.post;
    const [schema] = Object.values((plain?.requestBody as RequestBodyObject).content).map((content) => content.schema);
    expect(schema).not.toHaveProperty('required');
  });

  it('offers a choice of queues where the process has one', () => {
    const schemaOf = (definition: object) => {
      const post = executeOperations([processWith({}, definition)])['/processes/buffer/execution']?.post;
      const [content] = Object.values((post?.requestBody as RequestBodyObject).content);
      return content?.schema;
    };
    expect(schemaOf({ allowed_queues: ['gpu', 'cpu'] })).toMatchObject({
      properties: { queue: { properties: { name: { enum: ['gpu', 'cpu'] } }, additionalProperties: false } },
    });
    expect(schemaOf({ queue_name: 'gpu' })).not.toHaveProperty(['properties', 'queue']);
  });

  it('answers with the results, a status with its address, or problems', () => {
    expect(Object.keys(operation?.responses ?? {})).toEqual([
      '200',
      '201',
      '204',
      '400',
      '401',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '500',
      '503',
    ]);
    expect(operation?.responses).toMatchObject({
      200: {
        content: { 'text/plain': { schema: { type: 'string' } }, 'application/json': { schema: { type: 'object' } } },
      },
      201: { headers: { Location: {} }, content: { 'application/json': {} } },
      400: {
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          'application/json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    });
  });

  it('names the preferences that the process honours', () => {
    const descriptions = operation?.parameters?.map((parameter) =>
      'description' in parameter ? parameter.description : '',
    );
    expect(descriptions).toEqual([
      'Preferences (RFC 7240), several divided by commas: `respond-async`, `wait=60`, `return=minimal`, `return=representation`',
      IDEMPOTENCY_KEY_DESCRIPTION,
    ]);
  });

  it('needs no token and has no synchronous answer where the process has neither', () => {
    const plain = executeOperations([processWith({})])['/processes/buffer/execution']?.post;
    expect(plain).not.toHaveProperty('security');
    expect(Object.keys(plain?.responses ?? {})).toEqual([
      '201',
      '400',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '500',
      '503',
    ]);
  });
});
