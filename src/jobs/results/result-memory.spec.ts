import { describe, expect, it } from '@jest/globals';
import { ResultMemory } from './result-memory.js';

const MIB = 1024 * 1024;

describe('the memory of results', () => {
  it('is given to as many as fit, in the order in which they came', async () => {
    const memory = new ResultMemory();
    const order: string[] = [];
    const take = async (name: string, bytes: number) => {
      const release = await memory.take(bytes);
      order.push(name);
      return release;
    };
    const first = await take('first', 20 * MIB);
    const [second, third] = [take('second', 30 * MIB), take('third', 1 * MIB)];
    await Promise.resolve();
    expect(order).toEqual(['first']);
    first();
    first();
    (await second)();
    (await third)();
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('is all of it for what is larger', async () => {
    const memory = new ResultMemory();
    const release = await memory.take(1_000 * MIB);
    let isGiven = false;
    const next = memory.take(1).then((give) => ((isGiven = true), give));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isGiven).toBe(false);
    release();
    (await next)();
  });
});
