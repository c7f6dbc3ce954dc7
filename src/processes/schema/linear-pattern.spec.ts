import { describe, expect, it } from '@jest/globals';
import { linearPattern } from './linear-pattern.js';

const texts = [
  '',
  'a',
  'ab',
  'aB3',
  'a\n',
  'a\nb',
  'a\u2028b',
  'a.b',
  'é',
  '😀',
  'λ',
  '\u00a0',
  ' ',
  '1-2',
  'x[y]',
  '(a)',
  'a/b',
  '\\',
  '^',
  '-',
  '\u0001',
  '\ufeff',
  'aaa',
  '2026-01-02',
  '_',
  '\ud800',
];

describe('a pattern that RE2 runs', () => {
  it.each([
    '(?:a|b)+',
    '^(a+)+$',
    'a$',
    '^(?:.)$',
    '^(.|\\n)+$',
    '(\\s)',
    '(\\S)',
    '([\\s])',
    '([^\\s])',
    '([\\S])',
    '([^\\S])',
    '(\\d|\\D)',
    '([\\w.])',
    '(\\W)',
    '(\\ba)',
    '([\\b])',
    '(\\u00e9)',
    '(\\u{1f600})',
    '(\\ud83d\\ude00)',
    '([\\u00e0-\\u00ff])',
    '(\\xe9)',
    '(\\cA)',
    '(\\p{L})',
    '(\\P{L})',
    '([^\\p{Lu}])',
    '(\\p{Script=Greek})',
    '(?<year>\\d{4})-(?<month>\\d{2})',
    '([[\\]])',
    '([^[])',
    '([\\^\\-\\\\/])',
    '([(?:])',
    '(\\/|\\.|\\(|\\[)',
    '([^])',
    '([])',
    '(^$)',
    '(a{2,3}?)',
    '([+--])',
    '(\\\\)',
    '(\\0)',
    '^(?:[a-z0-9]+-)*[a-z0-9]+$',
  ])('%s means what it means in JavaScript', (source) => {
    const native = new RegExp(source, 'u');
    const { pattern, superlinear } = linearPattern(source);
    expect(superlinear).toBeUndefined();
    expect(texts.map((text) => pattern.test(text))).toEqual(texts.map((text) => native.test(text)));
  });

  it.each(['(?=a)b', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>', '(\\p{Emoji})', '((a|b){1001})'])(
    '%s is left to JavaScript, and said to be',
    (source) => {
      const { pattern, superlinear } = linearPattern(source);
      expect(superlinear).toEqual(expect.any(String));
      expect(pattern.test('ab')).toBe(new RegExp(source, 'u').test('ab'));
    },
  );

  it('that goes back again and again in JavaScript answers a long text', () => {
    expect(linearPattern('^(a+)+$').pattern.test(`${'a'.repeat(10_000)}!`)).toBe(false);
  });

  it('that is none is refused', () => expect(() => linearPattern('(')).toThrow(SyntaxError));

  it('is told from others by its text', () =>
    expect(String(linearPattern('(a)').pattern)).not.toBe(String(linearPattern('(b)').pattern)));
});
