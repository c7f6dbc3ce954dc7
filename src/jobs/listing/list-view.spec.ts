import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Access, Caller } from '../../access/access.js';
import type { Sight } from '../../access/sight.js';
import { SearchTooLongError } from '../../archive/records/archive.js';
import { anArchivedJob } from '../../archive/testing/archived-jobs.js';
import type { Configuration } from '../../config/configuration.js';
import type { ProcessRegistry } from '../../processes/registry/process-registry.js';
import { ArchivedJobs } from '../model/archived/archived-jobs.js';
import { configuration } from '../testing/job-cache-of.js';
import { MovingJobs } from '../testing/moving-jobs.js';
import { ArchivedLists } from './archived/archived-lists.js';
import { parseJobListQuery } from './job-list.query.js';
import { ListViews } from './list-view.js';

/** @param isAdmin whether the caller, who is ann, sees whose jobs are */
async function setUp(isAdmin: boolean) {
  const jobs = new MovingJobs();
  await jobs.add(anArchivedJob(1, { owner: 'eve', ownerName: 'Eve' }), 'gone');
  await jobs.add(anArchivedJob(2, { owner: 'bob', ownerName: 'Robert' }), 'gone');
  await jobs.add(anArchivedJob(3, { owner: 'bob', ownerName: 'Bob' }), 'noted');
  const sight = {
    jobsSeenBy: () => (isAdmin ? undefined : { owner: 'ann' }),
    ownerOf: () => 'ann',
    seesOwners: () => isAdmin,
  } as unknown as Sight;
  const views = new ListViews(
    { statusReader: () => Promise.resolve(() => true) } as unknown as Access,
    { list: () => [] } as unknown as ProcessRegistry,
    {} as Configuration,
    jobs.live,
    jobs.lists,
    new ArchivedLists(new ArchivedJobs(configuration), jobs.archive),
    jobs.cache,
    sight,
  );
  const asked = (given: Record<string, string>) => parseJobListQuery(given, { defaultItems: 10, maxItems: 10 });
  const of = async (owner: string) => (await views.readingOf(asked({ owner }), {} as Caller)).scope?.owners;
  /** The list that this asks for. */
  const list = async (given: Record<string, string>) => {
    const page = await jobs.lists.page(asked(given), new Date(), await views.readingOf(asked(given), {} as Caller));
    return { ...page, jobs: page.jobs.map(({ jobId }) => Number(jobId.slice(-12))) };
  };
  return { archive: jobs.archive, of, list };
}

describe('whose jobs are asked for', () => {
  afterEach(() => void jest.useRealTimers());

  it('is known of who has jobs in the archive alone, by the newest name', async () => {
    const { of } = await setUp(true);
    expect([await of('Eve'), await of('eve'), await of('Bob'), await of('bob')]).toEqual([
      ['eve'],
      ['eve'],
      ['bob'],
      ['bob'],
    ]);
    expect([await of('Robert'), await of('nobody'), await of('me'), await of('\0')]).toEqual([[], [], ['ann'], []]);
  });

  it('is known of who has jobs in the cluster while the archive is away', async () => {
    const { archive, of } = await setUp(true);
    archive.isAway = true;
    expect([await of('Eve'), await of('Bob')]).toEqual([[], ['bob']]);
  });

  it('is missing from a list where the archive is away, whatever it answers after', async () => {
    const { archive, list } = await setUp(true);
    archive.onAsked = (call) => (archive.isAway = call === 'ownersCalled');
    expect(await list({ owner: 'Bob' })).toMatchObject({ jobs: [3], isIncomplete: true });
    expect(await list({ owner: 'Eve', status: 'running' })).toMatchObject({ jobs: [], numberMatched: 0 });
  });

  it('is no list without them where finding out takes too long, but for jobs that go on', async () => {
    const { archive, list } = await setUp(true);
    archive.ownersCalled = () => Promise.reject(new SearchTooLongError());
    await expect(list({ owner: 'Eve' })).rejects.toThrow(SearchTooLongError);
    expect(await list({ owner: 'Eve', status: 'running' })).toMatchObject({ jobs: [], numberMatched: 0 });
  });

  it('and their list take two seconds together at most', async () => {
    const { archive, list } = await setUp(true);
    const late = <T>(answer: T) => new Promise<T>((resolve) => setTimeout(() => resolve(answer), 1500));
    archive.ownersCalled = () => late(['eve']);
    archive.processes = () => late([]);
    jest.useFakeTimers();
    const page = list({ owner: 'Eve' }).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(2000);
    expect(await Promise.race([page, 'goes on'])).toBeInstanceOf(SearchTooLongError);
  });

  it('is asked of the archive for who may be told alone', async () => {
    const { archive, of } = await setUp(false);
    archive.asked.length = 0;
    expect([await of('Eve'), await of('ann')]).toEqual([[], ['ann']]);
    expect(archive.asked).toEqual([]);
  });
});
