import { expect, it } from '@jest/globals';
import { maskSecrets } from './secrets.js';

it('masks values of secret-looking names at any depth and leaves the rest', () => {
  const inputs = {
    name: 'World',
    apiKey: 'abc',
    s3: { SECRET_ID: 1, region: 'eu', users: [{ Password: 'x', login: 'me' }] },
    accessTokens: ['a', 'b'],
    nothing: null,
  };
  expect(maskSecrets(inputs)).toEqual({
    name: 'World',
    apiKey: '*',
    s3: { SECRET_ID: '*', region: 'eu', users: [{ Password: '*', login: 'me' }] },
    accessTokens: '*',
    nothing: null,
  });
  expect(inputs.apiKey).toBe('abc');
});

it('keeps a member named __proto__ as a member', () => {
  const inputs = JSON.parse('{"__proto__": {"polluted": 1}}') as Record<string, unknown>;
  expect(JSON.stringify(maskSecrets(inputs))).toBe('{"__proto__":{"polluted":1}}');
});
