import { writtenTextOf, type WrittenText } from '../../config/provenance.js';

/**
 * The value of a variable of a pod as the predecessor, a program in Python, passed it: `1.0` and not 1, integers with all their digits,
 * `True` and `False`. What the environment gave and is no number stays the text that it is: `true`, or nothing.
 * @param entry of the file, with what YAML made of the value under `key`
 * @returns that value where the file reader knows of no other text
 */
export function environmentText(entry: object, key: string): unknown {
  const value = (entry as Readonly<Record<string, unknown>>)[key];
  const written = writtenTextOf(entry, key);
  if (written === undefined) return value;
  if (typeof value === 'number') return written.text.includes('.') ? floatText(value) : integerText(value, written);
  return written.isReferenced ? written.text : value;
}

/** As Python's `repr` of a float: the same digits as JavaScript's, with a part after the point, or an exponent of at least two digits. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', sign = '+', exponent = ''] = value.toExponential().split(/e([+-])/);
  return `${digits}e${sign}${exponent.padStart(2, '0')}`;
}

/** Numbers of JavaScript have room for 15 digits. */
function integerText(value: number, { text }: WrittenText): string {
  const [, sign = '', digits = ''] = /^([-+]?)(\w+)$/.exec(text.replaceAll('_', '')) ?? [];
  if (Number.isSafeInteger(value) || digits === '') return String(value);
  const exact = BigInt(/^0\d/.test(digits) ? `0o${digits}` : digits);
  return String(sign === '-' ? -exact : exact);
}
