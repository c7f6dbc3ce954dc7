import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type JobRecord, newestFirst } from '../job-record.js';
import { SortedJobs } from './sorted-jobs.js';

const job = (name: number, second: number, version = 0): JobRecord =>
  ({ name: `job-${name}`, created: new Date(second * 1000), resourceVersion: `${version}` }) as JobRecord;

describe('jobs kept in order', () => {
  it('are those that there are, sorted, whatever comes, changes, moves and goes', () => {
    const change = fc.record({ name: fc.nat(8), second: fc.nat(4), goes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.nat(20), (changes, firstLook) => {
        const [sorted, there] = [new SortedJobs(), new Map<string, JobRecord>()];
        for (const [at, { name, second, goes }] of changes.entries()) {
          const record = goes ? undefined : job(name, second, at);
          const previous = there.get(`job-${name}`);
          if (record) there.set(record.name, record);
          else there.delete(`job-${name}`);
          sorted.change(record, previous);
          if (at < firstLook) continue;
          expect(sorted.of(there.values())).toEqual([...there.values()].sort(newestFirst));
        }
      }),
    );
  });
});
