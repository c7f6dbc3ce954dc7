import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Identity } from '../../ogc/requests/identity.js';
import { Rules } from '../rules/rules.js';
import { inputLimitOf } from './input-limit.js';
import { limitKey } from './limit-key.js';
import { rateLimitFields } from './rate-limit-fields.js';
import { SubmissionRates } from './submission-rates.js';

const role = (name: string, limits: object) => ({
  name,
  may: [],
  processes: ['*'],
  groups: [],
  subjects: [],
  limits,
});
const rules = new Rules({
  ownJobs: true,
  tokens: [],
  limits: { inputBytes: 10, waiting: 3 },
  roles: [role('little', { waiting: 1 }), role('much', { waiting: 5 })],
});
const somebody: Identity = {
  issuer: 'tokens',
  subject: 'ann',
  groups: [],
  roles: ['little', 'much'],
  means: 'token',
};

describe('submissions in a minute', () => {
  it('are as many as may be at once, then evenly as time goes by', () => {
    let now = 0;
    const rates = new SubmissionRates(() => now);
    const sent = (count: number) => Array.from({ length: count }, () => rates.take('a', 2)).filter(Boolean).length;
    expect(sent(5)).toBe(2);
    expect(rates.of('a', 2)).toEqual({ remaining: 0, fullAfter: 60, nextAfter: 30 });
    expect(rates.take('b', 2)).toBe(true);
    now = 29_999;
    expect([sent(1), rates.of('a', 2).nextAfter]).toEqual([0, 1]);
    now = 30_000;
    expect(sent(2)).toBe(1);
    now = 600_000;
    expect([sent(5), rates.of('c', 2)]).toEqual([2, { remaining: 2, fullAfter: 0, nextAfter: 0 }]);
  });

  it('are never more than a minute has, nor than the limit at once, however they come', () => {
    const steps = fc.array(fc.record({ wait: fc.nat(20_000), perMinute: fc.constant(4) }), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (asked) => {
        let now = 0;
        const rates = new SubmissionRates(() => now);
        const taken: number[] = [];
        for (const { wait, perMinute } of asked) {
          now += wait;
          if (rates.take('a', perMinute)) taken.push(now);
        }
        // In any window of a minute: what the bucket held, and what was filled in.
        for (const from of taken)
          expect(taken.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(8);
        for (const at of taken) expect(taken.filter((other) => other === at).length).toBeLessThanOrEqual(4);
      }),
    );
  });

  it('are known of no more callers than sent any in the last minute', () => {
    let now = 0;
    const rates = new SubmissionRates(() => now);
    for (let at = 0; at < 1000; at += 1, now += 1000) rates.take(`caller-${at}`, 5);
    expect(rates.size).toBeLessThanOrEqual(61);
  });
});

describe('limits', () => {
  it('name the place of the configuration that says them', () => {
    expect(limitKey(rules, somebody, 'waiting')).toBe('access.roles.much.limits.waiting');
    expect(limitKey(rules, somebody, 'inputBytes')).toBe('access.limits.per_caller.input_bytes');
  });

  it('of inputs are refused with what there is', () => {
    const limit = inputLimitOf(rules, somebody);
    expect(limit?.bytes).toBe(10);
    expect(limit?.refusal(12).exceeded).toEqual({
      name: 'input_bytes',
      key: 'access.limits.per_caller.input_bytes',
      limit: 10,
      used: 12,
    });
    expect(inputLimitOf(undefined, somebody)).toBeUndefined();
  });
});

describe('the RateLimit fields', () => {
  it('are lists of items, one for each limit', () => {
    expect(
      rateLimitFields([
        { name: 'submissions', limit: 20, window: 60, remaining: 15, reset: 12 },
        { name: 'stored', limit: 100, unit: 'content-bytes', remaining: -3 },
      ]),
    ).toEqual({
      'ratelimit-policy': '"submissions";q=20;w=60, "stored";q=100;qu="content-bytes"',
      ratelimit: '"submissions";r=15;t=12, "stored";r=0',
    });
    expect(rateLimitFields([])).toEqual({});
  });
});
