import { describe, expect, it } from '@jest/globals';
import { parsePrefer } from './prefer.js';

describe('the Prefer header', () => {
  it.each([
    [undefined, { respondAsync: false }],
    ['respond-async', { respondAsync: true }],
    ['Respond-Async', { respondAsync: true }],
    ['respond-async, wait=10', { respondAsync: true, wait: 10 }],
    [['respond-async', 'wait=10'], { respondAsync: true, wait: 10 }],
    ['wait = "7" ; x=y , return=minimal', { respondAsync: false, wait: 7, return: 'minimal' }],
    ['wait=1, wait=2', { respondAsync: false, wait: 1 }],
    ['wait=soon, return=everything, handling=lenient', { respondAsync: false }],
    ['foo="a, respond-async"', { respondAsync: false }],
  ])('%j says %j', (header, expected) => {
    expect(parsePrefer(header)).toEqual(expected);
  });
});
