import { describe, expect, it } from '@jest/globals';
import { compareResourceVersions } from './resource-version.js';

describe('compareResourceVersions', () => {
  it.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['10', '10', 0],
    ['9007199254740993', '9007199254740992', 1],
    ['abc', 'abc', 0],
    ['abc', '1', undefined],
    ['01', '1', undefined],
    ['', '1', undefined],
  ])('%s against %s is %s', (a, b, expected) => {
    const order = compareResourceVersions(a, b);
    expect(order === undefined ? undefined : Math.sign(order)).toBe(expected);
  });
});
