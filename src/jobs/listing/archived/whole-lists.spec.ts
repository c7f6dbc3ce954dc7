import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SearchTooLongError } from '../../../archive/records/archive.js';
import type { ArchivedJob } from '../../../archive/records/archived-job.js';
import { anArchivedJob, second } from '../../../archive/testing/archived-jobs.js';
import { MovingJobs, type Phase } from '../../testing/moving-jobs.js';
import { parseJobListQuery, type Reading } from '../job-list.query.js';
import type { JobPage } from '../job-lists.js';

const limits = { defaultItems: 10, maxItems: 1000 };
const NOW = second(3600);
const everything: Reading = { mayRead: () => true, isTitled: () => false };
const failed = (cause: string, message: string) => ({ status: 'failed' as const, cause, message });

type Given = readonly (readonly [number, Phase, Partial<ArchivedJob>?])[];

async function setUp(given: Given) {
  const jobs = new MovingJobs();
  for (const [number, phase, more] of given) await jobs.add(anArchivedJob(number, more), phase);
  const ask = async (query: Record<string, string>, reading = everything) => {
    const page = await jobs.lists.page(parseJobListQuery(query, limits, NOW), NOW, reading);
    return { ...page, numbers: numbersOf(page) };
  };
  const counts = (query: Record<string, string> = {}, reading = everything) =>
    jobs.lists.counts(parseJobListQuery(query, limits, NOW), NOW, reading);
  const { archive } = jobs;
  return { jobs, archive, ask, counts };
}

function numbersOf({ jobs }: JobPage): readonly number[] {
  return jobs.map(({ jobId }) => Number(jobId.slice(-12)));
}

const range = (from: number, to: number, phase: Phase, more?: Partial<ArchivedJob>): Given =>
  Array.from({ length: to - from + 1 }, (_, at) => [from + at, phase, more] as const);

