import { describe, expect, it } from '@jest/globals';
import { asciiMetadata } from './metadata.js';

describe('metadata', () => {
  it.each([
    ['plain text, 100 %', 'plain text, 100 %'],
    ['Grüße', 'Gr%C3%BC%C3%9Fe'],
    ['東京 🌍', '%E6%9D%B1%E4%BA%AC %F0%9F%8C%8D'],
    ['line\r\nbreak\0', 'line%0D%0Abreak%00'],
    [' ends ', '%20ends%20'],
    ['lone \ud800', 'lone %EF%BF%BD'],
    ['', ''],
  ])('keeps ASCII and percent-encodes the rest: %j', (value, stored) => {
    expect(asciiMetadata({ Key: value })).toEqual({ key: stored });
  });

  it('may be left out', () => {
    expect(asciiMetadata()).toEqual({});
  });
});
