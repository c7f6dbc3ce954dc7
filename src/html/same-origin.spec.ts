import { describe, expect, it } from '@jest/globals';
import { isSameOrigin } from './same-origin.js';

const BASE = 'https://api.example.org/ogc';

describe('a form', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'https://api.example.org' }],
    [{}],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }],
  ])('with %j is of this server, or of no browser', (headers) => {
    expect(isSameOrigin(headers, BASE)).toBe(true);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://other.example.org' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://api.example.org' }],
    [{ origin: 'https://evil.example.org' }],
    [{ origin: 'http://api.example.org' }],
    [{ origin: 'null' }],
  ])('with %j is of another site', (headers) => {
    expect(isSameOrigin(headers, BASE)).toBe(false);
  });
});
