import { describe, expect, it } from '@jest/globals';
import { FULL_HEAP, HostileBed } from '../../support/hostile-bed.js';

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
    const send = async (count: number): Promise<Refusal> => {
      const body = JSON.stringify(bodyOf(count));
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${hostile.bed.url}/processes/hello/execution`, { method: 'POST', headers, body });
      expect(response.status).toBe(400);
      return (await response.json()) as Refusal;
    };
    await send(2_000);
    const small = await hostile.costOf(() => send(4_000));
    let refusal: Refusal | undefined;
    const large = await hostile.costOf(async () => (refusal = await send(40_000)));
    expect(large.longestStop).toBeLessThan(10 * (await hostile.stopOfParsing(JSON.stringify(bodyOf(40_000)))));
    expect(large.processorTime).toBeLessThanOrEqual(Math.max(small.processorTime, 1) * 15);
    expect(refusal?.errors).toHaveLength(100);
    expect(refusal?.detail).toContain('there are more');
    expect(large.memory).toBeLessThan(FULL_HEAP);
  });
});
