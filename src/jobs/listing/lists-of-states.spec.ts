import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import fc from 'fast-check';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { at } from '../testing/records.js';
import { JobTally } from './job-tally.js';
import { ListsOfStates } from './lists-of-states.js';

const nameOf = (number: number): string => `pygeoapi-job-0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;

function kubeJob(number: number, status: 'successful' | 'failed'): V1Job {
  const outcome = JSON.stringify({ status, started: at(1).toISOString(), finished: at(2).toISOString() });
  return {
    metadata: {
      name: nameOf(number),
      uid: `uid-${number}`,
      creationTimestamp: at(number),
      annotations: {
        [annotation.processId]: 'p',
        [ownAnnotation.collection]: 'done',
        [ownAnnotation.outcome]: outcome,
      },
    },
  };
}

const statesOf = (tally: JobTally) => tally.states().map(({ state }) => state);

describe('lists of jobs of some states', () => {
  it('are kept as jobs come, change their state and go, as a look at all jobs has them', () => {
    const step = fc.record({ number: fc.nat(9), to: fc.constantFrom('successful', 'failed', 'gone') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const cluster = new FakeCluster();
        const cache = jobCacheOf(cluster);
        const tally = new JobTally(cache);
        const lists = new ListsOfStates(cache, tally);
        for (const { number, to } of steps) {
          if (to === 'gone') cluster.removeJob(nameOf(number));
          else cluster.addJob(kubeJob(number, to as 'successful' | 'failed'));
          const failed = statesOf(tally).filter(({ status }) => status === 'failed');
          const all = cache.list().filter((job) => job.outcome?.status === 'failed');
          expect(lists.of(failed, undefined)).toEqual(all);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are the same array until something changes: a page sorts and looks at nothing', () => {
    const cluster = new FakeCluster();
    const cache = jobCacheOf(cluster);
    const tally = new JobTally(cache);
    const lists = new ListsOfStates(cache, tally);
    for (let number = 0; number < 100; number += 1) cluster.addJob(kubeJob(number, 'failed'));
    const [first, again] = [lists.of(statesOf(tally), undefined), lists.of(statesOf(tally), undefined)];
    expect(first).toHaveLength(100);
    expect(again).toBe(first);
  });
});
