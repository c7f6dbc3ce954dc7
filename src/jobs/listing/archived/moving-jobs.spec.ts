import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ArchivedJob } from '../../../archive/records/archived-job.js';
import { anArchivedJob, second } from '../../../archive/testing/archived-jobs.js';
import { MovingJobs, type Phase, PHASES } from '../../testing/moving-jobs.js';
import { parseJobListQuery, type Reading } from '../job-list.query.js';
import type { JobPage, PageParameter } from '../job-lists.js';

const limits = { defaultItems: 10, maxItems: 100 };
const NOW = second(3600);

const isEnded = (phase: Phase) => PHASES.indexOf(phase) >= PHASES.indexOf('ended');

/** Queries, with who is found by them. */
const QUERIES: readonly (readonly [Record<string, string>, (job: ArchivedJob, phase: Phase) => boolean])[] = [
  [{}, () => true],
  [{ processID: 'even' }, ({ processId }) => processId === 'even'],
  [{ status: 'failed,accepted' }, ({ status }, phase) => !isEnded(phase) || status === 'failed'],
  [{ status: 'failed' }, ({ status }, phase) => isEnded(phase) && status === 'failed'],
  [{ cause: 'evicted' }, ({ cause }, phase) => isEnded(phase) && cause === 'evicted'],
  [{ tag: 'red' }, ({ tags }) => tags.includes('red')],
  [{ q: 'red' }, ({ tags }) => tags.includes('red')],
  [{ datetime: '2026-01-01T12:00:05Z/..' }, ({ created }) => created >= second(5)],
  [{ sortby: 'created' }, () => true],
  [
    { sortby: 'processID,-finished', status: 'successful' },
    ({ status }, phase) => isEnded(phase) && status === 'successful',
  ],
  [{ sortby: '-duration', status: 'failed' }, ({ status }, phase) => isEnded(phase) && status === 'failed'],
];

function aJob(number: number): ArchivedJob {
  const isFailed = number % 3 === 0;
  return anArchivedJob(number, {
    processId: number % 2 === 0 ? 'even' : 'odd',
    tags: number % 4 === 0 ? ['red'] : [],
    // Several of each second.
    created: second(Math.floor(number / 3)),
    started: second(Math.floor(number / 3) + (number % 2)),
    finished: second(Math.floor(number / 3) + (number % 5) + 2),
    requestedAt: second(Math.floor(number / 3)).getTime() + (number % 2) * 100,
    ...(isFailed ? { status: 'failed', cause: number % 2 ? 'evicted' : 'out-of-memory', message: 'It failed.' } : {}),
  });
}

const everything: Reading = { mayRead: () => true, isTitled: () => false };

interface Walk {
  readonly steps: readonly (readonly [number, boolean])[];
  readonly phases: readonly Phase[];
  readonly query: number;
  readonly limit: number;
}

const walks: fc.Arbitrary<Walk> = fc.record({
  steps: fc.array(
    fc.tuple(
      fc.nat({ max: 30 }),
      fc.integer({ min: 0, max: 9 }).map((of) => of === 0),
    ),
    { maxLength: 120 },
  ),
  phases: fc.array(fc.constantFrom(...PHASES), { minLength: 1, maxLength: 30 }),
  query: fc.nat({ max: QUERIES.length - 1 }),
  limit: fc.integer({ min: 1, max: 7 }),
});

/** Jobs, some of which go on with each answer of the archive and each page. */
async function setUp({ steps, phases, query: number, limit }: Walk) {
  const jobs = new MovingJobs();
  for (const [at, phase] of phases.entries()) await jobs.add(aJob(at + 1), phase);
  const left = [...steps];
  let isMoving = false;
  const move = async (most = 3) => {
    if (isMoving) return;
    isMoving = true;
    for (const [index, isRemoval] of left.splice(0, most)) await jobs.step(index, isRemoval);
    isMoving = false;
  };
  const [query, isFound] = QUERIES[number] as (typeof QUERIES)[number];
  const page = (parameter?: PageParameter | object): Promise<JobPage> => {
    const asked = { ...query, limit: String(limit), ...textsOf(parameter ?? {}) };
    return jobs.lists.page(parseJobListQuery(asked, limits, NOW), NOW, everything);
  };
  return {
    jobs,
    page,
    move,
    isFound,
    stop: () => left.splice(0),
    start: () => (jobs.archive.onAsked = () => void move()),
  };
}

function textsOf(parameter: object): Record<string, string> {
  return Object.fromEntries(Object.entries(parameter).map(([name, value]) => [name, String(value)]));
}

const idsOf = ({ jobs }: JobPage) => jobs.map(({ jobId }) => jobId);

function expectOnce(ids: readonly string[]): void {
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
}

describe('a list of jobs that move from the cluster to the archive', () => {
  it('shows each once, whichever way it is gone through, whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(walks, async (walk) => {
        const { jobs, page, move, isFound, start } = await setUp(walk);
        const before = jobs.listed(isFound).map(({ jobId }) => jobId);
        const removed = jobs.removed;
        start();
        const isStill = (id: string) => jobs.listed(isFound).some(({ jobId }) => jobId === id);
        const stay = () => before.filter((id) => isStill(id) && !jobs.removed.has(id) && !removed.has(id));
        const seen: string[] = [];
        let last = await page();
        for (let at: JobPage | undefined = last; at; at = at.next && (await page(at.next))) {
          seen.push(...idsOf(at));
          // One that others have left behind empty leads to the first one alone.
          if (at.jobs.length > 0) last = at;
          await move();
        }
        expectOnce(seen);
        expect(stay().filter((id) => !seen.includes(id))).toEqual([]);
        const back: string[][] = [];
        for (let at: JobPage | undefined = last; at; at = at.previous && (await page(at.previous))) {
          back.push([...idsOf(at)]);
          await move();
        }
        // The first page is whole: it may show again what was on the one after it.
        expectOnce(back.slice(0, -1).flat());
        expectOnce(back.at(-1) ?? []);
        expect(stay().filter((id) => !back.flat().includes(id))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is in its order, counted, and the same by offsets when nothing moves', async () => {
    await fc.assert(
      fc.asyncProperty(walks, fc.nat({ max: 35 }), async (walk, offset) => {
        const { jobs, page, move, isFound } = await setUp(walk);
        await move(Infinity);
        const pages: JobPage[] = [];
        for (let at: JobPage | undefined = await page(); at; at = at.next && (await page(at.next))) pages.push(at);
        const ids = pages.flatMap(idsOf);
        // What is being removed is dismissed, in the cluster, whatever the archive still says.
        const expected = jobs.listed(isFound).map(({ jobId }) => jobId);
        const doubted = jobs.removed;
        const sure = (list: readonly string[]) => [...list].filter((id) => !doubted.has(id)).sort();
        expect(sure(ids)).toEqual(sure(expected));
        expect(pages.map(({ numberMatched }) => numberMatched)).toEqual(pages.map(() => ids.length));
        const byOffset = await page({ offset });
        expect(idsOf(byOffset)).toEqual(ids.slice(offset, offset + walk.limit));
        expect(byOffset).toMatchObject({ skipped: offset, numberMatched: ids.length });
        expect('next' in byOffset).toBe(offset + walk.limit < ids.length);
      }),
      { numRuns: 300 },
    );
  });
});
