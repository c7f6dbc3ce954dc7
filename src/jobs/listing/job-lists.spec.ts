import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { annotation, ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { at } from '../testing/records.js';
import { parseJobListQuery, type Reading } from './job-list.query.js';
import { JobLists, type PageParameter } from './job-lists.js';
import { JobTally } from './job-tally.js';
import { ListsOfProcesses } from './lists-of-processes.js';

const limits = { defaultItems: 3, maxItems: 100 };
const everything: Reading = { mayRead: () => true, isTitled: () => false };
const id = (number: number): string => `0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;

type Ending = 'successful' | 'failed' | undefined;

/** One of each second, which took as many seconds. */
function kubeJob(number: number, ending: Ending, cause = 'evicted'): V1Job {
  const outcome = {
    status: ending,
    started: at(number).toISOString(),
    finished: at(2 * number).toISOString(),
    ...(ending === 'failed' ? { cause: { type: cause, message: 'It failed.' } } : {}),
  };
  return {
    metadata: {
      name: `pygeoapi-job-${id(number)}`,
      uid: `uid-${number}`,
      creationTimestamp: at(number),
      annotations: {
        [annotation.processId]: number % 2 === 0 ? 'even' : 'odd',
        [ownAnnotation.collection]: ending ? 'done' : 'pending',
        ...(ending ? { [ownAnnotation.outcome]: JSON.stringify(outcome) } : {}),
      },
    },
  };
}

function setUp(count = 10) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const lists = new JobLists(cache, new JobTally(cache), new ListsOfProcesses(cache));
  for (let number = 1; number <= count; number += 1) cluster.addJob(kubeJob(number, 'successful'));
  const ask = (query: Record<string, string>) => parseJobListQuery(query, limits, at(60));
  const page = (query: Record<string, string>, more: PageParameter | object = {}) => {
    const { jobs, ...rest } = lists.page(
      ask({ ...query, ...Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)])) }),
      at(60),
      everything,
    );
    return { numbers: jobs.map(({ jobId }) => Number(jobId.slice(-12))), ...rest };
  };
  const counts = (query: Record<string, string> = {}, reading = everything) =>
    lists.counts(ask(query), at(60), reading);
  return { cluster, page, counts };
}

describe('a list of jobs', () => {
  it.each([
    [{}],
    [{ sortby: '-created' }],
    [{ sortby: '-duration' }],
    [{ status: 'successful' }],
    [{ processID: 'odd,even' }],
    [{ offset: '0' }],
  ])('with %j is gone through forwards and back again, by its links', (query: Record<string, string>) => {
    const { page } = setUp();
    const forwards = [];
    for (let next: PageParameter | undefined | object = {}; next;) {
      const seen = page(query, next);
      forwards.push(seen);
      next = seen.next;
    }
    expect(forwards.map(({ numbers }) => numbers)).toEqual([[10, 9, 8], [7, 6, 5], [4, 3, 2], [1]]);
    expect(forwards.map(({ skipped, numberMatched }) => [skipped, numberMatched])).toEqual([
      [0, 10],
      [3, 10],
      [6, 10],
      [9, 10],
    ]);
    const backwards = [];
    for (let seen = forwards.at(-1); seen;) {
      backwards.push(seen.numbers);
      seen = seen.previous && page(query, seen.previous);
    }
    expect(backwards).toEqual([[1], [4, 3, 2], [7, 6, 5], [10, 9, 8]]);
  });

  it('goes on within one second by when the jobs were asked for', () => {
    const { cluster, page } = setUp(0);
    // Their ids are in another order.
    for (const [number, milliseconds] of [
      [1, 300],
      [2, 100],
      [3, 400],
      [4, 200],
      [5, 0],
    ] as const) {
      const job = kubeJob(number, 'successful');
      const asked = new Date(at(1).getTime() + milliseconds).toISOString();
      const annotations = { ...job.metadata?.annotations, [annotation.started]: asked };
      cluster.addJob({ ...job, metadata: { ...job.metadata, creationTimestamp: at(1), annotations } });
    }
    const first = page({});
    const second = page({}, first.next);
    expect([first.numbers, second.numbers]).toEqual([
      [3, 1, 4],
      [2, 5],
    ]);
    expect(page({}, second.previous).numbers).toEqual(first.numbers);
  });

  it('shows each job once though others come and go between two pages', () => {
    const { cluster, page } = setUp();
    const { next = {} } = page({});
    cluster.addJob(kubeJob(11, undefined));
    cluster.removeJob(`pygeoapi-job-${id(8)}`);
    const second = page({}, next);
    expect([second.numbers, second.skipped]).toEqual([[7, 6, 5], 3]);
    // What came is on the first page, which is whole.
    expect(page({}, second.previous).numbers).toEqual([11, 10, 9]);
    expect(page({}, second.previous)).not.toHaveProperty('previous');
  });

  it('finds the few of a state among many, newest first', () => {
    const { cluster, page } = setUp(40);
    for (const number of [7, 23, 11]) cluster.addJob(kubeJob(number, 'failed'));
    cluster.addJob(kubeJob(24, 'failed', 'out-of-memory'));
    expect(page({ status: 'failed' }).numbers).toEqual([24, 23, 11]);
    expect(page({ status: 'failed', sortby: 'created' }).numbers).toEqual([7, 11, 23]);
    expect(page({ cause: 'out-of-memory' }).numbers).toEqual([24]);
    expect(page({ cause: 'evicted', processID: 'even' }).numbers).toEqual([]);
    cluster.addJob(kubeJob(23, 'successful'));
    expect(page({ cause: 'evicted,out-of-memory' }).numbers).toEqual([24, 11, 7]);
  });

  it('counts those of each state as they change, without those that are gone', () => {
    const { cluster, counts } = setUp(3);
    expect(counts()).toEqual({ all: 3, statuses: { successful: 3 }, causes: {} });
    cluster.addJob(kubeJob(4, undefined));
    cluster.addJob(kubeJob(5, 'failed'));
    expect(counts()).toEqual({ all: 5, statuses: { successful: 3, accepted: 1, failed: 1 }, causes: { evicted: 1 } });
    cluster.addJob(kubeJob(4, 'failed', 'out-of-memory'));
    cluster.removeJob(`pygeoapi-job-${id(1)}`);
    cluster.removeJob(`pygeoapi-job-${id(5)}`);
    expect(counts()).toEqual({ all: 3, statuses: { successful: 2, failed: 1 }, causes: { 'out-of-memory': 1 } });
  });

  it('counts what the other filters leave, whatever status and cause are asked for', () => {
    const { cluster, counts } = setUp(4);
    cluster.addJob(kubeJob(5, 'failed'));
    const odd = { all: 3, statuses: { successful: 2, failed: 1 }, causes: { evicted: 1 } };
    expect(counts({ processID: 'odd', status: 'failed' })).toEqual(odd);
    expect(counts({ processID: 'odd', cause: 'out-of-memory' })).toEqual(odd);
  });

  it('tells no causes of jobs whose status the caller may not read', () => {
    const { cluster, counts } = setUp(0);
    cluster.addJob(kubeJob(1, 'failed'));
    cluster.addJob(kubeJob(2, 'failed'));
    const reading = { ...everything, mayRead: ({ processId }: { processId: string }) => processId === 'even' };
    expect(counts({}, reading)).toEqual({ all: 2, statuses: { failed: 2 }, causes: { evicted: 1 } });
  });
});
