/**
 * Measures until what is said of the measurements holds; after the last try rejects with what is against it. Other
 * programs, steps of the clock and garbage of before disturb some tries; what the measured thing costs by itself is in all of them, so that its least tells it.
 * @param judge throws (`expect`) where what was measured so far, oldest first, does not show it
 * @param bounds so many are measured before the first judgement, and at most
 */
export async function untilItHolds<T>(
  measure: () => Promise<T>,
  judge: (measured: readonly T[]) => void,
  { least = 1, most = 8 } = {},
): Promise<void> {
  const measured: T[] = [];
  for (;;) {
    measured.push(await measure());
    if (measured.length < least) continue;
    try {
      return judge(measured);
    } catch (error) {
      if (measured.length >= most) throw error;
    }
  }
}
