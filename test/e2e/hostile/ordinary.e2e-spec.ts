import { describe, expect, it } from '@jest/globals';
import { type Cost, HostileBed } from '../../support/hostile-bed.js';
import { untilItHolds } from '../../support/tries.js';

/** What the other suites of this folder compare with: the small heap and the account do not get in the way of ordinary work. */
describe('a server with a small heap', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed));

  it('executes, stays alive meanwhile, and has an account of what that cost', async () => {
    const executing = async () => {
      for (let n = 0; n < 5; n++) expect((await hostile.bed.execute('instant', {})).status).toBe(200);
    };
    await untilItHolds(
      () => hostile.costOf(executing),
      (tries) => {
        const { processorTime, longestStop, memory } = tries.at(-1) as Cost;
        expect(longestStop).toBeGreaterThan(0);
        expect(longestStop).toBeLessThanOrEqual(processorTime);
        expect(memory).toBeGreaterThan(50);
      },
    );
  });

  it('tells how long reading a text stops it, in proportion to the text', async () => {
    const text = (count: number) => JSON.stringify(Array.from({ length: count }, (_, n) => ({ n, s: `text ${n}` })));
    await untilItHolds(
      async () => [await hostile.stopOfParsing(text(2_000)), await hostile.stopOfParsing(text(40_000))] as const,
      (tries) => {
        const [small, large] = [tries.map(([one]) => one), tries.map(([, other]) => other)];
        expect(Math.min(...large)).toBeGreaterThan(Math.min(...small) * 5);
      },
    );
  });
});
