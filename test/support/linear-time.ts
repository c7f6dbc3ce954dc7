import { expect } from '@jest/globals';
import { untilItHolds } from './tries.js';

/** Ten times as much at once may take at most so many times as long as a tenth ten times. */
const MOST = 1.5;
/** Less is lost among the steps of the clock, ms. What is not linear in sizes that are worth a test takes seconds. */
const NOTHING = 100;

/**
 * Says that time is in proportion to what is worked on. Both sides are the same work where it is, so that neither
 * what each request costs, nor a machine that is busy, weighs more on the one than on the other.
 * @param timeOf ms of processor time of working on so much, so many times
 * @param also what else holds of the tries so far
 */
export async function assertLinearTime(
  small: number,
  timeOf: (size: number, times: number) => Promise<number> | number,
  also: () => void = () => undefined,
): Promise<void> {
  // What is compiled late is compiled now.
  await timeOf(small, 2);
  await untilItHolds(
    async () => ({ tenths: await timeOf(small, 10), whole: await timeOf(10 * small, 1) }),
    (tries) => {
      const [tenths, whole] = [tries.map((each) => each.tenths), tries.map((each) => each.whole)];
      expect(Math.min(...whole)).toBeLessThanOrEqual(Math.max(MOST * Math.min(...tenths), NOTHING));
      also();
    },
    { least: 2, most: 12 },
  );
}
