import { describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { annotation, label, ownAnnotation } from '../../k8s/names.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import type { JobCache } from '../model/job-cache.js';
import type { JobRecord } from '../model/job-record.js';
import { jobCacheOf } from '../testing/job-cache-of.js';
import { at } from '../testing/records.js';
import { parseJobListQuery, type Reading, type Scope } from './job-list.query.js';
import { JobLists } from './job-lists.js';
import { JobTally } from './job-tally.js';
import { ListsOfProcesses } from './lists-of-processes.js';

const limits = { defaultItems: 10, maxItems: 100 };
const id = (number: number): string => `0198c5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** One of each second. */
function kubeJob(number: number, owner: string, process = 'seen', ending = 'successful'): V1Job {
  const times = { started: at(number).toISOString(), finished: at(number + 1).toISOString() };
  return {
    metadata: {
      name: `pygeoapi-job-${id(number)}`,
      uid: `uid-${number}`,
      creationTimestamp: at(number),
      annotations: {
        [annotation.processId]: process,
        [ownAnnotation.owner]: JSON.stringify({ subject: `${owner}-name` }),
        [ownAnnotation.collection]: 'done',
        [ownAnnotation.outcome]: JSON.stringify({ status: ending, ...times }),
      },
    },
    spec: { template: { metadata: { labels: { [label.owner]: owner } } } },
  } as V1Job;
}

/** Counts the entries of lists that are looked at. */
function counting(cache: JobCache, ofProcesses: ListsOfProcesses): { readonly visited: () => number } {
  let visited = 0;
  const counted = (jobs: readonly JobRecord[]): readonly JobRecord[] =>
    new Proxy(jobs, {
      get: (_, name) => {
        if (typeof name === 'string' && /^\d+$/.test(name)) visited += 1;
        return Reflect.get(jobs, name) as unknown;
      },
    });
  const [list, of] = [cache.list.bind(cache), ofProcesses.of.bind(ofProcesses)];
  cache.list = (owner) => counted(list(owner));
  ofProcesses.of = (processes, owner) => counted(of(processes, owner));
  return { visited: () => visited };
}

function setUp(jobs: readonly V1Job[]) {
  const cluster = new FakeCluster();
  const cache = jobCacheOf(cluster);
  const ofProcesses = new ListsOfProcesses(cache);
  const lists = new JobLists(cache, new JobTally(cache), ofProcesses);
  for (const job of jobs) cluster.addJob(job);
  const ask = (query: Record<string, string>, scope?: Scope) => {
    const reading: Reading = { mayRead: () => true, isTitled: () => false, ...(scope ? { scope } : {}) };
    const asked = parseJobListQuery(query, limits, at(0));
    const page = lists.page(asked, at(0), reading);
    const numbers = page.jobs.map(({ jobId }) => Number(jobId.slice(-12)));
    return { ...page, numbers, counts: lists.counts(asked, at(0), reading) };
  };
  return { cluster, cache, ofProcesses, ask };
}

describe('a list of one’s own jobs', () => {
  it('costs what its page does, however many jobs others have', () => {
    const { cache, ofProcesses, ask } = setUp(
      Array.from({ length: 10_000 }, (_, at) => kubeJob(at, `owner-${at % 100}`)),
    );
    const sees = ({ processId }: { processId: string }) => processId === 'seen';
    const scope = { owners: ['owner-7'], sees };
    const { next } = ask({}, scope);
    const { visited } = counting(cache, ofProcesses);
    const first = ask({}, scope);
    expect(first.numbers).toEqual(Array.from({ length: 10 }, (_, at) => 9907 - 100 * at));
    expect(first.numberMatched).toBe(100);
    const second = ask({ cursor: next && 'cursor' in next ? next.cursor : '' }, scope);
    expect(second).toMatchObject({ skipped: 10, numberMatched: 100 });
    ask({ offset: '50' }, scope);
    // Three pages of ten, and the search for where the second begins.
    expect(visited()).toBeLessThanOrEqual(3 * 10 + 10);
  });

  it.each([
    ['of everybody, of some processes', undefined],
    ['one’s own, of some processes', ['owner-7']],
  ])('costs what its page does: %s', (_, owners) => {
    const jobs = Array.from({ length: 10_000 }, (_, at) =>
      kubeJob(at, `owner-${owners ? 7 : at % 100}`, at % 2 === 0 ? 'seen' : 'hidden'),
    );
    const { cluster, cache, ofProcesses, ask } = setUp(jobs);
    const scope = {
      ...(owners ? { owners } : {}),
      sees: ({ processId }: { processId: string }) => processId === 'seen',
    };
    const { next } = ask({}, scope);
    const { visited } = counting(cache, ofProcesses);
    const first = ask({}, scope);
    expect(first.numbers).toEqual(Array.from({ length: 10 }, (_, at) => 9998 - 2 * at));
    expect(first).toMatchObject({ numberMatched: 5_000, counts: { all: 5_000, statuses: { successful: 5_000 } } });
    const second = ask({ cursor: next && 'cursor' in next ? next.cursor : '' }, scope);
    expect(second).toMatchObject({ skipped: 10, numberMatched: 5_000 });
    ask({ offset: '4000' }, scope);
    // A job that changes is in its place at once.
    cluster.addJob(kubeJob(9998, 'owner-7', 'seen', 'failed'));
    expect(ask({}, scope).jobs[0]?.status).toBe('failed');
    cluster.addJob(kubeJob(9997, 'owner-7', 'hidden', 'failed'));
    expect(ask({}, scope).numbers[1]).toBe(9996);
    // Five pages of ten, and the search for where the second begins.
    expect(visited()).toBeLessThanOrEqual(5 * 10 + 20);
  });

  it('is told of no process that is hidden, as jobs come and go', () => {
    const { cluster, ask } = setUp([kubeJob(1, 'ann'), kubeJob(2, 'bob', 'hidden'), kubeJob(3, 'bob')]);
    const sees = ({ processId }: { processId: string }) => processId === 'seen';
    const seen = () => [ask({}, { sees }).numbers, ask({}, { owners: ['bob'], sees }).numbers];
    expect(seen()).toEqual([[3, 1], [3]]);
    cluster.addJob(kubeJob(4, 'bob', 'hidden'));
    cluster.addJob(kubeJob(5, 'bob'));
    expect(seen()).toEqual([
      [5, 3, 1],
      [5, 3],
    ]);
    cluster.removeJob(`pygeoapi-job-${id(3)}`);
    cluster.addJob({ ...kubeJob(5, 'ann'), metadata: { ...kubeJob(5, 'ann').metadata, uid: 'another' } });
    expect(seen()).toEqual([[5, 1], []]);
  });

  it('is told no others, in no total and under no filter', () => {
    const jobs = [
      kubeJob(1, 'ann'),
      kubeJob(2, 'bob'),
      kubeJob(3, 'ann', 'seen', 'failed'),
      kubeJob(4, 'ann', 'hidden'),
    ];
    const { ask } = setUp(jobs);
    const anns = { owners: ['ann'], sees: ({ processId }: { processId: string }) => processId === 'seen' };
    for (const [query, expected] of [
      [{}, [3, 1]],
      [{ status: 'successful' }, [1]],
      [{ status: 'failed' }, [3]],
      [{ sortby: 'created' }, [1, 3]],
      [{ processID: 'hidden' }, []],
      [{ q: 'hidden' }, []],
      [{ offset: '1' }, [1]],
    ] as const)
      expect([query, ask(query, anns).numbers]).toEqual([query, expected]);
    expect(ask({}, anns)).toMatchObject({ numberMatched: 2, counts: { all: 2 } });
    expect(ask({ q: '0198c5a0' }, anns)).toMatchObject({ numberMatched: 2, counts: { all: 2 } });
    expect(ask({}, { owners: [] })).toMatchObject({ numbers: [], numberMatched: 0, counts: { all: 0 } });
    expect(ask({}, { owners: ['bob', 'ann'] }).numbers).toEqual([4, 3, 2, 1]);
    expect(ask({}, { sees: anns.sees }).numbers).toEqual([3, 2, 1]);
    expect(ask({}).numbers).toEqual([4, 3, 2, 1]);
  });

  it('is kept as jobs come, change and go', () => {
    const { cluster, cache, ask } = setUp([kubeJob(1, 'ann'), kubeJob(2, 'bob')]);
    const anns = { owners: ['ann'] };
    expect(ask({}, anns).numbers).toEqual([1]);
    cluster.addJob(kubeJob(3, 'ann', 'seen', 'failed'));
    expect(ask({ status: 'failed' }, anns).numbers).toEqual([3]);
    cluster.addJob(kubeJob(1, 'ann', 'seen', 'failed'));
    expect(ask({ status: 'failed' }, anns).numbers).toEqual([3, 1]);
    cluster.addJob({ ...kubeJob(1, 'bob'), metadata: { ...kubeJob(1, 'bob').metadata, uid: 'another' } });
    expect([ask({}, anns).numbers, ask({}, { owners: ['bob'] }).numbers]).toEqual([[3], [2, 1]]);
    expect(cache.ownersCalled('ann-name')).toEqual(['ann']);
    expect([cache.ownersCalled('bob'), cache.ownersCalled('eve')]).toEqual([['bob'], []]);
    cluster.removeJob(`pygeoapi-job-${id(3)}`);
    expect([ask({}, anns).numbers, cache.ownersCalled('ann')]).toEqual([[], []]);
  });
});
