import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InvalidTokenError, UnavailableError } from '../../ogc/domain-errors.js';
import { JwtReader, looksLikeJwt } from './jwt-reader.js';
import { ProviderMetadata } from './provider-metadata.js';
import { COOLDOWN, SigningKeys } from './signing-keys.js';
import { FakeIssuer } from './testing/issuer.js';

describe('access tokens that are JWTs', () => {
  let issuer: FakeIssuer;
  let now: number;
  beforeEach(async () => {
    issuer = await FakeIssuer.start();
    now = Date.now();
  });
  afterEach(() => issuer.stop().catch(() => undefined));

  function reader(more: Parameters<FakeIssuer['settings']>[0] = {}): JwtReader {
    const settings = issuer.settings(more);
    const clock = () => now;
    return new JwtReader(settings, new SigningKeys(new ProviderMetadata(settings, clock), clock), () => new Date(now));
  }

  it('say who it is; keys are asked for once, by however many, and a signature is checked once', async () => {
    const [tokens, one] = [reader(), await issuer.sign({ groups: 'a b' })];
    const found = await Promise.all([
      tokens.read(one),
      tokens.read(one),
      tokens.read(await issuer.sign({ sub: 'bob' })),
    ]);
    expect(found.map((identity) => identity?.subject)).toEqual(['ann', 'ann', 'bob']);
    expect(found[0]).toMatchObject({ issuer: issuer.url, groups: ['a', 'b'], means: 'jwt' });
    expect([issuer.countOf('/jwks'), issuer.countOf('/.well-known/openid-configuration')]).toEqual([1, 1]);
    expect(await tokens.read(one)).toBe(await tokens.read(one));
  });

  it('are over at their end, though they are known', async () => {
    const [tokens, token] = [reader({ clockSkew: 0 }), await issuer.sign({ exp: Math.floor(now / 1000) + 5 })];
    await tokens.read(token);
    now += 5_000;
    await expect(tokens.read(token)).rejects.toThrow(/is over \(exp\)/);
  });

  it.each([
    ['a nonce', { nonce: 'n' }, /is an ID token/],
    ['the digest of an access token', { at_hash: 'h' }, /is an ID token/],
    ['the login client as its audience', { aud: 'pages' }, /for the login client alone/],
  ])('are no ID tokens, though any type is taken: one has %s', async (_, claims, reason) => {
    const client = { id: 'pages' };
    const tokens = reader({ tokenType: 'any', client, audience: ['pages', 'https://processes.example.org'] });
    await expect(tokens.read(await issuer.sign(claims, { typ: 'JWT' }))).rejects.toThrow(reason);
    expect(await tokens.read(await issuer.sign({}, { typ: 'JWT' }))).toMatchObject({ subject: 'ann' });
    expect(await tokens.read(await issuer.sign({ aud: 'pages' }))).toMatchObject({ subject: 'ann' });
  });

  it('are of another issuer without anything being asked', async () => {
    await expect(reader().read(await issuer.sign({ iss: 'https://other.example.org' }))).rejects.toThrow(
      InvalidTokenError,
    );
    expect(issuer.asked).toEqual([]);
  });

  it.each(['', 'opaque', 'a.b.c', 'eyJ', 'eyJ.x'])('are not such as %j', async (token) => {
    expect(await reader().read(token)).toBeUndefined();
  });
  it('may be encrypted', () => expect(looksLikeJwt('eyJhbGciOiJkaXIifQ..iv.text.tag')).toBe(true));

  it('follow new keys, asked for at most once in ten seconds, and the old ones are gone', async () => {
    const tokens = reader();
    const old = await issuer.sign();
    await tokens.read(old);
    await issuer.rotate();
    const young = await issuer.sign();
    await expect(tokens.read(young)).rejects.toThrow(/\(kid\)/);
    now += COOLDOWN;
    expect(await tokens.read(young)).toMatchObject({ subject: 'ann' });
    expect(issuer.countOf('/jwks')).toBe(2);
    // Known by its digest for a while.
    expect(await tokens.read(old)).toMatchObject({ subject: 'ann' });
    now += 300_000;
    await expect(tokens.read(old)).rejects.toThrow(/\(kid\)/);
  });

  it('outlast the absence of the issuer with the keys known, and others cannot be told of', async () => {
    const tokens = reader();
    await tokens.read(await issuer.sign());
    const [known, before] = [await issuer.sign({ jti: 'x' }), await issuer.sign({ jti: 'y' })];
    await issuer.rotate();
    const unknown = await issuer.sign();
    await issuer.stop();
    now += COOLDOWN;
    await expect(tokens.read(unknown)).rejects.toThrow(UnavailableError);
    await expect(tokens.read(unknown)).rejects.toMatchObject({ retryAfterSeconds: 10 });
    expect(await tokens.read(known)).toMatchObject({ subject: 'ann' });
    now += 590_000;
    expect(await tokens.read(before)).toMatchObject({ subject: 'ann' });
  });

  it.each([
    ['of another issuer', '/.well-known/openid-configuration', [200, { issuer: 'https://other.example.org' }]],
    ['no JSON', '/.well-known/openid-configuration', [200, 'x']],
    ['too large', '/jwks', [200, ' '.repeat(2 * 1024 ** 2)]],
    ['a failure', '/jwks', [500, {}]],
    ['without keys', '/jwks', [200, {}]],
  ] as const)('cannot be checked where what the issuer answers is %s', async (_, path, answer) => {
    issuer.answers.set(path, () => answer);
    await expect(reader().read(await issuer.sign())).rejects.toThrow(UnavailableError);
  });
});
