import { describe, expect, it } from '@jest/globals';
import { validateDefinition } from '../validation.js';
import { toUsage, UsageDefinition } from './usage.section.js';

const read = (measured: unknown) => validateDefinition(UsageDefinition, { measured }, 'file.yaml', 'usage');

describe('usage.measured', () => {
  it.each([
    [undefined, 30],
    [null, 30],
    [true, 30],
    [false, undefined],
    ['2m', 120],
    [15, 15],
  ])('%j is a sample every %s seconds', (measured, seconds) => {
    const { value, faults } = read(measured);
    expect(faults).toEqual([]);
    expect(toUsage(value).measured).toBe(seconds);
  });

  it.each(['14s', '2h', 'often', 0])('is not %j', (measured) => {
    expect(read(measured).faults).toEqual([{ path: 'usage.measured', message: expect.stringContaining('30s or 5m') }]);
  });
});
