import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from '../../../test/support/json-arbitraries.js';
import { canonicalJson } from '../../json/canonical-json.js';
import { parseJson } from '../../json/parse-json.js';
import { controlName, placeOf } from '../browser/form/form-shape.js';
import { formOf, readForm } from '../execute-form.js';
import { fillForm, type FormValues } from './fill-form.js';

const parts = (values: FormValues) => [...values].flatMap(([name, texts]) => texts.map((text) => ({ name, text })));

/** As a browser sends what stands in text areas and lines. */
const sent = (values: FormValues) =>
  parts(values).map(({ name, text }) => ({ name, text: text.replaceAll('\n', '\r\n').toWellFormed() }));

const scalar = fc.constantFrom<object>(
  { type: 'string' },
  { type: 'string', contentMediaType: 'text/xml' },
  { type: 'string', format: 'date-time' },
  { type: 'string', format: 'date' },
  { type: 'string', format: 'uri' },
  { type: 'number' },
  { type: 'integer' },
  { type: 'boolean' },
  { enum: ['a', 'b', 1, true] },
  { format: 'ogc-bbox' },
  { format: 'geojson-geometry' },
  { type: 'object', format: 'ogc-link' },
  { $ref: 'x' },
  {},
);
const schema = fc.letrec<{ schema: object }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    scalar,
    tie('schema').map((items) => ({ type: 'array', items })),
    fc.dictionary(fc.constantFrom('a', 'b/~', 'c.json', '', '__proto__'), tie('schema')).map((properties) => ({
      type: 'object',
      properties,
    })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
  ),
})).schema;

const json = jsonText.map((text) => parseJson(text));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    'a',
    ' a ',
    '\n\na\r\nb',
    '["a"]',
    '5',
    'true',
    '2026-01-01T12:00:00Z',
    '2026-01-01',
    'https://a',
  ),
);
const leaf = fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), json);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b/~', 'c.json', '', 'href', '__proto__'), tie('value')),
    fc.record(
      { bbox: fc.array(fc.oneof(fc.integer(), text), { minLength: 3, maxLength: 6 }), crs: text },
      { requiredKeys: ['bbox'] },
    ),
  ),
})).value;
const id = fc.oneof(
  fc.string().filter((one) => one !== 'token' && !/secret|key|password|token/i.test(one)),
  fc.constantFrom('a', 'a.json', 'a/b', 'a.json.href', '~a0', 'a/~a0', '__proto__', 'a.choice'),
);

describe('a form that is filled by a request', () => {
  it('says that request again, whatever the schemas and the values', () => {
    const input = fc.record({ schema, value, maxOccurs: fc.constantFrom(1, 'unbounded') });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(id, input), { selector: ([one]) => one, maxLength: 4 }), (entries) => {
        const form = formOf({ inputs: Object.fromEntries(entries), outputs: {} });
        const inputs = Object.fromEntries(entries.map(([one, { value: given }]) => [one, given]));
        fc.pre(!/secret|key|password|token/i.test(JSON.stringify(inputs)));
        const filled = fillForm(form, { inputs });
        expect(filled.anew).toEqual([]);
        expect(canonicalJson(readForm(form, sent(filled.values)))).toBe(canonicalJson({ inputs }));
      }),
      { numRuns: 300 },
    );
  });

  it('says values that fit their schemas by controls, without JSON', () => {
    const inputs = {
      when: { schema: { type: 'string', format: 'date-time' } },
      box: { schema: { format: 'ogc-bbox' } },
      list: { schema: { type: 'integer' }, maxOccurs: 3 },
      measure: { schema: { type: 'object', properties: { n: { type: 'number' }, s: { enum: ['a', 'b'] } } } },
      either: { schema: { oneOf: [{ type: 'string' }, { format: 'geojson-geometry' }] } },
    };
    const request = {
      inputs: {
        when: '2026-01-01T12:00:00+05:37',
        box: { bbox: [1, 2, 3, 4, 5, 6], crs: 'urn:x' },
        list: [1, 2],
        measure: { n: 1, s: 'b' },
        either: { type: 'Point', coordinates: [1, 2] },
      },
      response: 'raw',
      outputs: { a: {}, b: { transmissionMode: 'reference' } },
    };
    const form = formOf({ inputs, outputs: { a: {}, b: {} } });
    const { values } = fillForm(form, request);
    expect([...values.keys()].filter((name) => name.endsWith('.json'))).toEqual([]);
    expect(values.get('input.when')).toEqual(['2026-01-01T12:00:00']);
    expect(values.get('input.either.choice')).toEqual(['1']);
    expect(readForm(form, sent(values))).toEqual(request);
  });

  it('leaves empty what a request does not show, and names it', () => {
    const omitted = { omitted: { size: 5, sha256: 'abc' } };
    const inputs = { features: { schema: {} }, apiKey: { schema: { type: 'string' } }, login: { schema: {} } };
    const form = formOf({ inputs, outputs: {} });
    const request = { inputs: { features: omitted, apiKey: '*', login: { user: 'a', password: '*' }, token: '*' } };
    const { values, anew } = fillForm(form, request);
    expect(anew).toEqual(['/inputs/features', '/inputs/apiKey', '/inputs/login/password']);
    expect(readForm(form, parts(values))).toEqual({ inputs: { login: { user: 'a' } } });
  });
});

it('names of controls lead back to their places, and are no names of what stands beside them', () => {
  const place = fc.array(fc.oneof(fc.string(), fc.constantFrom('a.json', '~a0', 'a/b', '.href')), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(place, (keys) => {
      expect(placeOf(controlName(keys))).toEqual(keys);
      expect(placeOf(`${controlName(keys)}.json`)).toBeUndefined();
    }),
  );
});
