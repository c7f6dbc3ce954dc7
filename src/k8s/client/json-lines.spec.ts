import { describe, expect, it } from '@jest/globals';
import { JsonLines } from './json-lines.js';

function parsed(text: string, size: number): unknown[] {
  const bytes = Buffer.from(text);
  const lines = new JsonLines();
  const values: unknown[] = [];
  for (let start = 0; start < bytes.length; start += size)
    for (const line of lines.cut(bytes.subarray(start, start + size))) values.push(JSON.parse(line.toString()));
  lines.end();
  return values;
}

describe('JsonLines', () => {
  it.each([1, 2, 3, 7, 1000])('reads lines in chunks of %i bytes', (size) => {
    expect(parsed('{"a":"Ä🌍"}\n\n[1]\n"x"\n', size)).toEqual([{ a: 'Ä🌍' }, [1], 'x']);
  });

  it('fails where the stream ends within a line', () => {
    expect(() => parsed('1\n{"a":', 10)).toThrow('the stream ended within a line');
  });
});
