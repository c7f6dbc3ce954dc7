import { describe, expect, it, test } from '@jest/globals';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';
import { checkQuery, parsePage } from './list-query.js';

const limits = { defaultItems: 10, maxItems: 100 };

describe('the page of a list', () => {
  test.each([
    [{}, { limit: 10, offset: 0 }],
    [{ limit: '1' }, { limit: 1, offset: 0 }],
    [
      { limit: '10000', offset: '20' },
      { limit: 100, offset: 20 },
    ],
    [{ limit: '10001' }, { limit: 100, offset: 0 }],
    [{ limit: '9'.repeat(500) }, { limit: 100, offset: 0 }],
  ])('%j is %j', (query, page) => {
    expect(parsePage(query, limits)).toEqual(page);
  });

  test.each(['0', '-1', '1.5', 'ten', '', '1e3', ' 1'])('limit=%s is refused by name', (limit) => {
    expect(() => parsePage({ limit }, limits)).toThrow(
      `A parameter of the request is wrong: limit must be an integer of at least 1 (is ${JSON.stringify(limit)}).`,
    );
  });

  test('an offset has a largest value', () => {
    expect(parsePage({ offset: String(MAX_OFFSET) }, limits).offset).toBe(MAX_OFFSET);
    expect(() => parsePage({ offset: String(MAX_OFFSET + 1) }, limits)).toThrow(`from 0 to ${MAX_OFFSET}`);
  });
});

describe('the parameters of a request', () => {
  it('passes what the resource has', () => {
    expect(() => checkQuery({ f: 'json', lang: 'de' }, ['lang', 'f'])).not.toThrow();
  });

  test.each([
    [{ page: '1' }, 'page is no parameter here; known are lang, f'],
    [{ lang: ['a', 'b'] }, 'lang must be given once'],
  ])('refuses %j', (query, message) => {
    expect(() => checkQuery(query, ['lang', 'f'])).toThrow(message);
  });
});
