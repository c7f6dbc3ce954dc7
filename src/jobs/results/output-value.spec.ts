import { describe, expect, it, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { NotAcceptableError } from '../../ogc/domain-errors.js';
import type { JobResult } from '../../processes/processor.js';
import { formatValueAt } from './output-value.js';
import { ofBytes } from './results-values.js';

const number = { type: 'number' };
const outputs = {
  several: { schema: { type: 'string' }, maxOccurs: 3 },
  any: { schema: {}, maxOccurs: 'unbounded' as const },
  array: { schema: { type: 'array', items: number } },
};

const named = (id: string, mediaType: string, text: string): JobResult => ({
  named: new Map([[id, ofBytes(mediaType, Buffer.from(text))]]),
});
const unnamed = (text: string): JobResult => ({
  unnamed: ofBytes('application/json', Buffer.from(text)),
  named: new Map(),
});

/** `[media type, text]` of a value; undefined where there is none. */
async function read(result: JobResult, id: string, index: number): Promise<readonly unknown[] | undefined> {
  const { mediaType, body, size } = await formatValueAt(index)(result, { outputs, selected: [id] });
  if (!body) return undefined;
  const bytes = await buffer(body);
  expect(bytes.length).toBe(size);
  return [mediaType, bytes.toString()];
}

describe('the values of an output', () => {
  test.each<[string, JobResult]>([
    ['printed under its id', named('several', 'application/json', '["a", "b"]')],
    ['of the object that a job printed', unnamed('{"several": ["a", "b"], "array": [1]}')],
  ])('are the items of an array, %s', async (_, result) => {
    expect(await read(result, 'several', 0)).toEqual(['text/plain; charset=utf-8', 'a']);
    expect(await read(result, 'several', 1)).toEqual(['text/plain; charset=utf-8', 'b']);
    expect(await read(result, 'several', 2)).toBeUndefined();
    expect(await read(result, 'several', Infinity)).toBeUndefined();
  });

  it('are JSON where they are no text, and may be read in ranges', async () => {
    const result = named('any', 'application/json', '[{"a": [1, 2]}, null]');
    expect(await read(result, 'any', 0)).toEqual(['application/json', '{"a":[1,2]}']);
    expect(await read(result, 'any', 1)).toEqual(['application/json', 'null']);
    const { range, etag } = await formatValueAt(0)(result, { outputs, selected: ['any'] });
    expect(etag).toMatch(/^"\S+"$/);
    expect(range && (await buffer(range({ start: 1, end: 3 }))).toString()).toBe('"a"');
  });

  it('are one where the job gave no array', async () => {
    const text = named('several', 'text/plain', 'only');
    expect(await read(text, 'several', 0)).toEqual(['text/plain', 'only']);
    expect(await read(text, 'several', 1)).toBeUndefined();
    const property = unnamed('{"several": "only"}');
    expect(await read(property, 'several', 0)).toEqual(['text/plain; charset=utf-8', 'only']);
    expect(await read(property, 'several', 1)).toBeUndefined();
  });

  it('are one where the output may not have several: an array is a value as any other', async () => {
    const result = named('array', 'application/json', '[1,2]');
    expect(await read(result, 'array', 0)).toEqual(['application/json', '[1,2]']);
    expect(await read(result, 'array', 1)).toBeUndefined();
  });

  it('are not looked for in more than fits into memory', async () => {
    const large = { ...ofBytes('application/json', Buffer.from('[]')), size: 2 ** 30 };
    const result = { named: new Map([['several', large]]) };
    await expect(formatValueAt(0)(result, { outputs, selected: ['several'] })).rejects.toThrow(NotAcceptableError);
  });
});
