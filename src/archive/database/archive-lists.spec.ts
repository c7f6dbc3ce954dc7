import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ArchiveCriterion, ArchiveFilter, ArchiveProperty, SeenProcess } from '../records/archive.js';
import type { ArchivedJob } from '../records/archived-job.js';
import { archivedJob } from '../testing/archived-jobs.js';
import { cut, matchesFilter, positionOf } from '../testing/archive-matches.js';
import { DATABASES, KINDS, type TestDatabase } from '../testing/open-archive.js';
import type { DatabaseArchive } from './database.archive.js';

const START = Date.UTC(2026, 10, 1);
const PROCESSES = ['echo', 'Echo_2', '100%', 'a\\b'];
const WORDS = ['echo', '%', '_', '\\', 'x', 'exit', 'ü', 'station 4', 'tag', 'job'];
const TAGS = ['tag a', 'Tag_B', '100%', 'ü'];

const job = fc
  .record({
    id: fc.uuid(),
    second: fc.integer({ min: 0, max: 5 }),
    requested: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    process: fc.constantFrom(...PROCESSES),
    unsigned: fc.boolean(),
    owner: fc.constantFrom(undefined, 'o1', 'o2', 'o3'),
    tags: fc.subarray(TAGS),
    status: fc.constantFrom('successful' as const, 'failed' as const, 'dismissed' as const),
    cause: fc.constantFrom('exit-code', 'out-of-memory'),
    message: fc.constantFrom('It is done.', 'EXIT 100% at Station 4', 'Über_alles \\ and \0'),
    started: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    ended: fc.integer({ min: -1, max: 6 }),
  })
  .map(
    ({
      id,
      second,
      requested,
      process,
      unsigned,
      owner,
      tags,
      status,
      cause,
      message,
      started,
      ended,
    }): ArchivedJob => {
      const created = new Date(START + 1000 * second);
      const { requestedAt: _, started: __, ...rest } = archivedJob(id, { created });
      return {
        ...rest,
        ...(requested === undefined ? {} : { requestedAt: requested }),
        processId: process,
        ...(unsigned ? { processUnsigned: true } : {}),
        ...(owner === undefined ? {} : { owner, ownerName: owner }),
        tags,
        status,
        ...(status === 'failed' ? { cause } : {}),
        message,
        ...(started === undefined ? {} : { started: new Date(created.getTime() + 1000 * started) }),
        finished: new Date(created.getTime() + 1500 * ended),
      };
    },
  );

const processes = fc.array(
  fc.record({ processId: fc.constantFrom(...PROCESSES, 'none'), processUnsigned: fc.boolean() }),
  { maxLength: 4 },
) satisfies fc.Arbitrary<readonly SeenProcess[]>;
const seconds = fc.integer({ min: 0, max: 9 });
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const filter = fc
  .record({
    processIds: some(fc.subarray(PROCESSES)),
    seenProcesses: some(processes),
    statuses: some(fc.subarray(['successful', 'failed', 'dismissed'] as const)),
    causes: some(fc.subarray(['exit-code', 'out-of-memory'])),
    readableProcesses: some(processes),
    owners: some(fc.subarray(['o1', 'o2', 'o9'])),
    text: some(fc.constantFrom(...WORDS)),
    titledProcesses: some(fc.subarray(PROCESSES)),
    tags: some(fc.subarray(TAGS)),
    created: some(
      fc.record({
        start: fc.constantFrom(-Infinity, START, START + 2000, START + 2500),
        end: fc.constantFrom(Infinity, START + 2000, START + 4999),
      }),
    ),
    minDuration: some(seconds),
    maxDuration: some(seconds),
  })
  // Each on its own, and with a few others: with all at once nothing matches.
  .chain((all) =>
    fc
      .subarray(Object.keys(all), { maxLength: 3 })
      .map((names): ArchiveFilter =>
        Object.fromEntries(Object.entries(all).filter(([name, value]) => names.includes(name) && value !== undefined)),
      ),
  );
