import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import { formOf, readForm } from './execute-form.js';
import { partsOfFields } from './form/form-part.js';

const optional = (schema: object, more: object = {}) => ({ schema, minOccurs: 0, ...more });
const geometry = { type: 'object', format: 'geojson-geometry' };
const inputs = {
  text: { schema: { type: 'string', minLength: 1, default: 'a "b"' } },
  number: optional({ type: 'number', minimum: 0, maximum: 10 }),
  integer: optional({ type: ['integer', 'null'], default: 3 }),
  flag: optional({ type: 'boolean' }),
  color: { schema: { enum: ['red', 'green', 3, null] } },
  colors: optional({ type: 'array', items: { enum: ['red', 'green', 'blue'] } }),
  day: optional({ type: 'string', format: 'date' }),
  moment: optional({ type: 'string', format: 'date-time' }),
  apiKey: optional({ type: 'string', default: 'secret' }),
  apiKeys: optional({ type: 'array', items: { type: 'string' } }),
  xml: optional({ type: 'string', contentMediaType: 'application/xml' }),
  site: optional({ type: 'string', format: 'uri' }),
  bbox: optional({ type: 'object', format: 'ogc-bbox' }),
  parts: optional({ allOf: [{ format: 'ogc-bbox' }, { type: 'object', properties: { bbox: { type: 'array' } } }] }),
  referred: optional({ $ref: 'https://schemas.opengis.net/ogcapi/processes/part1/1.0/openapi/schemas/bbox.yaml' }),
  several: optional({ type: 'number' }, { maxOccurs: 'unbounded' }),
  list: optional({ type: 'array', items: { type: 'string' } }),
  mixed: optional({ oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'number' } } }] }),
  nullable: optional({ anyOf: [{ type: 'number' }, { type: 'null' }] }),
  measure: optional({ type: 'object', required: ['n'], properties: { n: { type: 'number' }, u: { type: 'string' } } }),
  link: optional({ type: 'object', format: 'ogc-link' }),
  places: optional(
    { oneOf: [{ type: 'string', contentMediaType: 'application/gml+xml' }, geometry] },
    { maxOccurs: 2 },
  ),
  geometry: optional(geometry),
  any: optional({}),
  'a.json': optional({ type: 'string' }),
  'a/b~c d': optional({ type: 'string' }),
  token: { schema: { type: 'string' } },
};
const form = formOf({ inputs, outputs: { one: {}, two: {} } });
const read = (fields: Record<string, string | string[]>) => readForm(form, partsOfFields(fields));
const inputsOf = (fields: Record<string, string | string[]>) => read(fields)['inputs'];
const faultsOf = (fields: Record<string, string | string[]>) => {
  try {
    read(fields);
    return [];
  } catch (error) {
    return (error as InvalidRequestError).faults;
  }
};

describe('an execute form', () => {
  it('has controls of its own kind for each schema, and for each input but the token', () => {
    expect(Object.fromEntries(form.inputs.map(({ id, shape }) => [id, shape.kind]))).toEqual({
      text: 'text',
      number: 'number',
      integer: 'integer',
      flag: 'boolean',
      color: 'choice',
      colors: 'choices',
      day: 'date',
      moment: 'date-time',
      apiKey: 'password',
      apiKeys: 'repeat',
      xml: 'long-text',
      site: 'url',
      bbox: 'bbox',
      parts: 'bbox',
      referred: 'bbox',
      several: 'lines',
      list: 'lines',
      mixed: 'alternatives',
      nullable: 'number',
      measure: 'group',
      link: 'group',
      places: 'repeat',
      geometry: 'geometry',
      any: 'json',
      'a.json': 'text',
      'a/b~c d': 'text',
    });
  });

  it.each<[string, unknown]>([
    ['no schema', undefined],
    ['a schema that takes anything', true],
    ['a reference', { $ref: '#/nowhere' }],
    ['parts', { allOf: [{ type: 'string' }] }],
    ['arrays of arrays', { type: 'array', items: { type: 'array', items: { type: 'number' } } }],
    ['a tuple', { type: 'array', items: [{ type: 'number' }] }],
    ['any object', { type: 'object' }],
    ['an object of more than is described', { type: 'object', required: ['b'], properties: { a: {} } }],
    ['a type that nobody knows', { type: 'hostile' }],
    ['no type that is one', { type: 5, enum: 'x', oneOf: {}, properties: [] }],
    ['alternatives of anything', { oneOf: [{}, {}] }],
  ])('takes JSON for %s', (_, schema) => {
    expect(formOf({ inputs: { a: { schema } }, outputs: {} }).inputs[0]?.shape.kind).toBe('json');
  });

  it('costs no more than it is long, whatever a description holds', () => {
    const wide = (depth: number): object =>
      depth === 0 ? { type: 'string' } : { oneOf: Array.from({ length: 8 }, () => wide(depth - 1)) };
    const deep = wide(5);
    let aliased: object = { type: 'string' };
    for (let level = 0; level < 60; level++) aliased = { type: 'object', properties: { a: aliased, b: aliased } };
    const hostile = {
      deep: { schema: deep },
      aliased: { schema: aliased },
      words: { schema: { enum: Array.from({ length: 50_000 }, (_, at) => `word ${at}`) } },
      numbers: { schema: { enum: Array.from({ length: 50_000 }, (_, at) => at) } },
      ...Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`i${at}`, { schema: { type: 'string' } }])),
    };
    const shaped = formOf({ inputs: hostile, outputs: {} });
    expect(shaped.inputs).toHaveLength(2_004);
    const text = JSON.stringify(shaped, (key, value: unknown) => (key === 'schema' ? undefined : value));
    expect(text.length).toBeLessThan(200_000);
    expect(shaped.inputs.slice(2, 4).map(({ shape }) => shape.kind)).toEqual(['text', 'json']);
  });
});

