import { describe, expect, it } from '@jest/globals';
import { aJob } from '../jobs/testing/records.js';
import { ManualClock } from '../k8s/testing/manual-clock.js';
import { GoneJobs } from './gone-jobs.js';

const gone = (name: string) => ({ ...aJob(), name });

describe('Jobs that are gone', () => {
  it('are those of the leader until nothing is left of them, also where it leads anew', () => {
    const jobs = new GoneJobs();
    const a = gone('a');
    jobs.add(a, true);
    jobs.add(gone('b'), true);
    jobs.done(gone('b'));
    expect(jobs.get('a')).toMatchObject({ name: 'a' });
    jobs.done(a);
    expect([jobs.get('a'), jobs.takeOver()]).toEqual([undefined, ['b']]);
  });

  it('that went a moment before a replica comes to lead are its own, for perhaps nobody led', () => {
    const clock = new ManualClock();
    const jobs = new GoneJobs(clock);
    jobs.add(gone('long ago'), false);
    clock.jump(30_000);
    const before = gone('before');
    jobs.add(before, false);
    expect(jobs.get('before')).toBeUndefined();
    clock.jump(31_000);
    expect(jobs.takeOver()).toEqual(['before']);
    expect(jobs.get('before')).toMatchObject({ name: 'before' });
    jobs.done(before);
    expect(jobs.takeOver()).toEqual([]);
  });
});
