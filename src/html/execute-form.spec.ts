import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError } from '../ogc/domain-errors.js';
import { formFields, readForm } from './execute-form.js';

const optional = (schema: object, more: object = {}) => ({ schema, minOccurs: 0, ...more });
const inputs = {
  text: { schema: { type: 'string', minLength: 1, default: 'a "b"' } },
  name: { schema: { type: 'string' } },
  number: optional({ type: 'number', minimum: 0, maximum: 10 }),
  integer: optional({ type: 'integer', default: 3 }),
  flag: optional({ type: 'boolean' }),
  color: { schema: { type: 'string', enum: ['red', 'green', 3] } },
  day: optional({ type: 'string', format: 'date' }),
  apiKey: optional({ type: 'string', default: 'secret' }),
  xml: optional({ type: 'string', contentMediaType: 'application/xml' }),
  bbox: optional({ type: 'object', format: 'ogc-bbox' }, {}),
  several: optional({ type: 'number' }, { maxOccurs: 'unbounded' }),
  mixed: optional({ oneOf: [{ type: 'string' }, { type: 'object' }] }),
  token: { schema: { type: 'string' } },
};
const fields = formFields(inputs);

describe('an execute form', () => {
  it('has a control for each input but the token, of its own kind where the schema is simple', () => {
    expect(fields.map(({ id, kind, required, initial }) => [id, kind, required, initial])).toEqual([
      ['text', 'text', false, 'a "b"'],
      ['name', 'text', true, undefined],
      ['number', 'number', false, undefined],
      ['integer', 'integer', false, '3'],
      ['flag', 'boolean', false, undefined],
      ['color', 'choice', true, undefined],
      ['day', 'date', false, undefined],
      ['apiKey', 'password', false, undefined],
      ['xml', 'long-text', false, undefined],
      ['bbox', 'json', false, undefined],
      ['several', 'json', false, undefined],
      ['mixed', 'json', false, undefined],
    ]);
    expect(fields.find(({ id }) => id === 'color')?.choices).toEqual(['"red"', '"green"', '3']);
    expect(fields.find(({ id }) => id === 'number')).toMatchObject({ minimum: 0, maximum: 10 });
  });

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
    expect(readForm(fields, sent)).toEqual({
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
    expect(JSON.stringify(readForm(fields, written))).toBe(
      '{"number":1.0,"integer":12345678901234567890,"several":[1e400]}',
    );
    expect(readForm(fields, { 'input.number': '.5', 'input.integer': '007' })).toEqual({ number: 0.5, integer: 7 });
  });

  it('leaves what is no number to the validation, which names it', () => {
    expect(readForm(fields, { 'input.number': 'ten', 'input.integer': ' ' })).toEqual({ number: 'ten', integer: ' ' });
  });

  it('names every control whose text is no JSON', () => {
    const read = () => readForm(fields, { 'input.bbox': '{', 'input.several': '1,2', 'input.name': 'x' });
    expect(read).toThrow(InvalidRequestError);
    expect(read).toThrow(
      expect.objectContaining({
        faults: [
          { pointer: '/inputs/bbox', message: expect.stringContaining('must be JSON') },
          { pointer: '/inputs/several', message: expect.stringContaining('must be JSON') },
        ],
      }),
    );
  });
});
