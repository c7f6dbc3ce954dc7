import { describe, expect, it } from '@jest/globals';
import { WrongTokens } from './wrong-tokens.js';

describe('wrong tokens', () => {
  it('wait ever longer, by address, and are forgotten', () => {
    const clock = { now: 0 };
    const wrong = new WrongTokens(() => clock.now);
    const waits = () => wrong.note('192.0.2.1').wait;
    expect([waits(), waits(), waits()]).toEqual([100, 200, 400]);
    for (let n = 0; n < 100; n += 1) waits();
    expect(waits()).toBe(5000);
    expect(wrong.note('192.0.2.2').wait).toBe(100);
    clock.now = 600_000;
    expect(waits()).toBe(100);
  });

  it('are of one caller within one network of IPv6, and one is told by its IPv4 address however it is written', () => {
    const wrong = new WrongTokens(() => 0);
    const of = (address: string) => wrong.note(address).count;
    expect([of('2001:db8:0:1::1'), of('2001:db8::1:ffff:2:3:4'), of('2001:db8:0:2::1')]).toEqual([1, 2, 1]);
    expect([of('::ffff:192.0.2.1'), of('192.0.2.1')]).toEqual([1, 2]);
  });

  it('hold little: addresses, and answers that wait, in all and of one', async () => {
    const wrong = new WrongTokens(() => 0);
    for (let n = 0; n < 20_000; n += 1) wrong.note(`10.1.${n >> 8}.${n & 255}`);
    expect(wrong.size).toBe(10_000);
    let end: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (end = resolve));
    const all: Promise<void>[] = [];
    const wait = (address: string) => {
      const { wait } = wrong.note(address);
      if (wait !== 'not') all.push(wrong.during(address, work));
      return wait;
    };
    const ofOne = Array.from({ length: 9 }, () => wait('192.0.2.1'));
    expect([ofOne[7], ofOne[8]]).toEqual([5000, 'not']);
    for (let n = 0; n < 300; n += 1) wait(`192.0.3.${n % 256}`);
    expect(all).toHaveLength(256);
    end();
    await Promise.all(all);
    expect(wait('192.0.2.9')).toBe(100);
  });
});
