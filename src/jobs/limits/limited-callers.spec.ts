import { describe, expect, it } from '@jest/globals';
import type { Access } from '../../access/access.js';
import { ownerOf } from '../../access/rules/owner.js';
import { Rules } from '../../access/rules/rules.js';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import type { Configuration } from '../../config/configuration.js';
import type { CallerLimits } from '../../config/sections/access/access-rules.js';
import { LimitExceededError } from '../../ogc/limit-errors.js';
import { type Identity, TOKENS } from '../../ogc/requests/identity.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { aJob } from '../testing/records.js';
import { CallerUsage } from './caller-usage.js';
import { LimitedCallers } from './limited-callers.js';
import { OwnerSums } from './owner-sums.js';

const token = (subject: string, roles: readonly string[] = ['user']): Identity => ({
  issuer: TOKENS,
  subject,
  groups: [],
  roles,
  means: 'token',
});
const [ann, bob, root] = [token('ann'), token('bob'), token('root', ['admin'])];

class Bed {
  readonly line: AdmissionLine;
  readonly usage: CallerUsage;
  readonly limits: LimitedCallers;
  readonly owned: OwnerSums;
  private readonly listeners: ((change: { name: string; record?: JobRecord; previous?: JobRecord }) => void)[] = [];
  private readonly jobs = new Map<string, JobRecord>();

  constructor(limits: CallerLimits, maxRunningPerCaller?: number) {
    const role = { processes: ['*'], groups: [], subjects: [] };
    const settings = {
      ownJobs: true,
      tokens: [ann, bob, root].map(({ subject, roles }) => ({ name: subject, roles })),
      limits: {},
      roles: [
        { ...role, name: 'user', may: ['execute' as const], limits },
        { ...role, name: 'admin', may: ['admin' as const], limits },
      ],
    };
    const access = { rules: new Rules(settings) } as Access;
    const configuration = {
      server: { manager: { maxRunningPerCaller } },
      access: { rules: settings },
    } as unknown as Configuration;
    this.line = new AdmissionLine(configuration, { find: () => undefined } as unknown as ProcessRegistry);
    const cache = { jobs: { subscribe: (listener: never) => void this.listeners.push(listener) } };
    this.owned = new OwnerSums(cache as unknown as JobCache);
    this.usage = new CallerUsage(access, this.line, this.owned, configuration);
    this.limits = new LimitedCallers(access, cache as unknown as JobCache, this.usage, this.owned);
  }

  put(name: string, identity: Identity, more: Partial<JobRecord>): void {
    const previous = this.jobs.get(name);
    const record = aJob({ name, jobId: name, owner: ownerOf(identity), ...more });
    this.jobs.set(name, record);
    this.line.update(name, record, previous, () => true);
    for (const listener of this.listeners) listener({ name, record, ...(previous ? { previous } : {}) });
  }

  remove(name: string): void {
    const previous = this.jobs.get(name);
    this.line.update(name, undefined, previous, () => false);
    for (const listener of this.listeners) listener({ name, ...(previous ? { previous } : {}) });
  }

  wait(name: string, identity: Identity): void {
    const caller = ownerOf(identity);
    this.put(name, identity, { suspended: true, admission: { state: 'waiting', caller } });
  }

  run(name: string, identity: Identity): void {
    this.put(name, identity, { admission: { state: 'admitted', at: 1, caller: ownerOf(identity) } });
  }
}

