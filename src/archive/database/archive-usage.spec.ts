import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Archive, ArchiveFilter, UsageBy } from '../records/archive.js';
import type { ArchivedJob } from '../records/archived-job.js';
import { signed, unsigned } from '../testing/archive-arbitraries.js';
import { anArchivedJob } from '../testing/archived-jobs.js';
import { FakeArchive } from '../testing/fake-archive.js';
import { DATABASES, KINDS, type TestDatabase } from '../testing/open-archive.js';

/** Near the ends of months, and in them; February is whole. */
const TIMES = [
  '2025-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00Z',
  '2026-01-15T12:00:00Z',
  '2026-01-31T23:59:59.999Z',
  '2026-02-01T00:00:00Z',
  '2026-02-28T23:59:59.999Z',
  '2026-03-01T00:00:00Z',
  '2026-03-20T00:00:00.001Z',
].map((time) => Date.parse(time));

const number = fc.integer({ min: 1, max: 6 });
const state = fc.constantFrom('000000000000000a', '000000000000000b');
const quarters = fc.integer({ min: 0, max: 40 }).map((count) => count / 4);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const job = fc
  .record({
    number,
    state,
    uid: fc.constantFrom('uid-1', 'uid-1', 'uid-2'),
    processId: fc.constantFrom('a', 'b'),
    unsigned: fc.boolean(),
    owner: fc.constantFrom(undefined, 'ann', 'bob'),
    created: fc.constantFrom(...TIMES),
    took: fc.constantFrom(0, 1, 86_400_000),
    usage: fc.record({ seconds: quarters, cpuSeconds: quarters, memoryByteSeconds: quarters }),
    used: fc.record({ usedCpuSeconds: some(quarters), usedMemoryByteSeconds: some(quarters) }),
  })
  .map(({ number, unsigned: isUnsigned, owner, created, took, usage, used, ...job }): ArchivedJob => {
    const known = Object.fromEntries(Object.entries(used).filter(([, value]) => value !== undefined));
    return anArchivedJob(number, {
      ...job,
      ...(isUnsigned ? { processUnsigned: true } : {}),
      ...(owner === undefined ? {} : { owner, ownerName: owner }),
      created: new Date(created),
      started: undefined,
      finished: new Date(created + took),
      usage: { ...usage, ...known },
    });
  });

type Write = (archive: Archive) => Promise<unknown>;

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(job, some(state)).map(
      ([job, before]) =>
        (to: Archive) =>
          to.put(job, before),
    ),
  },
  { weight: 2, arbitrary: job.map((job) => (to: Archive) => to.remove(job.jobId, new Date(TIMES[7] ?? 0), job)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...TIMES).map((time) => async (to: Archive) => {
      const before = new Date(time);
      await to.forget(before, 100);
      for (const { job, why } of await to.due(new Date(0), 100)) if (why === 'removed') await to.done(job);
      await to.forget(before, 100);
    }),
  },
);

const filter: fc.Arbitrary<ArchiveFilter> = fc.record(
  {
    owners: fc.subarray(['ann', 'bob', '', 'eve']),
    seenProcesses: fc.subarray([signed('a'), unsigned('a'), signed('b'), unsigned('b')]),
    created: fc
      .tuple(fc.constantFrom(-Infinity, -1e15, ...TIMES), fc.constantFrom(...TIMES, 1e15, Infinity))
      .map(([start, end]) => ({ start, end })),
  },
  { requiredKeys: [] },
);

describe.each(KINDS)('what jobs took, %s', (kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await DATABASES[kind]();
  });
  afterAll(() => database?.close());

  it('is the sum over records and tombstones, whatever was written, removed or forgotten', async () => {
    const by = fc.constantFrom<UsageBy>('process', 'owner', 'month');
    const questions = fc.array(fc.tuple(by, filter), { minLength: 3, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 20 }), questions, async (writes, questions) => {
        const archive = await database.archive();
        const fake = new FakeArchive();
        for (const write of writes) expect(await write(archive)).toEqual(await write(fake));
        for (const [by, filter] of [...questions, ['month', {}] as const])
          expect(await archive.usage(by, filter)).toEqual(await fake.usage(by, filter));
      }),
      { numRuns: 30 },
    );
  });
});
