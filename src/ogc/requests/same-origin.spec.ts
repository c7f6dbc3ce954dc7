import { describe, expect, it } from '@jest/globals';
import { isDeliberate, isProvenSameOrigin, isSameOrigin } from './same-origin.js';

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

describe('a request for which a session counts', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }],
    [{ origin: 'https://api.example.org' }],
    [{ referer: 'https://api.example.org/ogc/jobs' }],
  ])('with %j is proven to be of this server', (headers) => {
    expect(isProvenSameOrigin(headers, BASE)).toBe(true);
  });

  it.each([
    [{}],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site', referer: 'https://api.example.org/ogc/jobs' }],
    [{ 'sec-fetch-site': '' }],
    [{ 'sec-fetch-site': 'same-origin, cross-site' }],
    [{ origin: 'null' }],
    [{ origin: 'null', referer: 'https://api.example.org/' }],
    [{ origin: 'https://api.example.org', referer: 'https://evil.example/' }],
    [{ referer: 'http://api.example.org/' }],
    [{ referer: 'https://api.example.org.evil.example/' }],
    [{ referer: 'no address' }],
  ])('with %j is not', (headers) => {
    expect(isProvenSameOrigin(headers, BASE)).toBe(false);
  });

  it('is none of a server whose address is none', () => {
    expect(isProvenSameOrigin({ origin: 'null', referer: 'no address' }, 'no address')).toBe(false);
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