describe('jobs of one caller that wait', () => {
  it('are as many as may, beside those that start with the next round', () => {
    const bed = new Bed({ running: 2, waiting: 1 });
    for (const name of ['a', 'b']) bed.wait(name, ann);
    bed.limits.assertRoom(ann, 'line');
    bed.wait('c', ann);
    expect(() => bed.limits.assertRoom(ann, 'line')).toThrow(
      '1 of your jobs wait, and 1 may (access.roles.user.limits.waiting)',
    );
    for (const [identity, place] of [
      [ann, undefined],
      [bob, 'line'],
      [root, 'line'],
    ] as const)
      bed.limits.assertRoom(identity, place);
    bed.run('a', ann);
    bed.run('b', ann);
    expect(() => bed.limits.assertRoom(ann, 'line')).toThrow(LimitExceededError);
    bed.remove('a');
    bed.limits.assertRoom(ann, 'line');
  });

  it('of whom none may wait run where there is a place, and are refused where there is none', () => {
    const bed = new Bed({ running: 1, waiting: 0 });
    bed.limits.assertRoom(ann, 'line');
    expect(() => bed.limits.assertRoom(ann, 'queue')).toThrow(LimitExceededError);
    bed.run('a', ann);
    expect(() => bed.limits.assertRoom(ann, 'line')).toThrow(LimitExceededError);
  });

  it('run as many as may of all callers where no role says how many', async () => {
    const bed = new Bed({ waiting: 0 }, 2);
    expect(bed.usage.of(ann)?.running).toEqual({ limit: 2, used: 0 });
    expect(bed.usage.of(root)?.running).toEqual({ used: 0 });
    for (const name of ['a', 'b']) {
      await bed.limits.make(ann, 'line', name, async () => bed.wait(name, ann));
      expect(bed.usage.waitingOf(ann)).toBe(0);
    }
    expect(() => bed.limits.assertRoom(ann, 'line')).toThrow(LimitExceededError);
    bed.limits.assertRoom(bob, 'line');
    expect(new Bed({ running: 3 }, 2).usage.of(ann)?.running.limit).toBe(3);
  });

  it('are made beside those that run of all callers’ limit where no role says how many', async () => {
    const bed = new Bed({ waiting: 0 }, 4);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const make = (name: string) => bed.limits.make(ann, 'line', name, async () => bed.wait(name, ann));
    const outcomes = await Promise.allSettled(names.map(make));
    expect(outcomes.map(({ status }) => status)).toEqual([...names.slice(1).map(() => 'fulfilled'), 'rejected']);
  });

  it('count in queues of Kueue, too, where they wait', () => {
    const bed = new Bed({ running: 5, waiting: 2 });
    const queue = { name: 'gpu' };
    bed.put('a', ann, { queue, suspended: true });
    bed.limits.assertRoom(ann, 'queue');
    bed.put('b', ann, { queue, suspended: true });
    expect(() => bed.limits.assertRoom(ann, 'queue')).toThrow('2 of your jobs wait');
    expect(bed.usage.of(ann)).toMatchObject({ running: { limit: 5, used: 0 }, waiting: { limit: 2, used: 2 } });
    bed.put('b', ann, { queue });
    bed.limits.assertRoom(ann, 'queue');
    expect(bed.usage.of(ann)?.waiting.used).toBe(1);
  });

  it('count while they are made, a few at a time, and not when they were not made', async () => {
    const bed = new Bed({ running: 1, waiting: 2 });
    const made = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    let underWay = 0;
    let most = 0;
    const making = made.map(({ promise }, at) =>
      bed.limits.make(ann, 'line', `job-${at}`, async () => {
        most = Math.max(most, (underWay += 1));
        await promise.finally(() => (underWay -= 1));
        bed.wait(`job-${at}`, ann);
      }),
    );
    made[0]?.reject(new Error('not made'));
    for (const { resolve } of made.slice(1)) resolve();
    const outcomes = await Promise.allSettled(making);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(most).toBe(2);
    expect(bed.usage.waitingOf(ann)).toBe(2);
  });
});

describe('jobs of one caller that are to be made', () => {
  it('are refused at once where more than can ever wait stand before them', async () => {
    const bed = new Bed({ running: 1, waiting: 2 });
    const gate = Promise.withResolvers<void>();
    const making = Array.from({ length: 50 }, (_, at) => bed.limits.make(ann, 'line', `job-${at}`, () => gate.promise));
    const refused = making.slice(7).map((one) => one.catch((error: unknown) => error));
    for (const error of await Promise.all(refused)) expect(error).toBeInstanceOf(LimitExceededError);
    gate.resolve();
    await Promise.allSettled(making);
  });
});

describe('what the store keeps of one caller', () => {
  it('is the sum of logs and results of the jobs that there are', () => {
    const bed = new Bed({ storedBytes: 100 });
    const stored = (size: number) => ({ key: 'k', size, digest: 'd', mediaType: 'text/plain' });
    bed.put('a', ann, { logSize: 10, storedResult: stored(50) });
    const { key: _key, ...inline } = stored(1000);
    bed.put('b', ann, {
      outputs: new Map([
        ['x', stored(39)],
        ['y', inline],
      ]),
    });
    bed.limits.submit(ann);
    bed.put('a', ann, { logSize: 11, storedResult: stored(50) });
    expect(() => bed.limits.submit(ann)).toThrow(
      'Results and logs of your jobs take 100 bytes of the store, and 100 may be (access.roles.user.limits.stored_bytes); ' +
        'nothing was created. Remove jobs that you need no more (DELETE /jobs/{jobId}); the largest: a (61 bytes), b (39 bytes).',
    );
    bed.limits.submit(bob);
    bed.limits.submit(root);
    bed.put('a', ann, { logSize: 11, storedResult: stored(50), resultsExpired: true });
    bed.limits.submit(ann);
    bed.remove('b');
    expect(bed.usage.of(ann)?.storedBytes).toEqual({ limit: 100, used: 11 });
    bed.remove('a');
    expect(bed.usage.of(ann)?.storedBytes.used).toBe(0);
  });
});

describe('executions in a minute', () => {
  it('are refused with the seconds until the next, of each caller apart', () => {
    const bed = new Bed({ submissionsPerMinute: 2 });
    bed.limits.submit(ann);
    bed.limits.submit(ann);
    const refused = (() => {
      try {
        bed.limits.submit(ann);
      } catch (error) {
        return error as LimitExceededError;
      }
      return undefined;
    })();
    expect(refused?.exceeded).toEqual({
      name: 'submissions_per_minute',
      key: 'access.roles.user.limits.submissions_per_minute',
      limit: 2,
      used: 2,
    });
    expect(refused?.retryAfterSeconds).toBeGreaterThan(0);
    expect(refused?.retryAfterSeconds).toBeLessThanOrEqual(30);
    bed.limits.submit(bob);
    for (let times = 0; times < 5; times += 1) bed.limits.submit(root);
    expect(bed.usage.quotasOf(ann)).toEqual([expect.objectContaining({ name: 'submissions', limit: 2, remaining: 0 })]);
    expect(bed.usage.quotasOf(root)).toEqual([]);
  });
});