describe('a form that was sent', () => {
  it.each<[string, Record<string, string | string[]>, object]>([
    [
      'texts, numbers and choices',
      { 'input.text': 'x', 'input.number': '1.5', 'input.flag': 'false' },
      { text: 'x', number: 1.5, flag: false },
    ],
    [
      'a choice by its JSON, or as a word',
      { 'input.color': '3', 'input.colors': ['red', '"blue"'] },
      { color: 3, colors: ['red', 'blue'] },
    ],
    [
      'what was left empty as not there',
      { 'input.text': '', 'input.measure/u': '', 'input.bbox/crs': '', 'input.list': ' \n' },
      {},
    ],
    ['others as nothing', { 'input.unknown': 'x', 'input.token': 'x', token: 'secret', 'input.text/x': 'y' }, {}],
    [
      'a value a line',
      { 'input.several': '1\r\n\r\n2', 'input.list': 'a b\nc' },
      { several: [1, 2], list: ['a b', 'c'] },
    ],
    ['fields of one name as several values', { 'input.several': ['1', '2'] }, { several: [1, 2] }],
    ['JSON for a list', { 'input.several': '[1, 2]', 'input.colors': '["red"]' }, { several: [1, 2], colors: ['red'] }],
    [
      'a moment with its zone',
      { 'input.moment': '2026-01-01T12:00', 'input.moment.zone': '+01:00' },
      { moment: '2026-01-01T12:00:00+01:00' },
    ],
    ['a moment as a client writes it', { 'input.moment': '2026-01-01T12:00:00Z' }, { moment: '2026-01-01T12:00:00Z' }],
    [
      'a box by its numbers',
      Object.fromEntries(['minx', 'miny', 'maxx', 'maxy'].map((part, at) => [`input.bbox/bbox/${part}`, String(at)])),
      { bbox: { bbox: [0, 1, 2, 3] } },
    ],
    [
      'a box with heights',
      {
        ...Object.fromEntries(
          ['minx', 'miny', 'minz', 'maxx', 'maxy', 'maxz'].map((part, at) => [`input.bbox/bbox/${part}`, String(at)]),
        ),
        'input.bbox/crs': 'urn:x',
      },
      { bbox: { bbox: [0, 1, 2, 3, 4, 5], crs: 'urn:x' } },
    ],
    [
      'a box that is not whole as one to be refused',
      { 'input.bbox/bbox/minx': '1' },
      { bbox: { bbox: [1, null, null, null] } },
    ],
    [
      'a box as one text',
      { 'input.bbox': '1,2,3,4', 'input.parts': '{"bbox":[1,2,3,4]}' },
      { bbox: { bbox: [1, 2, 3, 4] }, parts: { bbox: [1, 2, 3, 4] } },
    ],
    [
      'an object by its members',
      { 'input.measure/n': '1.0', 'input.measure/u': 'm' },
      { measure: { n: { text: '1.0' }, u: 'm' } },
    ],
    [
      'the alternative that is chosen',
      { 'input.mixed.choice': '1', 'input.mixed/~a0': 'x', 'input.mixed/~a1/a': '5' },
      { mixed: { a: 5 } },
    ],
    ['the alternative that is filled in', { 'input.mixed.choice': '1', 'input.mixed/~a0': 'x' }, { mixed: 'x' }],
    ['alternatives as one text', { 'input.mixed': '{"a":1}' }, { mixed: { a: 1 } }],
    [
      'rows, whichever are empty',
      { 'input.places/1/~a1': '{"type":"Point"}', 'input.places/3/~a0': '<a/>', 'input.places/0.choice': '0' },
      { places: [{ type: 'Point' }, '<a/>'] },
    ],
    ['JSON for anything', { 'input.text.json': '5', 'input.bbox.json': 'null' }, { text: 5, bbox: null }],
    [
      'an address',
      { 'input.xml.href': 'https://a', 'input.xml.type': 'text/xml' },
      { xml: { href: 'https://a', type: 'text/xml' } },
    ],
    ['another way in place of a default', { 'input.text': 'a "b"', 'input.text.json': '5' }, { text: 5 }],
    [
      'odd ids by names of their own',
      { 'input.a~2json': 'x', 'input.a~1b~0c d': 'y', 'input.a/b~c d': 'z' },
      { 'a.json': 'x', 'a/b~c d': 'y' },
    ],
    ['what is no number as text', { 'input.number': 'ten', 'input.integer': ' ' }, { number: 'ten', integer: ' ' }],
    [
      'what is nearly a number of JSON',
      { 'input.number': '.5', 'input.integer': '007', 'input.several': '+1\n-00.5\n5.\n+.25' },
      { number: 0.5, integer: 7, several: [1, -0.5, 5, 0.25] },
    ],
    [
      'what only JavaScript reads as a number as text',
      { 'input.number': 'Infinity', 'input.integer': '0x1F', 'input.several': '0b1\n0o7\n.\n-' },
      { number: 'Infinity', integer: '0x1F', several: ['0b1', '0o7', '.', '-'] },
    ],
    ['inputs that nobody describes', { 'more.inputs.json': '{"other": [1]}' }, { other: [1] }],
  ])('has %s', (_, fields, expected) => {
    expect(inputsOf(fields)).toEqual(expected);
  });

  it('keeps numbers as they were written', () => {
    const written = { 'input.number': ' 1.0', 'input.integer': '12345678901234567890', 'input.several': '[1e400]' };
    expect(JSON.stringify(inputsOf(written))).toBe('{"number":1.0,"integer":12345678901234567890,"several":[1e400]}');
  });

  it('keeps numbers that are nearly of JSON as they were written, but for what JSON has not', () => {
    const written = {
      'input.number': '+9007199254740993',
      'input.integer': '-0009007199254740993',
      'input.several': '01.50\n+1e400\n-.12345678901234567890',
    };
    expect(JSON.stringify(inputsOf(written))).toBe(
      '{"number":9007199254740993,"integer":-9007199254740993,"several":[1.50,1e400,-0.12345678901234567890]}',
    );
  });

  it('keeps the numbers of a box that is one text as they were written', () => {
    expect(JSON.stringify(inputsOf({ 'input.bbox': '5.0,47.0,6.0,48.0' }))).toBe(
      '{"bbox":{"bbox":[5.0,47.0,6.0,48.0]}}',
    );
  });

  it('says which outputs, how they come, and who is told', () => {
    const fields = {
      'more.output.two': 'on',
      'more.transmission.two': 'reference',
      'more.response': 'document',
      'more.mode': 'sync',
      'more.subscriber.successUri': 'https://a',
    };
    expect(read(fields)).toEqual({
      inputs: {},
      outputs: { two: { transmissionMode: 'reference' } },
      response: 'document',
      mode: 'sync',
      subscriber: { successUri: 'https://a' },
    });
    expect(read({ 'more.outputs.json': '{"one": {}}' })['outputs']).toEqual({ one: {} });
  });

  it('has every control named whose text is no JSON', () => {
    expect(faultsOf({ 'input.geometry': '{', 'input.text.json': 'x', 'more.inputs.json': '[]' })).toEqual([
      { pointer: '/inputs/text', message: expect.stringContaining('must be JSON') },
      { pointer: '/inputs/geometry', message: expect.stringContaining('must be JSON') },
      { pointer: '/inputs', message: 'must be an object' },
    ]);
  });

  it('takes no number for inputs that nobody describes, however it was written', () => {
    const fault = { pointer: '/inputs', message: 'must be an object' };
    for (const number of ['1', '1.0', '1e400']) expect(faultsOf({ 'more.inputs.json': number })).toEqual([fault]);
  });

  it('gives an input in one way', () => {
    expect(
      faultsOf({ 'input.list': 'a', 'input.list.href': 'https://a', 'input.mixed/~a0': 'x', 'input.mixed/~a1/a': '1' }),
    ).toEqual([
      { pointer: '/inputs/list', message: 'must be given in one way, not as an address and as its own field' },
      { pointer: '/inputs/mixed', message: 'must be given in one way: choose which' },
    ]);
  });

  it('has files as the values that they are', () => {
    const file = (name: string, value: unknown) => ({
      name,
      file: { fileName: 'a', value, isArray: Array.isArray(value) },
    });
    const parts = [file('input.geometry', { type: 'Point' }), file('input.list', 'a'), file('input.list', 'b')];
    expect(readForm(form, parts)['inputs']).toEqual({ geometry: { type: 'Point' }, list: ['a', 'b'] });
    expect(readForm(form, [file('input.list', ['a'])])['inputs']).toEqual({ list: ['a'] });
  });
});
