import { describe, expect, it } from '@jest/globals';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';
import { assertLinearTime } from '../../support/linear-time.js';

interface Refusal {
  readonly detail: string;
  readonly errors: readonly unknown[];
}

/** Requests that are wrong in very many places cost what reading them costs. */
describe('a server that is sent faults without end', () => {
  let hostile: HostileBed;
  HostileBed.forSuite((bed) => (hostile = bed));

  const bodies: readonly (readonly [string, (count: number) => object])[] = [
    [
      'unknown inputs',
      (count) => ({ inputs: Object.fromEntries(Array.from({ length: count }, (_, n) => [`i${n}`, 1])) }),
    ],
    [
      'unknown outputs',
      (count) => ({ outputs: Object.fromEntries(Array.from({ length: count }, (_, n) => [`o${n}`, 1])) }),
    ],
  ];

  it.each(bodies)('lists some of %s, in linear time', async (_name, bodyOf) => {
    const send = async (body: string): Promise<Refusal> => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${hostile.bed.url}/processes/hello/execution`, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      return (await response.json()) as Refusal;
    };
    // How many times as long as reading it stops the server, in each try.
    const stops: number[] = [];
    await assertLinearTime(
      4_000,
      async (count, times) => {
        const body = JSON.stringify(bodyOf(count));
        const cost = await hostile.costOf(async () => {
          for (let n = 0; n < times; n++) {
            const { errors, detail } = await send(body);
            expect([errors.length, detail]).toEqual([100, expect.stringContaining('there are more')]);
          }
        });
        expect(cost.memory).toBeLessThan(FULL_HEAP);
        if (count === 40_000) stops.push(cost.longestStop / (await hostile.stopOfParsing(body)));
        return cost.processorTime;
      },
      () => expect(Math.min(...stops)).toBeLessThan(10),
    );
  });
});
