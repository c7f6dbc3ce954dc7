import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Archive, ArchiveCriterion, ArchiveFilter } from '../records/archive.js';
import type { ArchivedJob } from '../records/archived-job.js';
import { aFilter, aRange, aRecord, signed, unsigned } from './archive-arbitraries.js';
import { anArchivedJob, archivedId, second } from './archived-jobs.js';
import { FakeArchive } from './fake-archive.js';

export interface ArchiveUnderTest {
  /** Without any records. */
  readonly archive: Archive;
  /** Removes everything. */
  readonly dispose: () => Promise<void>;
}

const failed = (cause: string, message: string) => ({ status: 'failed' as const, cause, message });
const ann = { owner: 'ann', ownerName: 'Ann' };

/** By their numbers: one of each second, which took as many seconds as its number says. */
const JOBS = new Map<number, Partial<ArchivedJob>>([
  [1, { ...ann, tags: ['red', 'Big One'], finished: second(2) }],
  [2, { ...ann, ...failed('evicted', 'The node ran out of ÄTHER.'), finished: second(4), tags: ['red'] }],
  [3, { processId: 'Other_1', ...failed('out-of-memory', 'It took 100 % of it.'), finished: second(6) }],
  [4, { processId: 'Other_1', owner: 'bob', ownerName: 'Ann', finished: second(8), tags: ['100%', 'a\\b'] }],
  [5, { processId: 'Otherx1', status: 'dismissed', message: 'The job was dismissed.', started: undefined }],
  [
    6,
    { processUnsigned: true, owner: 'bob', ownerName: 'Bob', ...failed('evicted', 'Evicted.'), finished: second(12) },
  ],
  [7, { finished: second(8.5), requestedAt: second(7.25).getTime() }],
]);
/** Of the same second as 7, asked for before and after it, or nobody knows when. */
const TWINS = new Map<number, Partial<ArchivedJob>>([
  [8, { created: second(7), started: second(7), finished: second(8), requestedAt: second(7.1).getTime() }],
  [9, { created: second(7), started: second(7), finished: second(8), requestedAt: second(7.5).getTime() }],
  [10, { created: second(7), started: second(7), finished: second(8) }],
  [11, { created: second(7), started: second(7), finished: second(8) }],
]);

const FILTERS: readonly (readonly [ArchiveFilter, readonly number[]])[] = [
  [{}, [7, 6, 5, 4, 3, 2, 1]],
  [{ processIds: ['Other_1', 'gone'] }, [4, 3]],
  [{ processIds: [] }, []],
  [{ seenProcesses: [signed('hello'), signed('Otherx1')] }, [7, 5, 2, 1]],
  [{ seenProcesses: [unsigned('hello'), unsigned('Other_1')] }, [6]],
  [{ seenProcesses: [] }, []],
  [{ seenProcesses: [signed('hello')], processIds: ['Other_1'] }, []],
  [{ statuses: ['failed', 'dismissed'] }, [6, 5, 3, 2]],
  [{ statuses: [] }, []],
  [{ causes: ['evicted'] }, [6, 2]],
  [{ causes: ['evicted', 'out-of-memory'], readableProcesses: [signed('hello'), signed('Other_1')] }, [3, 2]],
  [{ causes: ['evicted'], readableProcesses: [] }, []],
  [{ causes: [] }, []],
  [{ causes: ['evicted'], statuses: ['successful'] }, []],
  [{ owners: ['ann', 'nobody'] }, [2, 1]],
  [{ owners: ['ann', 'bob'] }, [6, 4, 2, 1]],
  [{ owners: [''] }, []],
  [{ owners: [] }, []],
  [{ text: 'äther' }, [2]],
  [{ text: 'äther', readableProcesses: [signed('Other_1')] }, []],
  [{ text: 'evicted', readableProcesses: [signed('hello')] }, []],
  [{ text: 'evicted', readableProcesses: [unsigned('hello')] }, [6]],
  [{ text: 'big o' }, [1]],
  [{ text: 'red' }, [2, 1]],
  [{ text: 'red', readableProcesses: [] }, []],
  [{ text: 'hell', readableProcesses: [] }, [7, 6, 2, 1]],
  [{ text: '%' }, [4, 3]],
  [{ text: '0%' }, [4]],
  [{ text: 'other_' }, [4, 3]],
  [{ text: 'other' }, [5, 4, 3]],
  [{ text: 'a\\b' }, [4]],
  [{ text: "'; --" }, []],
  [{ text: archivedId(3).slice(-4) }, [3]],
  [{ text: 'no such', titledProcesses: ['Otherx1'] }, [5]],
  [{ text: 'äther', titledProcesses: [] }, [2]],
  [{ text: 'red', owners: ['ann'], statuses: ['failed'] }, [2]],
  [{ tags: ['red'] }, [2, 1]],
  [{ tags: ['red', 'Big One'] }, [1]],
  [{ tags: ['red'], readableProcesses: [signed('hello')] }, [2, 1]],
  [{ tags: ['red'], readableProcesses: [unsigned('hello')] }, []],
  [{ tags: ['big one'] }, []],
  [{ tags: ['re'] }, []],
  [{ tags: ['a\\b'] }, [4]],
  [{ created: { start: second(2).getTime(), end: second(3).getTime() } }, [3, 2]],
  [{ created: { start: second(2).getTime() + 1, end: Infinity } }, [7, 6, 5, 4, 3]],
  [{ created: { start: -Infinity, end: second(2).getTime() - 1 } }, [1]],
  [{ minDuration: 3 }, [6, 4, 3]],
  [{ maxDuration: 2 }, [7, 2, 1]],
  [{ minDuration: 2, maxDuration: 3 }, [3, 2]],
  [{ minDuration: 0 }, [7, 6, 4, 3, 2, 1]],
  [{ maxDuration: 1 }, [1]],
];

