import { describe, expect, it } from '@jest/globals';
import { ClusterClock } from './cluster-clock.js';
import { ManualClock } from '../testing/manual-clock.js';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const header = (time: number) => new Date(time).toUTCString();
const HOUR = 3_600_000;

/** A cluster clock whose API server has answered at noon, and the two clocks that it goes by. */
function atNoon(own = NOON) {
  const steady = new ManualClock();
  steady.jump(5_000);
  const wall = { shift: own - NOON, now: () => NOON - 5_000 + steady.now() + wall.shift };
  const clock = new ClusterClock(steady, wall.now);
  return { steady, wall, clock };
}

describe('the time of the cluster', () => {
  it('is that of this machine before anything was answered, or where the two agree', () => {
    const { clock, steady } = atNoon(NOON + 700);
    expect(clock.now()).toEqual(new Date(NOON + 700));
    clock.answered(header(NOON), clock.asks());
    expect(clock.now()).toEqual(new Date(NOON + 700));
    steady.jump(HOUR);
    expect(clock.now()).toEqual(new Date(NOON + HOUR + 700));
  });

  it.each([
    ['ahead', HOUR, 1_000],
    ['behind', -HOUR, 0],
  ])('is that of the answers where this machine’s is %s', (_where, shift, within) => {
    const { clock, steady } = atNoon(NOON + shift);
    clock.answered(header(NOON), clock.asks());
    steady.jump(1_500);
    expect(clock.now()).toEqual(new Date(NOON + 1_500 + within));
  });

  it('does not jump where this machine’s does', () => {
    const { clock, wall } = atNoon();
    clock.answered(header(NOON), clock.asks());
    for (const shift of [-24 * HOUR, 24 * HOUR]) {
      wall.shift = shift;
      expect(Math.abs(clock.now().getTime() - NOON)).toBeLessThanOrEqual(1_000);
    }
  });

  it('allows for the time that an answer took', () => {
    const { clock, steady } = atNoon(NOON - 2_500);
    const asked = clock.asks();
    steady.jump(3_000);
    clock.answered(header(NOON), asked);
    // The answer may have been given at any moment since.
    expect(clock.now()).toEqual(new Date(NOON + 500));
  });

  it.each([undefined, 'yesterday'])('is not changed by the header %j', (date) => {
    const { clock } = atNoon();
    clock.answered(date, clock.asks());
    expect(clock.now()).toEqual(new Date(NOON));
  });
});
