import { describe, expect, it } from '@jest/globals';
import { ByteBudget, NoRoomError } from './byte-budget.js';
import { GatheredBytes } from './gathered-bytes.js';

describe('gathered bytes', () => {
  it('are what came, in one piece', () => {
    const gathered = new GatheredBytes(new ByteBudget(1_000_000).open(), 1_000_000);
    const text = Array.from({ length: 20_000 }, (_, n) => `${n};`);
    for (const piece of text) gathered.add(Buffer.from(piece));
    expect(gathered.all().toString()).toBe(text.join(''));
  });

  it('take what was declared from the first, and no more', () => {
    const budget = new ByteBudget(1_000);
    const gathered = new GatheredBytes(budget.open(), 1_000, 300);
    expect(budget.inUse).toBe(300);
    gathered.add(Buffer.alloc(300, 'x'));
    expect([budget.inUse, gathered.all().length]).toEqual([300, 300]);
    expect(() => new GatheredBytes(budget.open(), 1_000, 701)).toThrow(NoRoomError);
  });

  it('take room as they come where nothing was declared', () => {
    const budget = new ByteBudget(300_000);
    const hold = budget.open();
    const gathered = new GatheredBytes(hold, 250_000);
    expect(budget.inUse).toBe(0);
    gathered.add(Buffer.alloc(70_000));
    gathered.add(Buffer.alloc(1));
    expect(budget.inUse).toBe(140_000);
    gathered.add(Buffer.alloc(69_999));
    gathered.add(Buffer.alloc(1));
    expect(budget.inUse).toBe(250_000);
    const other = new GatheredBytes(budget.open(), 250_000);
    expect(() => other.add(Buffer.alloc(50_001))).toThrow(NoRoomError);
    expect(gathered.all().length).toBe(140_001);
    hold.release();
    expect(budget.inUse).toBe(0);
  });
});
