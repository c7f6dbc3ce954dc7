import { describe, expect, it } from '@jest/globals';
import { keyFor, sessionKey } from '../session/session-keys.js';
import { SessionSeal } from '../session/session-seal.js';
import { LOGIN_SECONDS, LoginStates } from './login-states.js';

const [old, young] = ['old', 'young'].map((secret) => keyFor('login', sessionKey(secret))) as [Uint8Array, Uint8Array];
const NOON = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number) => () => new Date(NOON.getTime() + seconds * 1000);
const login = { state: 's', nonce: 'n', verifier: 'v', next: '/jobs' };

describe('what a browser keeps of a login', () => {
  it('is opened once, by whoever has the key', async () => {
    const text = await new LoginStates([old], later(0)).seal(login);
    expect(text).not.toContain('/jobs');
    const states = new LoginStates([young, old], later(1));
    expect([await states.openOnce(text), await states.openOnce(text)]).toEqual([login, undefined]);
    // Sealed anew it is the same login.
    expect(await states.openOnce(await states.seal(login))).toBeUndefined();
    expect(await new LoginStates([young], later(1)).openOnce(text)).toBeUndefined();
  });

  it('is over after ten minutes, and is remembered no longer', async () => {
    const text = await new LoginStates([old], later(0)).seal(login);
    expect(await new LoginStates([old], later(LOGIN_SECONDS - 1)).openOnce(text)).toEqual(login);
    expect(await new LoginStates([old], later(LOGIN_SECONDS + 1)).openOnce(text)).toBeUndefined();
  });

  it('is no session, nor is a session a login', async () => {
    const seal = new SessionSeal([sessionKey('old')], later(0));
    const states = new LoginStates([old], later(0));
    const session = { issuer: 'i', subject: 's', roles: [], end: later(60)() };
    expect(await seal.open(await states.seal(login))).toBeUndefined();
    expect(await states.openOnce(await seal.seal(session))).toBeUndefined();
  });

  it.each(['', 'a', 'a.b.c.d.e', 'x'.repeat(10_000)])('is none where it is %j', async (text) => {
    expect(await new LoginStates([old]).openOnce(text)).toBeUndefined();
  });

  it('has to fit a cookie', async () => {
    await expect(new LoginStates([old]).seal({ ...login, next: 'x'.repeat(4_000) })).rejects.toThrow(RangeError);
  });
});
