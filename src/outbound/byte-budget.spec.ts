import { describe, expect, it } from '@jest/globals';
import { ByteBudget, NoRoomError } from './byte-budget.js';

function budgetOf(most: number) {
  const clock = { now: 0 };
  return { clock, budget: new ByteBudget(most, () => clock.now) };
}
const MIB = 1024 ** 2;

describe('a budget of bytes', () => {
  it('refuses what there is no room for, at once, and has room again for what was released, which counts once', () => {
    const { budget } = budgetOf(1_000);
    const [first, second] = [budget.open(), budget.open()];
    first.reserve(600);
    expect(() => second.reserve(401)).toThrow(NoRoomError);
    second.reserve(400);
    expect(budget.inUse).toBe(1_000);
    first.release();
    first.release();
    expect(budget.inUse).toBe(400);
    expect(() => first.reserve(1)).toThrow(NoRoomError);
    expect(budget.inUse).toBe(400);
    second.reserve(600);
  });

  it('takes from the slow ones that have had their time, the largest first, and from nobody who is quick', () => {
    const { budget, clock } = budgetOf(10 * MIB);
    const [quick, large, small, late] = [budget.open(), budget.open(), budget.open(), budget.open()];
    quick.reserve(4 * MIB);
    large.reserve(3 * MIB);
    small.reserve(2 * MIB);
    clock.now = 1_900;
    late.reserve(MIB);
    quick.received(4 * MIB);
    large.received(1_000);
    const next = budget.open();
    expect(() => next.reserve(1)).toThrow(NoRoomError);
    clock.now = 2_000;
    next.reserve(2 * MIB);
    expect([quick, large, small, late].map(({ signal }) => signal.aborted)).toEqual([false, true, false, false]);
    expect(large.signal.reason).toBeInstanceOf(NoRoomError);
    large.release();
    expect(budget.inUse).toBe(9 * MIB);
  });

  it('takes from nobody where that would not be enough', () => {
    const { budget, clock } = budgetOf(10 * MIB);
    const [quick, slow] = [budget.open(), budget.open()];
    quick.reserve(8 * MIB);
    slow.reserve(MIB);
    clock.now = 5_000;
    quick.received(8 * MIB);
    expect(() => budget.open().reserve(3 * MIB)).toThrow(NoRoomError);
    expect(slow.signal.aborted).toBe(false);
    expect(budget.inUse).toBe(9 * MIB);
  });

  it('counts how fast somebody is from when something was reserved', () => {
    const { budget, clock } = budgetOf(10 * MIB);
    const patient = budget.open();
    clock.now = 60_000;
    patient.reserve(10 * MIB);
    expect(() => budget.open().reserve(1)).toThrow(NoRoomError);
    expect(patient.signal.aborted).toBe(false);
  });
});
