import { describe, expect, it } from '@jest/globals';
import { ManualClock, settle } from '../k8s/testing/manual-clock.js';
import { STORE_PLACES, StorePlaces } from './store-places.js';

/** Places that are all taken, and how to end the writes that have them. */
function taken() {
  const clock = new ManualClock();
  const places = new StorePlaces(clock);
  const ends: (() => void)[] = [];
  const writes = Array.from({ length: STORE_PLACES }, () =>
    places.within(() => new Promise<void>((resolve) => ends.push(resolve))),
  );
  const endAll = async () => {
    for (const end of ends) end();
    await Promise.all(writes);
  };
  return { clock, places, ends, endAll };
}

describe('places for writes to the object store', () => {
  it('are refused while all are taken for long, and nothing is written', async () => {
    const { clock, places, endAll } = taken();
    let written = false;
    const write = places.within(async () => void (written = true));
    const refusal = expect(write).rejects.toMatchObject({ failure: 'unreachable', retryable: true });
    await clock.advance(60_000);
    await refusal;
    expect(written).toBe(false);
    await endAll();
    expect(await places.within(async () => 'written')).toBe('written');
  });

  it('go to who waits once one is free, also where the write before failed', async () => {
    const { places, ends, endAll } = taken();
    const order: number[] = [];
    const waiting = [1, 2].map((number) => places.within(async () => void order.push(number)));
    await settle();
    ends[0]?.();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2]);
    await endAll();
    await expect(places.within(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    const again = Array.from({ length: STORE_PLACES }, () => places.within(async () => 'written'));
    expect(await Promise.all(again)).toHaveLength(STORE_PLACES);
  });
});
