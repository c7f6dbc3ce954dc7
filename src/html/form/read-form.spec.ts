import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { type FormPart, partsOfFields } from './form-part.js';
import { readForm } from './read-form.js';

const optional = (schema: object, more: object = {}) => ({ schema, minOccurs: 0, ...more });
const inputs = {
  text: { schema: { type: 'string', minLength: 1, default: 'a "b"' } },
  name: { schema: { type: 'string' } },
  number: optional({ type: 'number', minimum: 0, maximum: 10 }),
  integer: optional({ type: 'integer', default: 3 }),
  flag: optional({ type: 'boolean' }),
  color: { schema: { type: 'string', enum: ['red', 'green', 3] } },
  bbox: optional({ type: 'object', format: 'ogc-bbox' }),
  several: optional({ type: 'number' }, { maxOccurs: 'unbounded' }),
  mixed: optional({ oneOf: [{ type: 'string' }, { type: 'object' }] }),
  layers: optional({ type: 'array', items: { type: 'string' } }),
  shapes: optional({ type: 'array', items: { type: 'object' } }),
  'bbox.href': optional({ type: 'string' }),
  token: { schema: { type: 'string' } },
};
const read = (fields: Readonly<Record<string, unknown>>) => readForm(inputs, partsOfFields(fields));
const file = (name: string, value: unknown): FormPart => ({ name, file: { fileName: 'a', value } });

describe('a form', () => {
  it('becomes the inputs of an execute request', () => {
    const sent = {
      'input.text': 'hello',
      'input.name': '',
      'input.number': '1.5',
      'input.integer': '',
      'input.flag': 'false',
      'input.color': '3',
      'input.several': '[1, 2]',
      'input.mixed': '"a"',
      'input.unknown': 'x',
      token: 'secret',
    };
    expect(read(sent)).toEqual({
      text: 'hello',
      number: 1.5,
      flag: false,
      color: 3,
      several: [1, 2],
      mixed: 'a',
    });
  });

  it('keeps numbers as they were written, and takes what else JavaScript reads as one', () => {
    const written = { 'input.number': ' 1.0', 'input.integer': '12345678901234567890', 'input.several': '[1e400]' };
    expect(JSON.stringify(read(written))).toBe('{"number":1.0,"integer":12345678901234567890,"several":[1e400]}');
    expect(read({ 'input.number': '.5', 'input.integer': '007' })).toEqual({ number: 0.5, integer: 7 });
  });

  it('leaves what is no number, and no choice, to the validation, which names it', () => {
    expect(read({ 'input.number': 'ten', 'input.integer': ' ', 'input.color': 'red' })).toEqual({
      number: 'ten',
      integer: ' ',
      color: 'red',
    });
  });

  it('names every control whose text is no JSON', () => {
    const refused = () => read({ 'input.bbox': '{', 'input.shapes': '[1,', 'input.name': 'x' });
    expect(refused).toThrow(InvalidRequestError);
    expect(refused).toThrow(
      expect.objectContaining({
        faults: [
          { pointer: '/inputs/bbox', message: expect.stringContaining('must be JSON') },
          { pointer: '/inputs/shapes', message: expect.stringContaining('must be JSON') },
        ],
      }),
    );
  });

  it('gives several values by fields of one name, in their order, or a line each', () => {
    expect(read({ 'input.several': ['1', '2'], 'input.layers': ['b', 'a'] })).toEqual({
      several: [1, 2],
      layers: ['b', 'a'],
    });
    expect(read({ 'input.several': '1\r\n2\r\n', 'input.layers': '[b]\nc' })).toEqual({
      several: [1, 2],
      layers: ['[b]', 'c'],
    });
    expect(read({ 'input.layers': '["b", "c"]', 'input.several': '5' })).toEqual({ layers: ['b', 'c'], several: [5] });
  });

  it('gives an input as a link or as JSON, where no input has that name itself', () => {
    expect(
      read({
        'input.name.href': 'https://example.org/a',
        'input.name.type': 'text/plain',
        'input.mixed.json': '{"a": 1}',
        'input.bbox.href': 'a text',
        'input.text.href': '',
      }),
    ).toEqual({ name: { href: 'https://example.org/a', type: 'text/plain' }, mixed: { a: 1 }, 'bbox.href': 'a text' });
  });

  it('gives files as the values that they are, or as items of one', () => {
    const parts = [file('input.mixed', { a: 1 }), file('input.shapes', { b: 1 }), file('input.several', 1)];
    expect(readForm(inputs, [...parts, file('input.several', 2), { name: 'input.mixed', text: '' }])).toEqual({
      mixed: { a: 1 },
      shapes: [{ b: 1 }],
      several: [1, 2],
    });
    expect(readForm(inputs, [file('input.shapes', [{ b: 1 }])])).toEqual({ shapes: [{ b: 1 }] });
  });

  it('is at fault where an input comes in two ways', () => {
    expect(() => readForm(inputs, [file('input.mixed', 'a'), { name: 'input.mixed', text: '"b"' }])).toThrow(
      expect.objectContaining({
        faults: [{ pointer: '/inputs/mixed', message: 'must be given in one way, not as a file and as a text' }],
      }),
    );
  });
});
