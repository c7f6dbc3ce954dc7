const bits = new DataView(new ArrayBuffer(8));
/** Splits a double into two halves of 26 bits, whose products are exact (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** Far more than rounding in the sums below can come to. */
const MARGIN = 1e-3;
/** Up to 10²² powers of ten are exact. */
const SCALES = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/**
 * The double of a decimal of 16 or 17 digits that prints as this decimal: it is the shortest that gives the double, and of those the nearest. Costs a tenth of reading and printing it.
 * @param head the digits without the last eight, as an integer
 * @param tail the last eight
 * @param places how many of all digits stand behind the point
 * @returns NaN where that is not so, or cannot be told so cheaply
 */
export function printedDecimal(head: number, tail: number, places: number): number {
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
