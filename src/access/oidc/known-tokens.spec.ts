import { expect, it } from '@jest/globals';
import { KnownTokens } from './known-tokens.js';

const identity = { issuer: 'i', subject: 's', groups: [], roles: [], means: 'jwt' as const };

it('tokens are known until their time, as many as may', () => {
  let now = 0;
  const known = new KnownTokens(2, () => now);
  known.put('a', identity, 10);
  known.put('b', undefined, 20);
  expect([known.get('a')?.found, known.get('b')?.found, known.get('c')]).toEqual([identity, undefined, undefined]);
  expect(known.get('b')).toBeDefined();
  known.put('c', identity, 30);
  expect([known.get('a'), known.size]).toEqual([undefined, 2]);
  now = 20;
  expect([known.get('b'), known.size]).toEqual([undefined, 1]);
});
