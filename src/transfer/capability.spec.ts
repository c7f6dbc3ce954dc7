import { describe, expect, it } from '@jest/globals';
import { makeCapability, matchesCapability } from './capability.js';

describe('a capability', () => {
  it('is another each time, and known by its digest alone', () => {
    const [one, other] = [makeCapability(), makeCapability()];
    expect(one.capability).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(one.digest).not.toContain(one.capability);
    expect(one.capability).not.toBe(other.capability);
    expect(matchesCapability(one.capability, one.digest)).toBe(true);
    expect(
      [other.capability, '', `${one.capability}=`, one.digest].map((given) => matchesCapability(given, one.digest)),
    ).not.toContain(true);
    expect(matchesCapability('', '')).toBe(false);
  });
});
