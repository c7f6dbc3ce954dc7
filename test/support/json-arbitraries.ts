import fc from 'fast-check';

const digits = (least: number, most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most }).map((all) => all.join(''));

/** Numbers by JSON's grammar, of all sizes, and how one may write them: `-0`, `1.0`, `1E+05`, thirty digits. */
export const numberText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '-0.0', '1e400', '-1E400', '1e-400', '5e-324', '9007199254740993', '1e21', '1E5'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => JSON.stringify(double)),
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.oneof(
        fc.constant('0'),
        digits(1, 20).map((text) => `1${text}`),
      ),
      fc.option(digits(1, 25), { nil: undefined }),
      fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-', 'e-'), digits(1, 4)), { nil: undefined }),
    )
    .map(
      ([sign, whole, fraction, exponent]) =>
        sign + whole + (fraction === undefined ? '' : `.${fraction}`) + (exponent ? exponent.join('') : ''),
    ),
);

const oddKeys = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'rawJSON',
  'length',
  '',
  '~/',
  '"\\',
  '\ud800',
  '\u0000',
  '€𝄞',
);
/** Keys that look like array indexes come first in every JavaScript object, so their order would not be kept. */
const key = fc.oneof(oddKeys, fc.string({ unit: 'binary' })).filter((name) => !/^\d+$/.test(name));

const scalar = fc.oneof(
  { weight: 4, arbitrary: numberText },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'null') },
);

const arrayOf = (items: readonly string[]) => `[${items.join(',')}]`;
const objectOf = (members: readonly (readonly [string, string])[]) =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

/** JSON texts as `JSON.stringify` would lay them out: shallow and wide ones, and deep ones, of fewer than 450 levels. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }).map(arrayOf),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 5 })
      .map((members) => objectOf(members)),
    fc
      .tuple(fc.integer({ min: 1, max: 100 }), fc.boolean(), tie('value'))
      .map(([depth, isObject, value]) =>
        isObject
          ? '{"__proto__":'.repeat(depth) + value + '}'.repeat(depth)
          : '['.repeat(depth) + value + ']'.repeat(depth),
      ),
  ),
})).value;
