import { describe, expect, it } from '@jest/globals';
import { derivedKey } from '../session/session-keys.js';
import { ShareSeal } from './share-seal.js';

const keyOf = (text: string) => derivedKey(text, 'test');
const NOW = new Date('2026-01-01T00:00:00Z');
const END = new Date('2026-01-08T00:00:00Z');
const share = { jobId: 'job', uid: 'uid', for: 'results', end: END } as const;
const seal = (...keys: readonly [string, ...string[]]) =>
  new ShareSeal(keys.map(keyOf) as [Uint8Array, ...Uint8Array[]], () => NOW);

describe('a token of a link', () => {
  const token = seal('a').seal(share);

  it.each(['results', 'page'] as const)('is short, and says that it is for the %s of one Job, until when', (what) => {
    const sealed = seal('a').seal({ ...share, for: what });
    expect(sealed).toMatch(/^[\w-]{44}$/);
    const opened = seal('a').open(sealed, 'job');
    expect(opened).toMatchObject({ for: what, end: END });
    expect([opened?.isOf('uid'), opened?.isOf('other')]).toEqual([true, false]);
  });

  it('is opened by every key, and made by the first', () => {
    expect(seal('b', 'a').open(token, 'job')).toBeDefined();
    expect(seal('b', 'a').seal(share)).toBe(seal('b').seal(share));
  });

  it.each<[string, () => unknown]>([
    ['of another key', () => seal('b').open(token, 'job')],
    ['of another job', () => seal('a').open(token, 'other')],
    ['that is over', () => new ShareSeal([keyOf('a')], () => END).open(token, 'job')],
    ['that is none', () => seal('a').open('x', 'job')],
    ['that is empty', () => seal('a').open('', 'job')],
    ['of zeros', () => seal('a').open('A'.repeat(44), 'job')],
    ['that goes on', () => seal('a').open(`${token}A`, 'job')],
    ['with odd characters', () => seal('a').open(`${token.slice(0, 43)}=`, 'job')],
  ])('is nothing %s', (_, open) => expect(open()).toBeUndefined());

  it('is nothing with any bit changed', () => {
    const bytes = Buffer.from(token, 'base64url');
    const opened = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return seal('a').open(changed.toString('base64url'), 'job');
    });
    expect(opened.filter(Boolean)).toEqual([]);
  });
});
