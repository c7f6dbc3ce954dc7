import { describe, expect, it } from '@jest/globals';
import { claimAt, identityOf, lacksClaims, namesOf } from './claims.js';

const PATHS = { subject: 'sub', name: 'name', groups: 'realm_access.groups', roles: 'https://example.org/roles' };
const settings = { issuer: 'https://issuer.example.org', claims: PATHS };

describe('claims', () => {
  it.each([
    [{ a: { b: { c: 1 } } }, 'a.b.c', 1],
    [{ 'a.b': { c: 1 } }, 'a.b.c', 1],
    [{ 'a.b.c': 1, a: { b: { c: 2 } } }, 'a.b.c', 1],
    [{ 'https://example.org/x': { roles: 1 } }, 'https://example.org/x.roles', 1],
    [{ 'https://example.org/x.roles': 1 }, 'https://example.org/x.roles', 1],
    [{ a: [{ b: 1 }] }, 'a.b', undefined],
    [{ a: null }, 'a.b', undefined],
    [{}, 'constructor.name', undefined],
    [{}, '__proto__', undefined],
  ])('%j have at %s %j', (claims, path, expected) => expect(claimAt(claims, path)).toBe(expected));

  it.each([
    [
      ['a', 'b c'],
      ['a', 'b c'],
    ],
    ['a  b\tc', ['a', 'b', 'c']],
    ['', []],
    [[1, null, '', ' ', 'a', 'x'.repeat(256)], ['a']],
    [{ a: 1 }, []],
    [undefined, []],
  ])('%j name %j', (value, expected) => expect(namesOf(value)).toEqual(expected));

  it('name no more than a thousand', () => expect(namesOf(Array(2000).fill('a'))).toHaveLength(1000));

  it('say who it is, where they have a subject', () => {
    const claims = { sub: 'ann', name: '', realm_access: { groups: ['g'] }, 'https://example.org/roles': 'user admin' };
    expect(identityOf(claims, settings, 'jwt')).toEqual({
      issuer: settings.issuer,
      subject: 'ann',
      groups: ['g'],
      roles: ['user', 'admin'],
      means: 'jwt',
    });
    expect([{}, { sub: 7 }, { sub: ' ' }].map((none) => identityOf(none, settings, 'jwt'))).toEqual(
      Array(3).fill(undefined),
    );
    expect([lacksClaims(claims, settings), lacksClaims({ ...claims, realm_access: {} }, settings)]).toEqual([
      false,
      true,
    ]);
  });
});
