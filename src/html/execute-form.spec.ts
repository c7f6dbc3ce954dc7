import { describe, expect, it } from '@jest/globals';
import { formFields } from './execute-form.js';

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
});
