import fc from 'fast-check';
import type { ArchiveCriterion, ArchiveFilter, ArchiveRange, SeenProcess } from '../records/archive.js';
import type { ArchivedJob } from '../records/archived-job.js';
import { anArchivedJob, archivedId, second } from './archived-jobs.js';

export const signed = (processId: string): SeenProcess => ({ processId, processUnsigned: false });
export const unsigned = (processId: string): SeenProcess => ({ processId, processUnsigned: true });

const PROCESSES = ['a', 'B', 'ß_1', 'with a space'];
const OWNERS = ['ann', 'bob', 'eve'];
const TAGS = ['red', 'Red', 'x_y', 'Grün'];
const CAUSES = ['evicted', 'out-of-memory'];
const STATUSES = ['successful', 'failed', 'dismissed'] as const;

/** One of few kinds, so that much of it is equal. @param number of its id */
export function aRecord(number: number): fc.Arbitrary<ArchivedJob> {
  return fc
    .record({
      processId: fc.constantFrom(...PROCESSES),
      processUnsigned: fc.boolean(),
      status: fc.constantFrom(...STATUSES),
      cause: fc.constantFrom(...CAUSES),
      message: fc.constantFrom('Red of it.', 'GRÜN', 'x%y', 'nothing'),
      tags: fc.subarray(TAGS),
      owner: fc.option(fc.constantFrom(...OWNERS), { nil: undefined }),
      created: fc.integer({ min: 0, max: 12 }),
      asked: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      started: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      took: fc.integer({ min: 0, max: 16 }),
    })
    .map(({ processUnsigned, cause, created, asked, started, took, ...job }) =>
      anArchivedJob(number, {
        ...job,
        ...(processUnsigned ? { processUnsigned: true } : {}),
        ...(job.status === 'failed' ? { cause } : {}),
        created: second(created),
        ...(asked === undefined ? {} : { requestedAt: second(created).getTime() + asked }),
        started: started === undefined ? undefined : second(created + started),
        finished: second(created + (started ?? 0) + took / 4),
      }),
    );
}

const someProcesses = fc.subarray(PROCESSES.flatMap((id) => [signed(id), unsigned(id)]));
export const aFilter: fc.Arbitrary<ArchiveFilter> = fc.record(
  {
    processIds: fc.subarray(PROCESSES),
    seenProcesses: someProcesses,
    statuses: fc.subarray([...STATUSES]),
    causes: fc.subarray(CAUSES),
    readableProcesses: someProcesses,
    owners: fc.subarray(OWNERS),
    text: fc.constantFrom('red', 'grün', 'x', '_', '%', 'ß', 'b', '00000001'),
    titledProcesses: fc.subarray(PROCESSES),
    tags: fc.subarray(TAGS, { minLength: 1, maxLength: 2 }),
    created: fc
      .tuple(fc.constantFrom(-Infinity, 2, 5), fc.constantFrom(4, 8.5, Infinity))
      .map(([start, end]) => ({ start: timeOf(start), end: timeOf(end) })),
    minDuration: fc.integer({ min: 0, max: 3 }),
    maxDuration: fc.integer({ min: 0, max: 4 }),
  },
  { requiredKeys: [] },
);

function timeOf(seconds: number): number {
  return Number.isFinite(seconds) ? second(seconds).getTime() : seconds;
}

const KEYS: Readonly<Record<ArchiveCriterion['property'], fc.Arbitrary<number | string | null>>> = {
  created: fc.integer({ min: 0, max: 12 }).map((at) => second(at).getTime()),
  started: fc.option(fc.integer({ min: 0, max: 15 }).map((at) => second(at).getTime())),
  finished: fc.option(fc.integer({ min: 0, max: 15 }).map((at) => second(at).getTime())),
  duration: fc.option(fc.integer({ min: 0, max: 16 }).map((quarters) => quarters * 250)),
  processID: fc.constantFrom(...PROCESSES, ''),
};

const anOrder: fc.Arbitrary<readonly ArchiveCriterion[]> = fc
  .uniqueArray(fc.constantFrom('created', 'started', 'finished', 'duration', 'processID'), { maxLength: 3 })
  .chain((properties) =>
    fc.tuple(...properties.map((property) => fc.boolean().map((descending) => ({ property, descending })))),
  );

export const aRange: fc.Arbitrary<ArchiveRange> = anOrder.chain((order) => {
  const position = fc.record({
    created: fc.integer({ min: 0, max: 12 }).map(second),
    requestedAt: fc.integer({ min: 0, max: 3 }).map((at) => second(6).getTime() + at),
    name: fc.integer({ min: 0, max: 60 }).map((number) => `pygeoapi-job-${archivedId(number)}`),
    ...(order.length > 0 ? { keys: fc.tuple(...order.map(({ property }) => KEYS[property])) } : {}),
  });
  const limit = fc.integer({ min: 1, max: 70 });
  const except = fc.array(fc.integer({ min: 1, max: 60 }).map(archivedId));
  const range = { limit, except, offset: fc.integer({ min: 0, max: 5 }) };
  return fc
    .oneof(
      fc.record(range),
      fc.record({ ...range, after: position }),
      fc.record({ limit, except, before: position }),
      fc.record({ limit, except, after: position, before: position }),
    )
    .map((made) => ({ ...(order.length > 0 ? { order } : {}), ...made }));
});