describe('a list of jobs with an archive', () => {
  afterEach(() => void jest.useRealTimers());

  it('asks the archive for no more than its page has', async () => {
    const { archive, ask } = await setUp([...range(1, 300, 'gone'), ...range(301, 500, 'noted'), [501, 'running']]);
    archive.asked.length = 0;
    let page = await ask({});
    for (let pages = 1; page.next && 'cursor' in page.next; pages += 1) {
      expect(archive.asked.reduce((sum, { jobs }) => sum + jobs, 0)).toBeLessThanOrEqual(11 * pages);
      page = await ask({ cursor: page.next.cursor });
    }
    expect(page.numbers).toEqual([1]);
    // Of each: the page, its number, once the processes, and on the last ones whether any are before.
    expect(archive.asked.length).toBeLessThanOrEqual(3 * 51);
  });

  it('has at most 500 on a page where some are in the archive, and leads on to the others', async () => {
    const { ask } = await setUp(range(1, 600, 'gone'));
    const first = await ask({ limit: '1000' });
    expect([first.numbers.length, first.numbers.at(-1), first.numberMatched]).toEqual([500, 101, 600]);
    const rest = await ask({
      limit: '1000',
      ...(first.next && 'cursor' in first.next ? { cursor: first.next.cursor } : {}),
    });
    expect([rest.numbers.length, rest.numbers[0], rest.next]).toEqual([100, 100, undefined]);
  });

  it('goes on asking where jobs of the cluster are no longer what the archive says', async () => {
    const { jobs, ask } = await setUp([...range(1, 3, 'gone'), ...range(4, 60, 'noted')]);
    for (let at = 3; at < 60; at += 1) await jobs.step(at, true);
    expect((await ask({ status: 'successful' })).numbers).toEqual([3, 2, 1]);
    expect(await ask({ status: 'dismissed', limit: '2' })).toMatchObject({ numbers: [60, 59], numberMatched: 57 });
  });

  it('has jobs that have left the cluster as they were there', async () => {
    const more = { ...failed('evicted', 'Evicted.'), tags: ['red'], owner: 'ann', ownerName: 'Ann' };
    const { jobs, ask } = await setUp([[1, 'noted', more]]);
    const before = (await ask({})).jobs;
    await jobs.step(0, false);
    await jobs.step(0, false);
    expect(jobs.cache.list()).toEqual([]);
    expect((await ask({})).jobs).toEqual(before);
  });

  it('lists what is in the cluster while the archive is away, and says that more is missing', async () => {
    const { archive, ask, counts } = await setUp([
      [1, 'gone'],
      [2, 'noted'],
      [3, 'running'],
    ]);
    archive.isAway = true;
    const page = await ask({});
    expect(page).toMatchObject({ numbers: [3, 2], isIncomplete: true });
    expect(page).not.toHaveProperty('numberMatched');
    expect((await ask({ offset: '1' })).numbers).toEqual([2]);
    await expect(counts()).resolves.toMatchObject({ all: 2 });
    archive.isAway = false;
    expect(await ask({})).toMatchObject({ numbers: [3, 2, 1], numberMatched: 3 });
    expect(await ask({})).not.toHaveProperty('isIncomplete');
  });

  it('asks nothing of the archive for jobs that go on', async () => {
    const { archive, ask } = await setUp([
      [1, 'gone'],
      [2, 'running'],
    ]);
    archive.isAway = true;
    const page = await ask({ status: 'accepted,running' });
    expect(page).toMatchObject({ numbers: [2], numberMatched: 1 });
    expect(page).not.toHaveProperty('isIncomplete');
    expect(await ask({ type: 'script' })).toMatchObject({ numbers: [], numberMatched: 0 });
  });

  it('waits two seconds for an archive that says nothing', async () => {
    const { archive, ask } = await setUp([
      [1, 'gone'],
      [2, 'running'],
    ]);
    archive.list = () => new Promise(() => undefined);
    archive.count = () => new Promise(() => undefined);
    archive.processes = () => new Promise(() => undefined);
    jest.useFakeTimers();
    const page = ask({});
    await jest.advanceTimersByTimeAsync(1999);
    const early = await Promise.race([page, Promise.resolve('waits')]);
    await jest.advanceTimersByTimeAsync(1);
    expect(early).toBe('waits');
    await expect(page).resolves.toMatchObject({ numbers: [2], isIncomplete: true });
  });

  it('has jobs of a process that there was none of a moment ago, whose Jobs stay for no time', async () => {
    const { jobs, ask } = await setUp([[1, 'gone', { tags: ['red'] }]]);
    expect((await ask({ tag: 'red' })).numbers).toEqual([1]);
    await jobs.add(anArchivedJob(2, { tags: ['red'], processId: 'fresh' }), 'gone');
    expect((await ask({ tag: 'red' })).numbers).toEqual([2, 1]);
    const scope = { sees: ({ processId }: { processId: string }) => processId === 'fresh' };
    expect((await ask({}, { ...everything, scope })).numbers).toEqual([2]);
  });

  it('ends a search that takes too long, whether it is one question or many', async () => {
    const { archive, ask } = await setUp(range(1, 30, 'gone'));
    archive.isSlow = true;
    await expect(ask({ q: 'x' })).rejects.toThrow(SearchTooLongError);
    archive.isSlow = false;
    await ask({});
    archive.list = () => new Promise(() => undefined);
    jest.useFakeTimers();
    const late = ask({}).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(2000);
    expect(await late).toBeInstanceOf(SearchTooLongError);
  });

  it('counts at most 10,000, and nothing that takes too long', async () => {
    const { archive, ask, counts } = await setUp([[10_000, 'running']]);
    for (let number = 1; number < 10_000; number += 1) await archive.put(anArchivedJob(number));
    expect(await ask({})).toMatchObject({ numberMatched: 10_000 });
    expect(await ask({ q: '000000000007' })).toMatchObject({ numberMatched: 1 });
    await archive.put(anArchivedJob(10_001));
    expect(await ask({})).not.toHaveProperty('numberMatched');
    expect(await ask({ status: 'failed' })).toMatchObject({ numberMatched: 0 });
    await expect(counts()).resolves.toMatchObject({ statuses: { accepted: 1, successful: 10_000, failed: 0 } });
    await archive.put(anArchivedJob(10_002));
    await expect(counts()).resolves.toMatchObject({ all: 'many', statuses: { successful: 'many', failed: 0 } });
    const count = archive.count.bind(archive);
    archive.count = async (filter, most, except) => void (await count(filter, most, except));
    expect(await ask({ q: '000000000007' })).toMatchObject({ numbers: [7] });
    expect(await ask({ q: '000000000007' })).not.toHaveProperty('numberMatched');
  });

  it('does not count while many are on their way to the archive', async () => {
    const { jobs, ask } = await setUp([...range(1, 1_001, 'ended'), [2_000, 'gone']]);
    expect(await ask({})).not.toHaveProperty('numberMatched');
    await jobs.step(0, false);
    await jobs.step(0, false);
    expect(await ask({})).toMatchObject({ numberMatched: 1_002 });
  });

  it('leads on by offsets, too, past records of another prefix, which it does not show', async () => {
    const of = (number: number): Partial<ArchivedJob> => (number % 2 === 0 ? { name: `another-${number}` } : {});
    const { ask } = await setUp(range(1, 30, 'gone').map(([number, phase]) => [number, phase, of(number)] as const));
    const page = await ask({ offset: '2', limit: '5' });
    expect(page.numbers.every((number) => number % 2 === 1)).toBe(true);
    expect(page.next).toEqual({ offset: 7 });
    expect((await ask({ offset: '27', limit: '5' })).next).toBeUndefined();
  });

  it('says that jobs are missing of owners whom the archive did not tell, and asks it no further', async () => {
    const { archive, ask, counts } = await setUp([
      [1, 'gone', { owner: 'ann' }],
      [2, 'noted', { owner: 'ann' }],
    ]);
    archive.asked.length = 0;
    const untold: Reading = { ...everything, scope: { owners: ['ann'] }, isIncomplete: true };
    const page = await ask({}, untold);
    expect(page).toMatchObject({ numbers: [2], isIncomplete: true });
    expect(page).not.toHaveProperty('numberMatched');
    expect(await ask({ status: 'running' }, untold)).not.toHaveProperty('isIncomplete');
    expect(await counts({}, untold)).toMatchObject({ all: 1 });
    expect(archive.asked).toEqual([]);
  });

  it('tells nothing of what one may not see or read', async () => {
    const { ask, counts } = await setUp([
      [1, 'gone', { owner: 'ann', tags: ['red'], ...failed('evicted', 'Secret.') }],
      [2, 'gone', { owner: 'bob', tags: ['red'] }],
      [3, 'gone', { owner: 'ann', processId: 'hidden' }],
      [4, 'gone', { owner: 'ann', processUnsigned: true }],
      [5, 'noted', { owner: 'ann', tags: ['red'] }],
      [6, 'noted', { owner: 'bob' }],
    ]);
    const sees: NonNullable<Reading['scope']>['sees'] = (job) => job.processId !== 'hidden' && !job.processUnsigned;
    const anns: Reading = { ...everything, scope: { owners: ['ann'], sees } };
    expect(await ask({}, anns)).toMatchObject({ numbers: [5, 1], numberMatched: 2 });
    await expect(counts({}, anns)).resolves.toMatchObject({ all: 2, statuses: { successful: 1, failed: 1 } });
    expect(await ask({}, { ...everything, scope: { owners: [] } })).toMatchObject({ numbers: [], numberMatched: 0 });
    const unread: Reading = { ...anns, mayRead: () => false };
    const queries: Record<string, string>[] = [{ tag: 'red' }, { cause: 'evicted' }, { q: 'secret' }, { q: 'red' }];
    for (const query of queries) {
      const found = { ...query, ...(await ask(query, anns)) };
      expect(found).toMatchObject({ ...query, numberMatched: found.numbers.length });
      expect(found.numbers).toContain(1);
      expect({ ...query, ...(await ask(query, unread)) }).toMatchObject({ ...query, numbers: [], numberMatched: 0 });
    }
    expect((await ask({ q: 'hell' }, unread)).numbers).toEqual([5, 1]);
    expect((await ask({ q: 'title' }, { ...unread, isTitled: (id) => id === 'hello' })).numbers).toEqual([5, 1]);
    expect((await ask({ q: '\0' }, anns)).numbers).toEqual([]);
  });
});
