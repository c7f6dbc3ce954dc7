import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KeyedQueue } from './keyed-queue.js';

describe('a queue of keys', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('works again, ever later, on a key that threw, until that has worked', () => {
    let isFull = true;
    const times: number[] = [];
    const errors: string[] = [];
    const queue = new KeyedQueue(
      () => {
        times.push(Math.floor((Date.now() - begin) / 100) * 100);
        if (isFull) throw new Error('full');
        return undefined;
      },
      (key, error) => void errors.push(`${key}: ${(error as Error).message}`),
    );
    const begin = Date.now();
    queue.add('a');
    jest.advanceTimersByTime(7_500);
    expect(times).toEqual([0, 1_000, 3_000, 7_000]);
    expect(errors).toEqual(Array(4).fill('a: full'));
    isFull = false;
    jest.advanceTimersByTime(60_000);
    expect(times.slice(4)).toEqual([15_000]);
    isFull = true;
    queue.add('a');
    jest.advanceTimersByTime(1_500);
    expect(times.slice(5)).toEqual([67_500, 68_500]);
    queue.stop();
    jest.advanceTimersByTime(60_000);
    expect(times.length).toBe(7);
  });

  it('finishes what is to be done now, also what comes with it, and nothing after that', () => {
    const done: string[] = [];
    const queue = new KeyedQueue(
      (key) => {
        done.push(key);
        if (key === 'a') queue.add('b');
        return 10;
      },
      () => undefined,
    );
    queue.add('a');
    queue.finish();
    queue.add('c');
    jest.advanceTimersByTime(1_000);
    expect(done).toEqual(['a', 'b']);
  });
});
