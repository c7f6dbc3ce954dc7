import type { ExactNumber } from './exact-number.js';

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Digits that are taken at once where a remainder is made. */
const CHUNK = 15;

/**
 * A number of JSON as what it says: `0.DIGITS × 10^exponent`. Nothing here costs more than its text is long, whatever its exponent:
 * `1e999999999` is never written out. An ordinary number is the decimal that prints for it.
 */
export class Decimal {
  private constructor(
    private readonly isNegative: boolean,
    /** Without zeros at either end; empty: zero. */
    private readonly digits: string,
    private readonly exponent: number,
  ) {}

  static of(number: number | ExactNumber): Decimal {
    const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(String(number)) ?? [];
    const written = whole + fraction;
    let start = 0;
    while (written.charCodeAt(start) === 0x30) start += 1;
    let end = written.length;
    while (end > start && written.charCodeAt(end - 1) === 0x30) end -= 1;
    if (start === end) return new Decimal(false, '', 0);
    return new Decimal(sign === '-', written.slice(start, end), Number(exponent) + whole.length - start);
  }

  get isInteger(): boolean {
    return this.digits.length <= this.exponent || this.digits === '';
  }

  /** @returns less than 0 where this is less than the other, more where it is more, 0 where they are equal */
  compare(other: Decimal): number {
    const sign = (decimal: Decimal) => (decimal.digits === '' ? 0 : decimal.isNegative ? -1 : 1);
    if (sign(this) !== sign(other)) return sign(this) - sign(other);
    const size =
      this.exponent - other.exponent || (this.digits < other.digits ? -1 : this.digits > other.digits ? 1 : 0);
    return this.isNegative ? 0 - size : size;
  }

  /** @param divisor not zero, of few digits */
  isMultipleOf(divisor: Decimal): boolean {
    if (this.digits === '') return true;
    // Both as integers, and by how many powers of ten they differ.
    const shift = this.exponent - this.digits.length - (divisor.exponent - divisor.digits.length);
    // The last digit of the integer is no zero, so that no power of ten divides it.
    if (shift < 0) return false;
    const modulus = BigInt(divisor.digits);
    return (remainder(this.digits, modulus) * power(10n, shift, modulus)) % modulus === 0n;
  }

  /** The same for all texts of one number. */
  get key(): string {
    return `${this.isNegative ? '-' : ''}${this.digits}e${this.exponent}`;
  }

  /** @returns an integer written out; undefined where it is none, or has more digits than that */
  integerText(mostDigits: number): string | undefined {
    if (this.digits === '') return '0';
    if (!this.isInteger || this.exponent > mostDigits) return undefined;
    return (this.isNegative ? '-' : '') + this.digits.padEnd(this.exponent, '0');
  }
}

function remainder(digits: string, modulus: bigint): bigint {
  let rest = 0n;
  for (let at = 0; at < digits.length; at += CHUNK) {
    const chunk = digits.slice(at, at + CHUNK);
    rest = (rest * 10n ** BigInt(chunk.length) + BigInt(chunk)) % modulus;
  }
  return rest;
}

function power(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n % modulus;
  let square = base % modulus;
  for (let left = BigInt(exponent); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
