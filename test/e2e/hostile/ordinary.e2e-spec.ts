import { describe, expect, it } from '@jest/globals';
import { HostileBed } from '../../support/hostile-bed.js';

/** What the other suites of this folder compare with: the small heap and the account do not get in the way of ordinary work. */
describe('a server with a small heap', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed));

  it('executes, stays alive meanwhile, and has an account of what that cost', async () => {
    const statuses: number[] = [];
    const cost = await hostile.costOf(async () => {
      for (let n = 0; n < 5; n++) statuses.push((await hostile.bed.execute('instant', {})).status);
    });
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(cost.processorTime).toBeGreaterThan(0);
    expect(cost.longestStop).toBeGreaterThan(0);
    expect(cost.longestStop).toBeLessThanOrEqual(cost.processorTime);
    expect(cost.memory).toBeGreaterThan(50);
  });

  it('tells how long reading a text stops it, in proportion to the text', async () => {
    const text = (count: number) => JSON.stringify(Array.from({ length: count }, (_, n) => ({ n, s: `text ${n}` })));
    const [small, large] = [await hostile.stopOfParsing(text(2_000)), await hostile.stopOfParsing(text(40_000))];
    expect(large).toBeGreaterThan(small * 5);
  });
});
