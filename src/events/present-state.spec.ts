import { describe, expect, it } from '@jest/globals';
import { parseEventsQuery } from './event-request.js';
import { presentState } from './present-state.js';
import { EventBed, nameOf } from './testing/event-bed.js';

const all = parseEventsQuery({}, []).filters;
const numbers = (names: readonly string[]) => names.map((name) => Number(name.slice(-12)));

describe('the present state of the list', () => {
  it('is what goes on, what has ended since, and the newest of the rest', () => {
    const bed = new EventBed();
    for (const number of [1, 2, 3, 4]) bed.job(number, { outcome: 'successful' });
    bed.job(5);
    const since = bed.cache.jobs.version;
    bed.job(1, { outcome: 'failed' });
    const { names, ...rest } = presentState(bed.cache, all, since, 2);
    expect([numbers(names), rest]).toEqual([[5, 4, 3, 1], { numberMatched: 5, isComplete: true }]);
    expect(numbers(presentState(bed.cache, all, undefined, 2).names)).toEqual([5, 4, 3]);
    expect(numbers(presentState(bed.cache, all, 'no version', 1).names)).toEqual([5, 4, 3, 2, 1]);
  });

  it('is of those that match', () => {
    const bed = new EventBed();
    bed.job(1, { outcome: 'failed' });
    bed.job(2);
    const { names, numberMatched } = presentState(
      bed.cache,
      parseEventsQuery({ status: 'failed' }, []).filters,
      undefined,
      10,
    );
    expect([names, numberMatched]).toEqual([[nameOf(1)], 1]);
  });

  it('is bounded, and says where something is left out that a client has to know', () => {
    const bed = new EventBed();
    for (let number = 1; number <= 1_001; number += 1) bed.job(number);
    const { names, numberMatched, isComplete } = presentState(bed.cache, all, undefined, 10);
    expect([names.length, numberMatched, isComplete]).toEqual([1_000, 1_001, false]);
  });
});
