import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText, numberText } from '../../test/support/json-arbitraries.js';
import { ExactNumber } from './exact-number.js';
import { DuplicateKeyFault, JsonSyntaxFault, TooDeepFault } from './json-faults.js';
import { parseJson, type ParseJsonOptions } from './parse-json.js';

const parsed = (text: string | Uint8Array, options: ParseJsonOptions = {}) =>
  parseJson(text, { maxDepth: 1000, ...options });

function faultOf(text: string | Uint8Array, options?: ParseJsonOptions): unknown {
  try {
    return parsed(text, options);
  } catch (error) {
    return error;
  }
}

describe('numbers', () => {
  it.each(['12345678901234567890', '9007199254740993', '1e400', '1.0', '-0', '1E5', '0.10', '1e-7000', '100e-2'])(
    '%s stays as it was written',
    (text) => {
      expect(parsed(text)).toEqual(new ExactNumber(text));
      expect(JSON.stringify(parsed(`{"n":[${text}]}`))).toBe(`{"n":[${text}]}`);
    },
  );

  it.each([0, 1, -1.5, 9007199254740991, 0.1, 1e21, 5e-324, 179.99999999999997, 1e-7, 123456789.01234568])(
    '%d is an ordinary one',
    (number) => expect(parsed(String(number))).toBe(number),
  );

  it('are ordinary ones just where JavaScript prints them as they were written', () => {
    fc.assert(
      fc.property(numberText, (text) => {
        const value = parsed(text);
        if (String(Number(text)) === text) return expect(value).toBe(Number(text));
        return expect(value).toEqual(new ExactNumber(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('are so for decimals beside what a double prints, too', () => {
    const near = fc
      .tuple(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), fc.constantFrom('', '0', '1', '4', '5', '9'), fc.nat(2))
      .map(([double, digit, cut]) => String(double).slice(0, -cut || undefined) + digit)
      .filter((text) => /^\d+\.\d+$/.test(text));
    fc.assert(
      fc.property(near, (text) => {
        expect(parsed(text) instanceof ExactNumber).toBe(String(Number(text)) !== text);
        expect(Number(parsed(text))).toBe(Number(text));
      }),
      { numRuns: 10_000 },
    );
  });

  it('have an exponent that can be compared', () => {
    expect(parsed('1e999999999999999')).toEqual(new ExactNumber('1e999999999999999'));
    expect(faultOf('[1e1000000000000000]')).toMatchObject({
      position: { line: 1, column: 4 },
      expected: 'an exponent of at most 15 digits',
    });
  });
});

describe('every text', () => {
  it('prints again as it was written', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(JSON.stringify(parsed(text))).toBe(text);
        expect(JSON.stringify(parsed(Buffer.from(text)))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('says what JSON.parse makes of it, but for the digits', () => {
    fc.assert(
      fc.property(jsonText, fc.constantFrom(undefined, 1, '\t', '\r\n '), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), undefined, indent);
        expect(JSON.stringify(JSON.parse(JSON.stringify(parsed(spaced))))).toBe(JSON.stringify(JSON.parse(spaced)));
      }),
      { numRuns: 500 },
    );
  });

  it('with a fault anywhere is refused as JSON.parse refuses it', () => {
    const broken = fc.tuple(
      jsonText,
      fc.nat(),
      fc.constantFrom('', ',', '"', '\\', '\n', '}', ']', ':', '-', 'e', '0', '\ufeff', 'x'),
    );
    fc.assert(
      fc.property(broken, ([text, place, inserted]) => {
        const at = place % (text.length + 1);
        const other = text.slice(0, at) + inserted + text.slice(inserted === '' ? at + 1 : at);
        let isJson = true;
        try {
          JSON.parse(other.replace(/^\ufeff/, ''));
        } catch {
          isJson = false;
        }
        // A key that is there twice before the fault would be told first.
        const found = faultOf(other, { duplicateKeys: 'last' });
        // What JSON.parse lets pass is refused for another reason only.
        expect(found instanceof JsonSyntaxFault && !/at most 15 digits/.test(found.message)).toBe(!isJson);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('keys', () => {
  it('named __proto__ and constructor are ordinary data', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1}';
    const value = parsed(text) as Record<string, unknown>;
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['{"a": 1, "a": 2}', '/a', 10],
    ['{"a": 1, "a": 1}', '/a', 10],
    ['{"a": [0, {"b/~": {"\\u0063": 1, "c": 1}}]}', '/a/1/b~1~0/c', 33],
    ['{"__proto__": 1, "__proto__": 1}', '/__proto__', 18],
    ['[[], [{"": 1, "": 2}]]', '/1/0/', 15],
  ])('given twice are refused: %s', (text, pointer, column) => {
    expect(faultOf(text)).toBeInstanceOf(DuplicateKeyFault);
    expect(faultOf(text)).toMatchObject({ pointer, position: { line: 1, column } });
  });

  it('are those of the text, whatever was read before (findings/json-keys-in-v8.sh)', () => {
    const keysOf = (text: string) => Object.keys(parseJson(text) as object);
    expect(['{"id":1,"x\\\\":2}', '{"id":1,"x\\"":2}', '{"id":1,"x\\n":2}'].map(keysOf)).toEqual([
      ['id', 'x\\'],
      ['id', 'x"'],
      ['id', 'x\n'],
    ]);
  });

  it('given twice may be let pass: then the last counts', () => {
    expect(parseJson('{"a": 1, "a": {"__proto__": 1, "__proto__": 2}}', { duplicateKeys: 'last' })).toEqual({
      a: JSON.parse('{"__proto__": 2}'),
    });
  });
});

describe('a fault', () => {
  it.each([
    ['', 1, 1, 'a value', 'the end'],
    ['{"a": 1,\n "b": }', 2, 7, 'a value', '"}"'],
    ['{"a": 1\r\n "b": 2}', 2, 2, 'a comma or }', '"\\""'],
    ['[1,\r2 3]', 2, 3, 'a comma or ]', '"3"'],
    ['{"€𝄞": x}', 1, 8, 'a value', '"x"'],
    ['{"a" 1}', 1, 6, 'a colon after the key', '"1"'],
    ["{'a': 1}", 1, 2, 'a key in double quotes', '"\'"'],
    ['{"a": 1,}', 1, 9, 'a key in double quotes', '"}"'],
    ['[1,]', 1, 4, 'a value', '"]"'],
    ['[NaN]', 1, 2, 'a value (JSON has no NaN and no Infinity)', '"N"'],
    ['[01]', 1, 2, 'a number without zeros before it', '"0"'],
    ['[1.]', 1, 4, 'a digit after the point', '"]"'],
    ['[-]', 1, 3, 'a digit', '"]"'],
    ['[1e+]', 1, 5, 'a digit of the exponent', '"]"'],
    ['["a\nb"]', 1, 4, 'control characters to be written as \\n or \\u000a', '"\\n"'],
    ['["a', 1, 4, 'a double quote that ends the text', 'the end'],
    ['["\\\\\\"\\x"]', 1, 7, 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX', '"\\\\"'],
    ['[tru]', 1, 2, 'a value', '"t"'],
    ['{} {}', 1, 4, 'nothing more after the value', '"{"'],
    ['{"a": [1, 2', 1, 12, 'a comma or ]', 'the end'],
  ])('in %j is told by line, column and what was expected', (text, line, column, expected, found) => {
    const fault = faultOf(text);
    expect(fault).toBeInstanceOf(JsonSyntaxFault);
    expect(fault).toMatchObject({ position: { line, column }, expected });
    expect((fault as Error).message).toBe(
      `Expected ${expected} at line ${line}, column ${column}, and found ${found}.`,
    );
  });

  it('in what is no UTF-8 is told by its place', () => {
    const bytes = Buffer.concat([Buffer.from('{"�":\n "€'), Buffer.from([0xe4]), Buffer.from('"}')]);
    expect(faultOf(bytes)).toMatchObject({ position: { line: 2, column: 4 }, expected: 'UTF-8' });
    expect(faultOf(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBeInstanceOf(JsonSyntaxFault);
    expect(parsed(Buffer.from('\ufeff["\ufffd"]'))).toEqual(['\ufffd']);
  });

  it('of nesting stops at the first level too many, however many there are', () => {
    for (const [open, close] of [['[', ']'] as const, ['{"a":', '}'] as const]) {
      const nested = (depth: number) => open.repeat(depth) + '1' + close.repeat(depth);
      expect(JSON.stringify(parsed(nested(1000)))).toBe(nested(1000));
      const fault = faultOf(nested(1_000_000));
      expect(fault).toBeInstanceOf(TooDeepFault);
      expect(fault).toMatchObject({ maxDepth: 1000, position: { line: 1, column: 1000 * open.length + 1 } });
    }
  });
});
