import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberText } from '../../test/support/json-arbitraries.js';
import { canonicalJson, equalityKey } from './canonical-json.js';
import { Decimal } from './decimal.js';
import { ExactNumber } from './exact-number.js';
import { parseJson } from './parse-json.js';
import { copyJson, withPlainNumbers } from './plain-json.js';

const decimal = (text: string) => Decimal.of(new ExactNumber(text));

/** Numerator and denominator: arithmetic of which nothing here is a part. */
function fraction(text: string): [bigint, bigint] {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', places = ''] = mantissa.split('.');
  const shift = Number(exponent) - places.length;
  return [BigInt(whole + places) * 10n ** BigInt(Math.max(shift, 0)), 10n ** BigInt(Math.max(-shift, 0))];
}

const small = numberText.filter((text) => Math.abs(Number(/e(.*)/i.exec(text)?.[1] ?? 0)) < 500);

describe('a decimal', () => {
  it('compares as fractions do', () => {
    fc.assert(
      fc.property(small, small, (one, other) => {
        const [a, b] = fraction(one);
        const [c, d] = fraction(other);
        const order = a * d - c * b;
        expect(Math.sign(decimal(one).compare(decimal(other)))).toBe(order < 0n ? -1 : order > 0n ? 1 : 0);
        expect(decimal(one).key === decimal(other).key).toBe(order === 0n);
        expect(decimal(one).isInteger).toBe(a % b === 0n);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a multiple as fractions are', () => {
    const divisor = fc.oneof(
      fc.constantFrom('0.01', '0.1', '3', '0.7', '100', '1e-7'),
      fc.integer({ min: 1 }).map(String),
    );
    fc.assert(
      fc.property(small, divisor, (value, by) => {
        const [a, b] = fraction(value);
        const [c, d] = fraction(by);
        expect(decimal(value).isMultipleOf(decimal(by))).toBe((a * d) % (b * c) === 0n);
      }),
      { numRuns: 2000 },
    );
  });

  it('is never written out: exponents cost nothing', () => {
    const huge = decimal('7e999999999999999');
    expect(huge.compare(decimal('6e999999999999999'))).toBeGreaterThan(0);
    expect(huge.compare(decimal('-1e-999999999999999'))).toBeGreaterThan(0);
    expect([huge.isInteger, decimal('1e-999999999999999').isInteger]).toEqual([true, false]);
    expect([huge.isMultipleOf(decimal('7')), huge.isMultipleOf(decimal('9'))]).toEqual([true, false]);
    expect(huge.integerText(4000)).toBeUndefined();
  });

  it.each([
    ['1.50e1', '15'],
    ['-0', '0'],
    ['12e2', '1200'],
    ['1.5', undefined],
    ['1e10', undefined],
  ])('%s is the integer %s, where it has few digits', (text, integer) =>
    expect(decimal(text).integerText(10)).toBe(integer),
  );
});

describe('texts of values', () => {
  it('are the same for the same keys in any order, and keep numbers as they were written', () => {
    const text = (json: string) => canonicalJson(parseJson(json));
    expect(text('{"b": [1.0, 12345678901234567891], "a": "x", "__proto__": null}')).toBe(
      '{"__proto__":null,"a":"x","b":[1.0,12345678901234567891]}',
    );
    expect(text('{"a": {"c": 1, "b": 2}}')).toBe(text('{"a": {"b": 2, "c": 1}}'));
    expect(text('[1]')).not.toBe(text('[1.0]'));
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  });

  it('are equal where JSON Schema finds values equal', () => {
    const key = (json: string) => equalityKey(parseJson(json));
    expect(new Set(['1', '1.0', '10e-1', '0.1E1'].map(key)).size).toBe(1);
    expect(key('18446744073709551617')).not.toBe(key('18446744073709551618'));
    expect(key('"1"')).not.toBe(key('1'));
    expect([key('-0'), key('0e5')]).toEqual([key('0'), key('0')]);
  });
});

it('copies keep every key, and share nothing', () => {
  const value = parseJson('{"__proto__": [{"constructor": 1.0}], "n": 1e400}') as Record<string, unknown>;
  expect(JSON.stringify(copyJson(value))).toBe(JSON.stringify(value));
  const plain = withPlainNumbers(value);
  expect([plain['n'], Object.keys(plain), Object.getPrototypeOf(plain)]).toEqual([
    Infinity,
    ['__proto__', 'n'],
    Object.prototype,
  ]);
});
