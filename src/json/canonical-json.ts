import { Decimal } from './decimal.js';
import { ExactNumber } from './exact-number.js';

/** The JSON text of a value with the keys of objects in order, so that equal values have one text; numbers as they were written. */
export function canonicalJson(value: unknown): string {
  return textOf(value, (number) => JSON.stringify(number));
}

/** A text that two values share just where they are equal by JSON Schema: `1`, `1.0` and `10e-1` are one number. */
export function equalityKey(value: unknown): string {
  return textOf(value, (number) => Decimal.of(number).key);
}

function textOf(value: unknown, numberText: (number: number | ExactNumber) => string): string {
  if (typeof value === 'number' || value instanceof ExactNumber) return numberText(value);
  if (Array.isArray(value)) return `[${value.map((item) => textOf(item, numberText)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const texts = members
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${textOf(member, numberText)}`);
  return `{${texts.join(',')}}`;
}