const up = (property: ArchiveCriterion['property']): ArchiveCriterion => ({ property, descending: false });
const down = (property: ArchiveCriterion['property']): ArchiveCriterion => ({ property, descending: true });

const ORDERS: readonly (readonly [readonly ArchiveCriterion[], readonly number[]])[] = [
  [[], [9, 7, 8, 11, 10, 6, 5, 4, 3, 2, 1]],
  [[up('created')], [1, 2, 3, 4, 5, 6, 9, 7, 8, 11, 10]],
  [[down('created')], [9, 7, 8, 11, 10, 6, 5, 4, 3, 2, 1]],
  [[up('started')], [1, 2, 3, 4, 6, 9, 7, 8, 11, 10, 5]],
  [[down('started')], [9, 7, 8, 11, 10, 6, 4, 3, 2, 1, 5]],
  [[up('finished')], [1, 2, 5, 3, 9, 8, 11, 10, 4, 7, 6]],
  [
    [up('duration'), up('started')],
    [1, 9, 8, 11, 10, 7, 2, 3, 4, 6, 5],
  ],
  [[down('duration')], [6, 4, 3, 2, 7, 9, 8, 11, 10, 1, 5]],
  [
    [up('processID'), up('duration')],
    [3, 4, 5, 9, 8, 11, 10, 1, 7, 2, 6],
  ],
  [
    [down('processID'), down('finished')],
    [6, 7, 9, 8, 11, 10, 2, 1, 5, 4, 3],
  ],
];

function numbersOf(jobs: readonly ArchivedJob[]): readonly number[] {
  return jobs.map(({ jobId }) => Number(jobId.slice(-12)));
}

/** How many there are, where they can be counted: a machine that is busy may not always do it in time. */
async function counted(archive: Archive, ...asked: Parameters<Archive['count']>): Promise<number | undefined> {
  for (let tries = 1; tries < 50; tries += 1) {
    const count = await archive.count(...asked);
    if (count !== undefined) return count;
  }
  return archive.count(...asked);
}

