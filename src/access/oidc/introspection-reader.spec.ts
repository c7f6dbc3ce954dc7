import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidTokenError, UnavailableError } from '../../ogc/domain-errors.js';
import { IntrospectionReader } from './introspection-reader.js';
import { ProviderMetadata } from './provider-metadata.js';
import { AUDIENCE, FakeIssuer } from './testing/issuer.js';

describe('opaque tokens', () => {
  let issuer: FakeIssuer;
  let now: number;
  let said: Record<string, unknown>;
  const requests: (readonly [string | undefined, string])[] = [];
  beforeEach(async () => {
    issuer = await FakeIssuer.start();
    now = Date.now();
    said = { active: true, sub: 'ann', aud: [AUDIENCE], groups: ['g'] };
    requests.length = 0;
    issuer.answers.set('/introspection', ({ headers }, body) => {
      requests.push([headers.authorization, body]);
      return [200, said];
    });
  });
  afterEach(() => issuer.stop().catch(() => undefined));

  function reader(client = { id: 'a b', secret: 'c:d' }): IntrospectionReader {
    const settings = issuer.settings({ clockSkew: 0 });
    return new IntrospectionReader(settings, client, new ProviderMetadata(settings), () => now);
  }

  it('are asked for as the client, once by however many, and again after a minute', async () => {
    const tokens = reader();
    const found = await Promise.all(['t', 't', 't'].map((token) => tokens.read(token)));
    expect(found.map((identity) => identity?.subject)).toEqual(['ann', 'ann', 'ann']);
    expect(found[0]).toMatchObject({ issuer: issuer.url, groups: ['g'], means: 'introspection' });
    expect(requests).toEqual([
      [`Basic ${Buffer.from('a+b:c%3Ad').toString('base64')}`, 'token=t&token_type_hint=access_token'],
    ]);
    now += 59_999;
    await tokens.read('t');
    expect(requests).toHaveLength(1);
    now += 1;
    said = { active: false };
    await expect(tokens.read('t')).rejects.toThrow(InvalidTokenError);
    await expect(tokens.read('t')).rejects.toThrow(InvalidTokenError);
    expect(requests).toHaveLength(2);
  });

  it('that nobody knows take no place from good ones, nor all of other addresses', async () => {
    const tokens = reader();
    await tokens.read('good', '192.0.2.1');
    now += 60_000;
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    issuer.answers.set('/introspection', async () => {
      await held;
      return [200, said];
    });
    const outcomes = (address: string, count: number) =>
      Array.from({ length: count }, (_, at) => tokens.read(`made up ${at} at ${address}`, address));
    const refused = { message: expect.stringContaining('Too many tokens'), retryAfterSeconds: 1 };
    const ofOne = outcomes('2001:db8::1', 8);
    await expect(tokens.read('ninth', '2001:db8::2')).rejects.toMatchObject(refused);
    const ofOthers = [...outcomes('192.0.2.2', 8), ...outcomes('192.0.2.3', 8)];
    await expect(tokens.read('of one more', '192.0.2.4')).rejects.toMatchObject(refused);
    const known = tokens.read('good', '2001:db8::1');
    answer();
    expect(await Promise.all([known, ...ofOne, ...ofOthers])).toHaveLength(25);
    // There is room again.
    expect(await tokens.read('ninth', '2001:db8::2')).toMatchObject({ subject: 'ann' });
  });

  it.each([
    ['not active', { active: false }],
    ['for somebody else', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['of another issuer', { iss: 'https://other.example.org' }],
    ['over', { exp: 1 }],
    ['not valid yet', { nbf: 9_999_999_999 }],
    ['no access token', { token_type: 'refresh_token' }],
    ['of nobody', { sub: undefined }],
  ])('are refused that are %s', async (_, more) => {
    said = { ...said, ...more };
    await expect(reader().read('t')).rejects.toThrow(InvalidTokenError);
  });

  it('are not remembered beyond their end', async () => {
    const tokens = reader();
    said = { ...said, exp: Math.floor(now / 1000) + 10 };
    await tokens.read('t');
    now += 10_000;
    await expect(tokens.read('t')).rejects.toThrow(InvalidTokenError);
  });

  it.each(['eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.s', 'x'.repeat(5_000)])(
    'are not such as are sent nowhere (%#)',
    async (token) => {
      expect(await reader().read(token)).toBeUndefined();
      expect(issuer.asked).toEqual([]);
    },
  );

  it.each([
    ['refuses the client', [401, {}]],
    ['leads elsewhere', [302, {}]],
    ['answers no JSON', [200, 'x']],
  ] as const)('cannot be told of where the issuer %s', async (_, answer) => {
    issuer.answers.set('/introspection', () => answer);
    await expect(reader().read('t')).rejects.toThrow(UnavailableError);
  });

  it('cannot be told of while the issuer is away', async () => {
    const tokens = reader();
    await tokens.read('t');
    await issuer.stop();
    expect(await tokens.read('t')).toMatchObject({ subject: 'ann' });
    await expect(tokens.read('u')).rejects.toThrow(UnavailableError);
  });
});
