import { describe, expect, it } from '@jest/globals';
import { UnavailableError } from '../../ogc/domain-errors.js';
import { BodyBudget, type BodySender } from './body-budget.js';

const KIB = 1024;

function budgetOf(total: number) {
  const clock = { now: 0 };
  const budget = new BodyBudget(total, () => clock.now);
  const given: Error[] = [];
  const open = (over: Partial<BodySender> = {}) =>
    budget.open({ isKnown: true, arrived: () => 0, giveWay: (error) => void given.push(error), ...over });
  return { budget, clock, given, open };
}

describe('a budget of bodies', () => {
  it('is full where it is full, and free again once one is released, which counts once', () => {
    const { budget, open } = budgetOf(1000);
    const [first, second] = [open(), open()];
    first.reserve(600);
    expect(() => second.reserve(500)).toThrow(UnavailableError);
    second.reserve(400);
    expect(budget.inFlight).toBe(1000);
    first.release();
    first.release();
    first.reserve(5000);
    expect(budget.inFlight).toBe(400);
  });

  it('has only a half for those who are not known', () => {
    const { open } = budgetOf(1000);
    open({ isKnown: false }).reserve(500);
    expect(() => open({ isKnown: false }).reserve(1)).toThrow('try again');
    open().reserve(500);
  });

  it('takes nothing from those who are known for one who is not, where that makes no room for it', () => {
    const { clock, given, open } = budgetOf(1000);
    open().reserve(100);
    const unknown = open({ isKnown: false });
    unknown.reserve(500);
    unknown.arrived();
    clock.now = 11_000;
    expect(() => open({ isKnown: false }).reserve(1)).toThrow(UnavailableError);
    expect(given).toEqual([]);
  });

  it('takes from the slowest sender that has had its time, and from nobody who is quick or done', () => {
    const { budget, clock, given, open } = budgetOf(3000 * KIB);
    open({ arrived: () => 999 * KIB }).reserve(1000 * KIB);
    const done = open();
    done.reserve(1000 * KIB);
    done.arrived();
    open({ arrived: () => 10 }).reserve(1000 * KIB);
    clock.now = 9_000;
    expect(() => open().reserve(500 * KIB)).toThrow(UnavailableError);
    expect(given).toEqual([]);
    clock.now = 11_000;
    open().reserve(500 * KIB);
    expect(given).toEqual([expect.any(UnavailableError)]);
    expect(budget.inFlight).toBe(2500 * KIB);
    expect(() => open().reserve(1000 * KIB)).toThrow(UnavailableError);
  });
});
