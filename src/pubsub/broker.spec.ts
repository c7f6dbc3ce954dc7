import { describe, expect, it } from '@jest/globals';
import { wordFor } from './broker.js';

describe('why a broker takes nothing', () => {
  it.each([
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate not accepted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate not accepted'],
    ['ECONNREFUSED', 'connection refused'],
    ['EPIPE', 'connection failed'],
  ])('is said of %s in words of our own', (code, word) =>
    expect(wordFor(new Error('at broker.example', { cause: Object.assign(new Error(), { code }) }))).toBe(word),
  );
});
