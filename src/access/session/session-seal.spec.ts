import { describe, expect, it } from '@jest/globals';
import { CompactEncrypt } from 'jose';
import { sessionKey } from './session-keys.js';
import { LONGEST_SEALED } from './sealed-cookie.js';
import { type Sealed, SessionSeal } from './session-seal.js';

const [old, young, other] = ['old', 'young', 'other'].map(sessionKey) as [Uint8Array, Uint8Array, Uint8Array];
const NOON = new Date('2026-01-01T12:00:00Z');
const session: Sealed = {
  issuer: 'tokens',
  subject: 'ann',
  name: 'Ann',
  roles: ['user', 'admin'],
  end: new Date('2026-01-01T20:00:00Z'),
  proof: 'p',
};
const at = (time: Date, ...keys: [Uint8Array, ...Uint8Array[]]) => new SessionSeal(keys, () => time);
const sealed = (of: Sealed = session) => at(NOON, old).seal(of);

describe('a sealed session', () => {
  it('is opened with the key that sealed it, among others', async () => {
    expect(await at(NOON, young, old).open(await sealed())).toEqual(session);
    expect(await at(NOON, old).open(await sealed({ issuer: 'i', subject: 'b', roles: [], end: session.end }))).toEqual({
      issuer: 'i',
      subject: 'b',
      roles: [],
      end: session.end,
    });
  });

  it('is sealed with the first of several keys', async () => {
    const text = await at(NOON, young, old).seal(session);
    expect(await at(NOON, old).open(text)).toBeUndefined();
    expect(await at(NOON, young).open(text)).toEqual(session);
  });

  it('tells nothing of what is in it, and is another text each time', async () => {
    const texts = await Promise.all([sealed(), sealed()]);
    expect(texts[0]).not.toBe(texts[1]);
    const decoded = texts[0]?.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(decoded?.join(' ')).not.toMatch(/ann|admin/);
  });

  it('is over at its end, and not before', async () => {
    const text = await sealed();
    expect(await at(new Date('2026-01-01T19:59:59Z'), old).open(text)).toEqual(session);
    expect(await at(session.end, old).open(text)).toBeUndefined();
  });

  it.each<[string, (text: string) => string | Promise<string>]>([
    ['is changed', (text) => text.slice(0, -3) + (text.endsWith('AAA') ? 'BBB' : 'AAA')],
    ['is cut', (text) => text.slice(0, 40)],
    ['is empty', () => ''],
    ['is no JWE', () => 'a.b.c.d.e'],
    ['is longer than a cookie', (text) => text + 'A'.repeat(LONGEST_SEALED)],
    ['is of another key', () => at(NOON, other).seal(session)],
    ['is not encrypted', () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ann","exp":9999999999}')}.`],
    [
      'is encrypted otherwise',
      () => encrypted(JSON.stringify({ iss: 'i', sub: 'ann', exp: 9999999999 }), 'A128CBC-HS256'),
    ],
    ['has no end', () => encrypted(JSON.stringify({ iss: 'i', sub: 'ann' }))],
    ['has no issuer', () => encrypted(JSON.stringify({ sub: 'ann', exp: 9999999999 }))],
    ['holds no JSON', () => encrypted('ann')],
  ])('is none where it %s', async (_, change) => {
    expect(await at(NOON, old).open(await change(await sealed()))).toBeUndefined();
  });

  it('fits a cookie, or is refused', async () => {
    const long = { ...session, roles: Array.from({ length: 100 }, (_, at) => `a-role-that-has-quite-a-name-${at}`) };
    await expect(sealed(long)).rejects.toThrow(RangeError);
  });

  function encrypted(text: string, enc = 'A256GCM'): Promise<string> {
    return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg: 'dir', enc }).encrypt(old);
  }
});
