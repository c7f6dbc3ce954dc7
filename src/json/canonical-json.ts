import { createHash } from 'node:crypto';
import { Decimal } from './decimal.js';
import { ExactNumber } from './exact-number.js';

/** The JSON text of a value with the keys of objects in order, so that equal values have one text; numbers as they were written. */
export function canonicalJson(value: unknown): string {
  return textOf(value, (number) => JSON.stringify(number));
}

/**
 * A text that two values share just where they are equal by JSON Schema: `1`, `1.0` and `10e-1` are one number. Of large arrays and objects
 * it is a digest (SHA-256).
 * @param digests takes up those of the value's own, so that another call for it, or for what is around it, need not read it again
 */
export function equalityKey(value: unknown, digests?: Map<object, string>): string {
  const known = typeof value === 'object' && value !== null ? digests?.get(value) : undefined;
  if (known !== undefined) return known;
  const text = textOf(
    value,
    (number) => Decimal.of(number).key,
    (part) => equalityKey(part, digests),
  );
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return text;
  if (text.length <= LONGEST_KEY) return text;
  // No text of JSON begins like that.
  const digest = `#${createHash('sha256').update(text).digest('base64')}`;
  digests?.set(value, digest);
  return digest;
}

const LONGEST_KEY = 64;

type TextOf = (value: unknown) => string;

function textOf(
  value: unknown,
  numberText: (number: number | ExactNumber) => string,
  partText: TextOf = (part) => textOf(part, numberText),
): string {
  if (typeof value === 'number' || value instanceof ExactNumber) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(partText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const texts = members
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${partText(member)}`);
  return `{${texts.join(',')}}`;
}
