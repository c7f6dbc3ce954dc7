import { describe, expect, it } from '@jest/globals';
import type { RequestFault } from '../../ogc/domain-errors.js';
import { isTag, LONGEST_TAG, MOST_TAGS, parseTags } from './tags.js';

function read(body: Readonly<Record<string, unknown>>) {
  const faults: RequestFault[] = [];
  return { tags: parseTags(body, faults), faults };
}

const WORDS = 'must be a text of 1 to 64 characters, in one line, without blanks at its ends';

describe('the tags of an execute request', () => {
  it.each([[{}], [{ tags: null }], [{ tags: [] }]])('are none in %j', (body) => {
    expect(read(body)).toEqual({ tags: undefined, faults: [] });
  });

  it('are texts of one line, as they were sent', () => {
    const tags = ['nightly', 'Größe 3, blau', '🌍'.repeat(LONGEST_TAG), '="a"', 'Nightly'];
    expect(read({ tags })).toEqual({ tags, faults: [] });
  });

  it.each(['a', 1, { 0: 'a' }, true, Array.from({ length: MOST_TAGS + 1 }, (_, at) => String(at))])(
    'are a list of at most twenty, not %j',
    (tags) => {
      expect(read({ tags })).toEqual({
        tags: undefined,
        faults: [{ pointer: '/tags', message: 'must be a list of at most 20 texts' }],
      });
    },
  );

  it.each([
    1,
    null,
    '',
    ' ',
    ' a',
    'a ',
    'a\nb',
    'a\u0000',
    'a\u2028b',
    '\ud800',
    'x'.repeat(65),
    '🌍'.repeat(65),
    ['a'],
  ])('are each a text that can be seen, not %j', (tag) => {
    expect(read({ tags: ['a', 'b', 'c', tag] }).faults).toEqual([{ pointer: '/tags/3', message: WORDS }]);
    expect(isTag(tag)).toBe(false);
  });

  it('are told from one another', () => {
    expect(read({ tags: ['a', 'b', 'a', 'b'] }).faults).toEqual([
      { pointer: '/tags/2', message: 'is the same as /tags/0' },
      { pointer: '/tags/3', message: 'is the same as /tags/1' },
    ]);
  });
});
