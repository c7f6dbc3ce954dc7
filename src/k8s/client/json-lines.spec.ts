import { describe, expect, it } from '@jest/globals';
import { parseJsonLines } from './json-lines.js';

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function parsed(text: string, size: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of parseJsonLines(cut(text, size))) values.push(value);
  return values;
}

describe('parseJsonLines', () => {
  it.each([1, 2, 3, 7, 1000])('reads lines in chunks of %i bytes', async (size) => {
    expect(await parsed('{"a":"Ä🌍"}\n\n[1]\n"x"\n', size)).toEqual([{ a: 'Ä🌍' }, [1], 'x']);
  });

  it('fails on a line that is no JSON, and where the stream ends within a line', async () => {
    await expect(parsed('{]\n', 10)).rejects.toThrow(SyntaxError);
    await expect(parsed('1\n{"a":', 10)).rejects.toThrow('the stream ended within a line');
  });
});
