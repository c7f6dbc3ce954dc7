import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicateKeyFault, JsonFault } from './json-faults.js';
import { JsonScanner } from './json-scanner.js';
import { parseJson } from './parse-json.js';

/** In pieces of so many bytes. */
const scan = (text: string | Buffer, piece = 7) => {
  const bytes = Buffer.from(text as string);
  const scanner = new JsonScanner();
  for (let at = 0; at < bytes.length; at += piece) scanner.push(bytes.subarray(at, at + piece));
  return scanner.end();
};
const isTaken = (read: () => unknown) => {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof DuplicateKeyFault) return true;
    if (error instanceof JsonFault) return false;
    throw error;
  }
};

describe('JSON that is read piece by piece', () => {
  it.each([
    ['{"a": [1, -0.5e+3, true, null, "\\u00e4\\n"], "b": {}}', 'object'],
    [' [ ] ', 'array'],
    ['"ä€😀"', 'string'],
    ['-12.50E-1', 'number'],
    ['0', 'number'],
    ['false', 'boolean'],
    ['null\n', 'null'],
    ['\ufeff{}', 'object'],
  ])('is of a type: %s', (text, type) => {
    for (const piece of [1, 2, 1000]) expect(scan(text, piece)).toBe(type);
  });

  it.each([
    ['', 'Expected a value at line 1, column 1, and found the end.'],
    ['{"a": 1,\n "ä" 2}', 'Expected a colon after the key at line 2, column 6, and found "2".'],
    ['[1 2]', 'Expected a comma or ] at line 1, column 4, and found "2".'],
    ['{"a": 1', 'found the end'],
    ['{} {}', 'Expected nothing more after the value'],
    ['1,"other":2', 'Expected nothing more after the value'],
    ['[01]', 'Expected a number without zeros before it'],
    ['[1e1234567890123456]', 'at most 15 digits'],
    ['"a\nb"', 'control characters'],
    [`${'['.repeat(501)}`, 'deeper than 500 levels'],
  ])('is refused with its place: %s', (text, message) => {
    expect(() => scan(text)).toThrow(message);
  });

  it('is refused where it is no UTF-8', () => {
    expect(() => scan(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow('UTF-8');
    expect(() => scan(Buffer.from([0x22, 0xc3]))).toThrow('UTF-8');
  });

  it('is what a reader of the whole takes, in whatever pieces it comes', () => {
    const tokens = '{}[],:"\\ue1-+.0e2tfn \n'.split('').concat(['true', 'null', '"a"', '12', '\u00e4']);
    const texts = fc.oneof(
      fc.json(),
      fc.array(fc.constantFrom(...tokens), { maxLength: 12 }).map((each) => each.join('')),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 9 }), (text, piece) => {
        expect([text, isTaken(() => scan(text, piece))]).toEqual([text, isTaken(() => parseJson(text))]);
      }),
      { numRuns: 3000 },
    );
  });
});
