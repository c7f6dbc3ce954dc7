import type { ChoiceShape, ScalarShape } from './form-shape.js';

/** The value of the text of one control. */
export function readScalar(
  shape: ScalarShape | ChoiceShape,
  text: string,
  { parseJson }: { readonly parseJson: (text: string) => unknown },
  zone?: string,
): unknown {
  switch (shape.kind) {
    case 'number':
    case 'integer':
      return readNumber(text, parseJson);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'choice':
      return readChoice(shape.choices, text, parseJson);
    case 'date-time':
      return withZone(text, zone);
    case 'long-text':
      return normalized(text);
    default:
      return text;
  }
}

/** Sign, digits before the point without leading zeros, digits after it, exponent. */
const DECIMAL = /^([+-]?)(?=\.?\d)0*((?:[1-9]\d*)?)(?:\.(\d*))?(e[+-]?\d+)?$/i;

/** A decimal number by its digits, none of them lost: by JSON's grammar, or nearly, as `+1`, `007`, `.5` and `5.` are. Else a text. */
function readNumber(text: string, parseJson: (text: string) => unknown): unknown {
  const trimmed = text.trim();
  const [, sign, whole = '', fraction = '', exponent = ''] = DECIMAL.exec(trimmed) ?? [];
  if (sign === undefined) return text;
  return parseJson((sign === '-' ? '-' : '') + (whole || '0') + (fraction && `.${fraction}`) + exponent);
}

/** Choices are JSON texts; a text may be given without its quotes. */
function readChoice(choices: readonly string[], text: string, parseJson: (text: string) => unknown): unknown {
  if (!choices.includes(text) && choices.includes(JSON.stringify(text))) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

const LOCAL = /^(\d{4,}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?$/;

/** What a picker gives has no zone, and no seconds where they are 0. */
function withZone(text: string, zone: string | undefined): string {
  const [, minutes, seconds = ':00'] = LOCAL.exec(text) ?? [];
  return minutes === undefined || zone === undefined ? text : minutes + seconds + zone;
}

/** Ends of lines as JSON would have them: forms send `\r\n`. */
export function normalized(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** Lines that are not blank. */
export function linesOf(text: string): string[] {
  return normalized(text)
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** A number that is kept as it was written is an object to JavaScript, and none of JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