/** What every archive promises of its lists. @param factory each time of an archive that is empty */
export function describeArchiveLists(name: string, factory: () => Promise<ArchiveUnderTest>): void {
  describe(`${name}, asked for lists`, () => {
    let tested: ArchiveUnderTest;
    let archive: Archive;
    beforeAll(async () => {
      tested = await factory();
      ({ archive } = tested);
      for (const [number, job] of [...JOBS, ...TWINS]) await archive.put(anArchivedJob(number, job));
      await archive.put(anArchivedJob(12, { processId: 'removed', owner: 'eve', ownerName: 'Eve' }));
      await archive.remove(archivedId(12), second(20));
      await archive.remove(archivedId(13), second(20), anArchivedJob(13, { processId: 'removed' }));
    });
    afterAll(() => tested.dispose());

    it('gives back records as they were put', async () => {
      const [job] = await archive.list({ processIds: ['Other_1'] }, { limit: 1 });
      expect(job).toEqual(anArchivedJob(4, JOBS.get(4)));
    });

    it.each(FILTERS)('finds by %j the records %j, and counts them', async (filter, numbers) => {
      const found = await archive.list(filter, { limit: 100 });
      expect(numbersOf(found).filter((number) => !TWINS.has(number))).toEqual(numbers);
      await expect(counted(archive, filter, 100)).resolves.toBe(found.length);
    });

    it.each(ORDERS)('sorts by %j, forwards and backwards from each record', async (order, numbers) => {
      const all = await archive.list({}, { order, limit: 100 });
      expect(numbersOf(all)).toEqual(numbers);
      const keysOf = new Map(all.map((job) => [job, keysIn(order, job)]));
      for (const [at, job] of all.entries()) {
        const position = { ...job, ...(order.length > 0 ? { keys: keysOf.get(job) ?? [] } : {}) };
        const after = await archive.list({}, { order, after: position, limit: 3 });
        const before = await archive.list({}, { order, before: position, limit: 3 });
        expect([at, numbersOf(after)]).toEqual([at, numbers.slice(at + 1, at + 4)]);
        expect([at, numbersOf(before)]).toEqual([at, numbers.slice(Math.max(0, at - 3), at)]);
      }
    });

    it('leaves out the first as an offset says, and no more than there are', async () => {
      expect(numbersOf(await archive.list({}, { limit: 2, offset: 3 }))).toEqual([11, 10]);
      expect(numbersOf(await archive.list({}, { limit: 5, offset: 9 }))).toEqual([2, 1]);
      expect(numbersOf(await archive.list({}, { limit: 5, offset: 99 }))).toEqual([]);
      expect(numbersOf(await archive.list({ tags: ['red'] }, { limit: 5, offset: 1 }))).toEqual([1]);
    });

    it('leaves out those that are named, and finds as many others', async () => {
      const except = [archivedId(7), archivedId(5), archivedId(99)];
      expect(numbersOf(await archive.list({}, { limit: 4, offset: 3, except }))).toEqual([10, 6, 4, 3]);
    });

    it('goes on from places that no record has', async () => {
      const place = { created: second(7), requestedAt: second(7.2).getTime(), name: 'any' };
      expect(numbersOf(await archive.list({}, { after: place, limit: 2 }))).toEqual([8, 11]);
      expect(numbersOf(await archive.list({}, { before: place, limit: 2 }))).toEqual([9, 7]);
      const between = { after: { created: second(6), name: 'x' }, before: { created: second(2), name: '' } };
      expect(numbersOf(await archive.list({}, { ...between, limit: 9 }))).toEqual([6, 5, 4, 3, 2]);
      expect(numbersOf(await archive.list({}, { ...between, limit: 2 }))).toEqual([6, 5]);
    });

    it('counts no more than it is asked to, and leaves out those that are named', async () => {
      await expect(counted(archive, {}, 11)).resolves.toBe(11);
      await expect(archive.count({}, 10)).resolves.toBeUndefined();
      await expect(counted(archive, {}, 10, [archivedId(1)])).resolves.toBe(10);
      const except = [archivedId(1), archivedId(5), archivedId(99)];
      await expect(counted(archive, { tags: ['red'] }, 10, except)).resolves.toBe(1);
      await expect(counted(archive, { tags: ['gone'] }, 0)).resolves.toBe(0);
    });

    it('knows the processes and owners of what is there, not of what was removed', async () => {
      const processes = await archive.processes();
      expect(processes.map((process) => JSON.stringify(process)).sort()).toEqual(
        [signed('Other_1'), signed('Otherx1'), signed('hello'), unsigned('hello')].map((one) => JSON.stringify(one)),
      );
      // The newest of his records calls bob something else.
      await expect(archive.ownersCalled('Ann')).resolves.toEqual(['ann']);
      await expect(archive.ownersCalled('Bob')).resolves.toEqual(['bob']);
      await expect(archive.ownersCalled('bob')).resolves.toEqual(['bob']);
      await expect(archive.ownersCalled('Eve')).resolves.toEqual([]);
      await expect(archive.ownersCalled('')).resolves.toEqual([]);
    });
  });

  describe(`${name}, asked for anything`, () => {
    let tested: ArchiveUnderTest;
    const fake = new FakeArchive();
    beforeAll(async () => {
      tested = await factory();
      const jobs = fc.sample(fc.tuple(...Array.from({ length: 60 }, (_, at) => aRecord(at + 1))), {
        numRuns: 1,
        seed: 21,
      });
      for (const job of jobs.flat()) {
        await tested.archive.put(job);
        await fake.put(job);
      }
    });
    afterAll(() => tested.dispose());

    it('answers as the one in memory does', async () => {
      await fc.assert(
        fc.asyncProperty(aFilter, aRange, fc.integer({ min: 0, max: 30 }), async (filter, range, most) => {
          expect(numbersOf(await tested.archive.list(filter, range))).toEqual(
            numbersOf(await fake.list(filter, range)),
          );
          const wanted = await fake.count(filter, most);
          const count =
            wanted === undefined ? tested.archive.count(filter, most) : counted(tested.archive, filter, most);
          expect(await count).toBe(wanted);
        }),
        { numRuns: 150 },
      );
    });
  });
}

function keysIn(order: readonly ArchiveCriterion[], job: ArchivedJob): readonly (number | string | null)[] {
  const started = job.started?.getTime() ?? null;
  const finished = job.finished.getTime();
  const duration = started === null ? null : finished - started;
  const keys = { created: job.created.getTime(), started, finished, duration, processID: job.processId };
  return order.map(({ property }) => keys[property]);
}
