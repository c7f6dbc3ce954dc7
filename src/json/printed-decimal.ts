const bits = new DataView(new ArrayBuffer(8));
/** Splits a double into two halves of 26 bits, whose products are exact (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** Far more than rounding in the sums below can come to. */
const MARGIN = 1e-3;
/** Up to 10²² powers of ten are exact. */
const SCALES = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** So many digits a double always gives back (DBL_DIG). */
const SURE_DIGITS = 15;
/** Doubles that are smaller print with an exponent. */
const LEAST_PLAIN = 1e-6;
const ZERO = 0x30;

/**
 * The double of a decimal with a point, without sign and exponent, that stands in a text.
 * @param digits all its digits as an integer, exact where they are at most 15
 * @param places how many of them stand behind the point
 * @returns NaN where the double does not print as the decimal is written
 */
export function readDecimal(text: string, start: number, end: number, digits: number, places: number): number {
  // What ends in a zero, or is so small that it prints with an exponent, never does.
  if (text.charCodeAt(end - 1) === ZERO) return NaN;
  if (end - start - 1 <= SURE_DIGITS) {
    const number = digits / (SCALES[places] as number);
    return number >= LEAST_PLAIN ? number : NaN;
  }
  if (digits >= 1e15 && digits < 1e17 && places > 8) {
    let tail = 0;
    for (let at = end - 8; at < end; at += 1) tail = tail * 10 + (text.charCodeAt(at) - ZERO);
    const printed = printedDecimal(Math.round((digits - tail) / 1e8), tail, places);
    if (!Number.isNaN(printed)) return printed;
  }
  const decimal = text.slice(start, end);
  const number = Number(decimal);
  return String(number) === decimal ? number : NaN;
}

/**
 * The double of a decimal of 16 or 17 digits that prints as this decimal: it is the shortest that gives the double, and of those the
 * nearest. Costs a tenth of reading and printing it.
 * @param head the digits without the last eight, as an integer
 * @param tail the last eight
 * @param places how many of all digits stand behind the point
 * @returns NaN where that is not so, or cannot be told so cheaply
 */
function printedDecimal(head: number, tail: number, places: number): number {
  const scale = SCALES[places] ?? NaN;
  const high = head * 1e8;
  let double = (high + tail) / scale;
  if (!(double > 1e-5 && double < 1e15)) return NaN;
  const unit = unitInLastPlace(double);
  // In units of the decimal's last digit, as all that follows: half the way to the next double, and by how much the decimal is more.
  const half = (unit / 2) * scale;
  let difference = excess(double, scale, high, tail);
  if (Math.abs(difference) > half) {
    double += Math.round(difference / (2 * half)) * unit;
    if (unitInLastPlace(double) !== unit) return NaN;
    difference = excess(double, scale, high, tail);
  }
  const last = tail % 10;
  const isSure =
    Math.abs(difference) < Math.min(half, 0.5) - MARGIN &&
    // Decimals with a digit less that lie beside it must give other doubles.
    Math.abs(difference - last) > half + MARGIN &&
    Math.abs(difference + 10 - last) > half + MARGIN;
  return isSure ? double : NaN;
}

/** `high + low - factor × scale`, where that is small: the product is taken exactly (Dekker). */
function excess(factor: number, scale: number, high: number, low: number): number {
  const product = factor * scale;
  const f = SPLITTER * factor;
  const factorHigh = f - (f - factor);
  const factorLow = factor - factorHigh;
  const s = SPLITTER * scale;
  const scaleHigh = s - (s - scale);
  const scaleLow = scale - scaleHigh;
  const rest =
    factorLow * scaleLow - (product - factorHigh * scaleHigh - factorLow * scaleHigh - factorHigh * scaleLow);
  return high - product + low - rest;
}

/** The distance to the next larger double; NaN for powers of two, below which it is another. */
function unitInLastPlace(double: number): number {
  bits.setFloat64(0, double);
  const upper = bits.getUint32(0);
  if ((upper & 0xfffff) === 0 && bits.getUint32(4) === 0) return NaN;
  return 2 ** ((upper >>> 20) - 1075);
}
