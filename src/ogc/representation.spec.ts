import { describe, expect, it } from '@jest/globals';
import { InvalidRequestError, NotAcceptableError } from './domain-errors.js';
import { negotiateFormat, prefersHtml, wantsHtml, withFormat } from './representation.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const asking = (accept?: string, f?: unknown) => ({
  headers: accept === undefined ? {} : { accept },
  query: f === undefined ? {} : { f },
});

describe('the format of a resource', () => {
  it.each([
    [undefined, undefined, 'json'],
    ['*/*', undefined, 'json'],
    [BROWSER, undefined, 'html'],
    ['text/html', undefined, 'html'],
    ['application/json', undefined, 'json'],
    ['application/json;q=0.5, text/html;q=0.6', undefined, 'html'],
    ['application/json;q=0.6, text/html;q=0.5', undefined, 'json'],
    ['text/*', undefined, 'html'],
    ['application/*, text/html;q=0', undefined, 'json'],
    ['image/png, */*;q=0.1', undefined, 'json'],
    [BROWSER, 'json', 'json'],
    ['application/json', 'html', 'html'],
    ['image/png', 'json', 'json'],
  ])('for Accept %s and f %s is %s', (accept, f, expected) => {
    expect(negotiateFormat(asking(accept, f))).toBe(expected);
  });

  it.each(['image/png', 'application/json;q=0', 'text/plain, application/xml'])(
    'is refused for Accept %s',
    (accept) => {
      expect(() => negotiateFormat(asking(accept))).toThrow(NotAcceptableError);
    },
  );

  it.each(['xml', '', 'JSON', ['json', 'html']])('is refused for f %j, by name', (f) => {
    for (const read of [negotiateFormat, prefersHtml]) {
      expect(() => read(asking(undefined, f))).toThrow(
        expect.objectContaining({
          name: InvalidRequestError.name,
          faults: [expect.objectContaining({ pointer: 'f' })],
        }),
      );
    }
  });

  it('of a problem and of results is HTML only where that is preferred, and never refused', () => {
    expect(
      [BROWSER, 'text/html', undefined, '*/*', 'image/png', 'application/json'].map((accept) =>
        wantsHtml(asking(accept)),
      ),
    ).toEqual([true, true, false, false, false, false]);
    expect(wantsHtml(asking('application/problem+json', 'html'))).toBe(true);
    expect(wantsHtml(asking(BROWSER, 'json'))).toBe(false);
    expect(wantsHtml(asking(undefined, 'xml'))).toBe(false);
  });

  it('stands once in an address', () => {
    expect(withFormat('https://a/b', 'html')).toBe('https://a/b?f=html');
    expect(withFormat('https://a/b?f=json&status=failed&status=running&f=x', 'html')).toBe(
      'https://a/b?status=failed&status=running&f=html',
    );
    expect(withFormat('https://a/b?f=json', undefined)).toBe('https://a/b');
  });
});
