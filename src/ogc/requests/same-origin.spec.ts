import { describe, expect, it } from '@jest/globals';
import { isDeliberate, isSameOrigin } from './same-origin.js';

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

describe('a GET that does something', () => {
  it.each([
    [{}],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
    [{ 'sec-fetch-site': 'same-origin', referer: 'https://api.example.org/ogc/processes' }],
    [{ referer: 'https://api.example.org/ogc/processes' }],
  ])('with %j was meant', (headers) => {
    expect(isDeliberate(headers, BASE)).toBe(true);
  });

  it.each([
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.example.org' }],
    [{ referer: 'https://evil.example.org/page' }],
    [{ referer: 'no address' }],
    [{ 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' }],
    [{ 'sec-fetch-site': 'same-origin', 'sec-purpose': 'prefetch' }],
    [{ purpose: 'prefetch' }],
    [{ 'x-moz': 'prefetch' }],
  ])('with %j was not, or by another site', (headers) => {
    expect(isDeliberate(headers, BASE)).toBe(false);
  });
});
