import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ExactNumber } from '../../json/exact-number.js';
import { FittableInputs, sizeWithin } from './fitted-inputs.js';

const digest = (json: string) => ({
  size: Buffer.byteLength(json),
  sha256: createHash('sha256').update(json).digest('hex'),
});
const many = (count: number, value: (n: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`input-${n}`, value(n)]));

describe('inputs that have to fit', () => {
  it('are as they were where they do', () => {
    const inputs = { b: new ExactNumber('1.0'), a: 'ä"', none: null };
    const text = '{"b":1.0,"a":"ä\\"","none":null}';
    expect(new FittableInputs(inputs).fit(sizeWithin(text))).toEqual({ text, omitted: [] });
    expect(new FittableInputs({}).fit(2)).toEqual({ text: '{}', omitted: [] });
  });

  it('have the largest omitted, and no more than need be', () => {
    const large = { type: 'FeatureCollection', text: 'ü'.repeat(3000), at: new ExactNumber('12345678901234567890') };
    const inputs = { first: 'x'.repeat(900), large, last: 'y'.repeat(500) };
    const { text, omitted, rest } = new FittableInputs(inputs).fit(2000);
    expect([omitted, rest]).toEqual([[JSON.stringify(large)], undefined]);
    expect(JSON.parse(text)).toEqual({ ...inputs, large: { omitted: digest(JSON.stringify(large)) } });
  });

  it.each([
    ['small values', many(20_000, (n) => n)],
    ['values that are larger than a mark', many(5_000, (n) => 'x'.repeat(200 + (n % 300)))],
    ['texts that take many bytes', many(300, (n) => '"\u0000\\ü🌍'.repeat(n))],
    ['long names', { ['n'.repeat(30_000)]: 1, b: 2 }],
    ['one large value', { large: 'ü'.repeat(5_000_000), small: 1 }],
  ])('never take more room than there is: %s', (_what, inputs) => {
    const fittable = new FittableInputs(inputs);
    for (const room of [2, 100, 1024, 20_000]) {
      const { text, rest } = fittable.fit(room);
      expect(sizeWithin(text)).toBeLessThanOrEqual(room);
      expect(Object.keys(JSON.parse(text) as object).length + (rest?.count ?? 0)).toBe(Object.keys(inputs).length);
    }
  });

  it('are counted where not even their names have room', () => {
    const inputs = many(3_000, (n) => `value ${n}`);
    const { text, omitted, rest } = new FittableInputs(inputs).fit(1024);
    const left = Object.entries(inputs).slice(Object.keys(JSON.parse(text) as object).length);
    expect(left.length).toBeGreaterThan(2_900);
    const json = JSON.stringify(Object.fromEntries(left));
    expect([rest, omitted]).toEqual([{ count: left.length, ...digest(json) }, [json]]);
  });
});
