import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../config/configuration.js';
import { Shares } from './shares.js';

const NOW = new Date('2026-01-01T00:00:00.700Z');
const [OLD, NEW] = ['old', 'new'].map((text) => Buffer.alloc(32, text).toString('base64')) as [string, string];
type Access = Partial<Configuration['access']>;
const sharesOf = (access: Access, { whyOff, now = NOW }: { whyOff?: string; now?: Date } = {}) =>
  new Shares(
    { access: { sessionHours: 8, ...access }, environment: { apiToken: 'token' } } as unknown as Configuration,
    false,
    { whyOff },
    () => now,
  );
const job = { jobId: 'job', uid: 'uid' };

describe('links for others', () => {
  it('hold for so many seconds, whichever replica made them', () => {
    const { token, end } = sharesOf({ keys: [NEW] }).make(job, 'page', 60);
    expect(end).toEqual(new Date('2026-01-01T00:01:00Z'));
    expect(sharesOf({ keys: [NEW] }).open(token, 'job')).toMatchObject({ for: 'page', end });
    expect(sharesOf({ keys: [NEW] }, { now: end }).open(token, 'job')).toBeUndefined();
  });

  it('outlast a key while it is still there, and end with it', () => {
    const { token } = sharesOf({ keys: [OLD] }).make(job, 'results', 60);
    expect(sharesOf({ keys: [NEW, OLD] }).open(token, 'job')).toBeDefined();
    expect(sharesOf({ keys: [NEW] }).open(token, 'job')).toBeUndefined();
  });

  it('have a key made of the API token where no other is given', () => {
    const { token } = sharesOf({}).make(job, 'results', 60);
    expect(sharesOf({}).open(token, 'job')).toBeDefined();
  });

  it('are none where nobody can sign in', () => {
    const off = sharesOf({ keys: [NEW] }, { whyOff: 'no token is set' });
    expect(() => off.make(job, 'results', 60)).toThrow('no token is set');
    const { token } = sharesOf({ keys: [NEW] }).make(job, 'results', 60);
    expect(off.open(token, 'job')).toBeUndefined();
  });

  it('hold for 30 days at the most, or as many as are configured', () => {
    const day = 24 * 3600;
    expect([sharesOf({}).longest, sharesOf({ linksMaxDays: 2 }).longest]).toEqual([30 * day, 2 * day]);
  });
});
