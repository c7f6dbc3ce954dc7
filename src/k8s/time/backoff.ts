/**
 * Delay before a retry: doubled with each failure in a row, and spread over its upper half, so that many clients do not come back together.
 * @param failures failures in a row, from 1
 * @param random from 0 to 1
 * @returns milliseconds, from half of `base` to `max`
 */
export function backoffDelay(failures: number, base: number, max: number, random: number): number {
  const full = Math.min(max, base * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random;
}