const PROPERTIES: readonly ArchiveProperty[] = ['created', 'started', 'finished', 'duration', 'processID'];
const order = some(
  fc
    .shuffledSubarray([...PROPERTIES], { minLength: 1, maxLength: 3 })
    .chain((properties) =>
      fc.tuple(
        ...properties.map((property) => fc.boolean().map((descending): ArchiveCriterion => ({ property, descending }))),
      ),
    ),
);

describe.each(KINDS)('lists of the archive, %s', (kind) => {
  let database: TestDatabase;
  let archive: DatabaseArchive;
  let jobs: readonly ArchivedJob[];
  beforeAll(async () => {
    database = await DATABASES[kind]();
    archive = await database.archive();
    jobs = fc.sample(fc.uniqueArray(job, { minLength: 60, maxLength: 60, selector: ({ jobId }) => jobId }), 1)[0] ?? [];
    for (const each of jobs) await archive.put(each);
    // Nothing of these is to be seen.
    const other = await database.archive();
    for (const each of jobs.slice(0, 10)) await other.put(each);
    await archive.put(archivedJob('removed'));
    await archive.remove('removed', new Date());
  });
  afterAll(() => database?.close());

  const matching = (filter: ArchiveFilter) => jobs.filter((each) => matchesFilter(filter, each));
  const idsOf = (some: readonly ArchivedJob[]) => some.map(({ jobId }) => jobId);

  it('have what the list of jobs has, in its order, from any place and both ways', async () => {
    const place = fc.record({ way: fc.constantFrom('none', 'after', 'before'), at: fc.nat({ max: 59 }) });
    const page = fc.record({ limit: fc.integer({ min: 1, max: 30 }), offset: some(fc.integer({ min: 0, max: 20 })) });
    await fc.assert(
      fc.asyncProperty(filter, order, place, page, async (filter, order, { way, at }, page) => {
        const position = positionOf(jobs[at] as ArchivedJob, order);
        const range = { ...page, ...(order ? { order } : {}), ...(way === 'none' ? {} : { [way]: position }) };
        expect(idsOf(await archive.list(filter, range))).toEqual(idsOf(cut(matching(filter), range)));
      }),
      { numRuns: 300 },
    );
  });

  it('count what matches, but for those that are counted elsewhere, up to a number', async () => {
    await fc.assert(
      fc.asyncProperty(filter, fc.nat({ max: 60 }), fc.nat({ max: 60 }), async (filter, most, excepted) => {
        const except = idsOf(jobs.slice(0, excepted));
        const found = matching(filter).filter(({ jobId }) => !except.includes(jobId)).length;
        const wanted = found > most ? undefined : found;
        // A machine that is busy may not count in time.
        let counted: number | undefined;
        for (let tries = 0; tries < 50 && (tries === 0 || counted !== wanted); tries++)
          counted = await archive.count(filter, most, except);
        expect(counted).toBe(wanted);
      }),
      { numRuns: 100 },
    );
  });

  it('know the processes that there are records of', async () => {
    const known = new Set(
      jobs.map(({ processId, processUnsigned }) =>
        JSON.stringify({ processId, processUnsigned: processUnsigned ?? false }),
      ),
    );
    const found = (await archive.processes()).map(({ processId, processUnsigned }) =>
      JSON.stringify({ processId, processUnsigned }),
    );
    expect(found.toSorted()).toEqual([...known].sort());
  });

  it('sum up what owners and processes took', async () => {
    for (const owners of [undefined, ['o1'], []]) {
      const filter = owners ? { owners } : {};
      const rows = await archive.usage('owner', filter);
      const found = matching(filter);
      const keys = [...new Set(found.map(({ owner }) => owner ?? ''))].sort();
      // The tombstone is nobody's.
      const removed = (key: string) => (key === '' ? 1 : 0);
      expect(rows.map(({ key, jobs: count }) => [key, count])).toEqual(
        keys.map((key) => [key, found.filter(({ owner = '' }) => owner === key).length + removed(key)]),
      );
    }
  });
});
