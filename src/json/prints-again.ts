const bits = new DataView(new ArrayBuffer(8));
/** Splits a double into two halves of 26 bits, whose products are exact (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** Far more than rounding in the sums below can come to. */
const MARGIN = 1e-3;
/** Up to here powers of ten are exact. */
const MOST_PLACES = 22;

/**
 * Whether a decimal of 16 or 17 digits is surely what its double prints: the shortest decimal that gives that double, and of those the nearest. Costs a tenth of printing it.
 * @param double the one that the decimal gives
 * @param head the first digits of the decimal, at most nine
 * @param tail the last eight
 * @param places how many of all digits stand behind the point
 * @returns false, too, where it cannot be told so cheaply
 */
export function surelyPrintsAgain(double: number, head: number, tail: number, places: number): boolean {
  if (places > MOST_PLACES || double < 1e-5 || double > 1e15) return false;
  const scale = 10 ** places;
  // In units of the last digit: by how much the decimal is more than the double, and half the distance to the next doubles.
  const difference = excess(double, scale, head * 1e8, tail);
  const half = (unitInLastPlace(double) / 2) * scale;
  const last = tail % 10;
  return (
    Math.abs(difference) < 0.5 - MARGIN &&
    // Decimals with a digit less that lie beside it must give other doubles.
    Math.abs(difference - last) > half + MARGIN &&
    Math.abs(difference + 10 - last) > half + MARGIN
  );
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

/** The distance to the next larger double. */
function unitInLastPlace(double: number): number {
  bits.setFloat64(0, double);
  return 2 ** (((bits.getUint32(0) >>> 20) & 0x7ff) - 1075);
}
