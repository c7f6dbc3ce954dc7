import { describe, expect, it } from '@jest/globals';
import { MAX_OFFSET } from '../../ogc/requests/offset.js';
import { InvalidRequestError } from '../../ogc/domain-errors.js';
import { matches, parseJobListQuery, type Reading } from './job-list.query.js';
import { encodeCursor } from './list-cursor.js';
import { jobStatus } from '../model/job-status.js';
import { aFailedPod, aJob, aPod, at } from '../testing/records.js';

const limits = { defaultItems: 10, maxItems: 100 };
const faultsOf = (query: Record<string, string | string[]>): readonly { pointer: string }[] => {
  try {
    parseJobListQuery(query, limits);
    return [];
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults;
    throw error;
  }
};

const failed = aJob({ tags: ['red, green', 'blue'], collection: undefined, condition: { type: 'Failed', at: at(6) } });
const everything: Reading = { mayRead: () => true, isTitled: () => false };
const found = (
  query: Record<string, string | string[]>,
  job = failed,
  pods = [aFailedPod(1)],
  reading: Reading | undefined = everything,
) => matches(parseJobListQuery(query, limits, at(60)), job, jobStatus(job, pods), at(60), reading);

describe('the parameters of the job list', () => {
  it('have defaults and an upper limit', () => {
    expect(parseJobListQuery({}, limits).limit).toBe(10);
    expect(parseJobListQuery({ limit: '5000' }, limits).limit).toBe(100);
  });

  it.each([
    [
      '2026-01-01T12:00:00',
      'must have a time zone, which is missing: Z for UTC, or an offset such as +01:00, at its end (is "2026-01-01T12:00:00")',
    ],
    [
      '../2026-01-01T12:00:00.5',
      'must have a time zone, which is missing: Z for UTC, or an offset such as +01:00, at its end (is "2026-01-01T12:00:00.5")',
    ],
    [
      '2026-01-01T12:00:00 01:00/..',
      'must have the + of its offset written as %2B in an address (is "2026-01-01T12:00:00 01:00")',
    ],
    ['noon', 'must be an RFC 3339 date-time, or an interval START/END with ".." for an open end'],
  ])('say of the datetime %s what it lacks', (datetime, message) => {
    expect(faultsOf({ datetime })).toEqual([{ pointer: 'datetime', message }]);
  });

  it.each([
    [{ limit: '0' }, ['limit']],
    [{ limit: 'ten' }, ['limit']],
    [{ limit: ['1', '2'] }, ['limit']],
    [{ status: 'done' }, ['status']],
    [{ datetime: 'yesterday' }, ['datetime']],
    [{ datetime: '2026-01-02/2026-01-01' }, ['datetime']],
    [{ datetime: '2026-01-01/2026-01-02/2026-01-03' }, ['datetime']],
    [{ minDuration: '-1', maxDuration: '1.5' }, ['minDuration', 'maxDuration']],
    [{ cursor: 'x' }, ['cursor']],
    [{ datetime: '..' }, ['datetime']],
    [{ datetime: '2026-13-01' }, ['datetime']],
    [{ datetime: '2026-02-30' }, ['datetime']],
    [{ datetime: '2026-01-01T25:00:00Z/..' }, ['datetime']],
    [{ minDuration: ['1', '2'] }, ['minDuration']],
    [{ bbox: '1', startindex: '2' }, ['bbox', 'startindex']],
    [{ offset: '-1' }, ['offset']],
    [{ offset: String(MAX_OFFSET + 1) }, ['offset']],
    [{ offset: '1', cursor: encodeCursor(parseJobListQuery({}, limits), failed) }, ['offset']],
    [{ cause: 'bad luck' }, ['cause']],
    [{ q: 'x'.repeat(201) }, ['q']],
    [{ q: ['a', 'b'] }, ['q']],
    [{ tag: 'x'.repeat(65) }, ['tag']],
    [{ tag: Array.from({ length: 21 }, (_, at) => String(at)) }, ['tag']],
    [{ datetime: 'P1M/..' }, ['datetime']],
    [{ datetime: 'P/..' }, ['datetime']],
    [{ datetime: '../PT1H' }, ['datetime']],
    [{ status: 'done', limit: '0', datetime: 'x', cursor: '?' }, ['status', 'datetime', 'cursor', 'limit']],
  ])('%j are refused, each by name', (query, pointers) => {
    expect(faultsOf(query as Record<string, string>).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it.each([
    [{}, true],
    [{ type: '', processID: '', status: '', datetime: '', minDuration: '', maxDuration: '', limit: '' }, true],
    [{ type: 'process' }, true],
    [{ type: 'script' }, false],
    [{ processID: 'hello' }, true],
    [{ processID: ['other', 'hello'] }, true],
    [{ processID: 'other' }, false],
    [{ status: 'failed' }, true],
    [{ status: 'running,accepted' }, false],
    [{ datetime: '2026-01-01' }, true],
    [{ datetime: '2026-01-01T12:00:00Z' }, true],
    [{ datetime: '2026-01-01T13:00:00+01:00' }, true],
    [{ datetime: '2026-01-01T12:00:01Z/..' }, false],
    [{ datetime: '../2026-01-01T12:00:00Z' }, true],
    [{ datetime: '/2025-12-31' }, false],
    [{ datetime: '2026-01-02/' }, false],
    [{ minDuration: '3', maxDuration: '3' }, true],
    [{ minDuration: '4' }, false],
    [{ maxDuration: '2' }, false],
    [{ datetime: 'PT1M/..' }, true],
    [{ datetime: 'PT59S/..' }, false],
    [{ datetime: 'PT30S/2026-01-01T12:00:30Z' }, true],
    [{ datetime: 'PT29S/2026-01-01T12:00:30Z' }, false],
    [{ datetime: 'P1W2DT3H/..' }, true],
    [{ cause: 'non-zero-exit' }, true],
    [{ cause: 'evicted,non-zero-exit' }, true],
    [{ cause: 'evicted' }, false],
    [{ q: 'HELL' }, true],
    [{ q: 'exit CODE 1' }, true],
    [{ q: ' 0198C5A0-0000 ' }, true],
    [{ q: 'nothing of it' }, false],
    [{ q: ' ' }, true],
    [{ q: 'GREEN' }, true],
    [{ tag: 'red, green' }, true],
    [{ tag: ['red, green', 'blue'] }, true],
    [{ tag: ['blue', ''] }, true],
    [{ tag: ['red, green', 'yellow'] }, false],
    [{ tag: 'Blue' }, false],
    [{ tag: '' }, true],
  ])('%j on a job of 3 seconds matches: %j', (query, expected) => {
    expect(found(query as Record<string, string>)).toBe(expected);
  });

  it.each([[{ cause: 'non-zero-exit' }], [{ q: 'exit code' }], [{ q: 'green' }], [{ tag: 'blue' }]])(
    '%j finds nothing of what the caller may not read',
    (query) => {
      const nothing = { ...everything, mayRead: () => false };
      expect([found(query), found(query, failed, undefined, nothing)]).toEqual([true, false]);
      expect(matches(parseJobListQuery(query, limits), failed, jobStatus(failed, [aFailedPod(1)]), at(60))).toBe(false);
    },
  );

  it('find a text in the title of the process', () => {
    expect(found({ q: 'the title' }, failed, undefined, { ...everything, isTitled: (id) => id === 'hello' })).toBe(
      true,
    );
  });

  it('leave out jobs that have not started when a duration is asked for', () => {
    expect(found({ minDuration: '0' }, aJob(), [aPod()])).toBe(false);
  });

  it('count a running job from its start', () => {
    const running = aPod({
      phase: 'Running',
      containers: [{ name: 'main', image: '', init: false, state: 'running', hasRun: true, startedAt: at(50) }],
    });
    expect(found({ minDuration: '10', maxDuration: '10' }, aJob(), [running])).toBe(true);
  });
});

describe('sortby', () => {
  const running = jobStatus(aJob(), [aPod()]);
  const jobs = [
    { name: 'old', created: 0, processId: 'b', finished: 9 },
    { name: 'new', created: 5, processId: 'a', finished: 7 },
    { name: 'same', created: 3, processId: 'b', finished: 7 },
    { name: 'unfinished', created: 4, processId: 'c', finished: undefined },
  ].map(({ name, created, processId, finished }) => {
    const job = aJob({ name, created: at(created), processId });
    return {
      job,
      status: { ...running, started: at(created), finished: finished === undefined ? undefined : at(finished) },
    };
  });
  const sorted = (sortby: string) => {
    const { order } = parseJobListQuery({ sortby }, limits);
    if (!order) throw new Error('no order');
    return jobs
      .map(({ job, status }) => order.positionOf(job, status))
      .sort(order.compare)
      .map(({ name }) => name);
  };

  it.each([
    ['created', ['old', 'same', 'unfinished', 'new']],
    ['-created', ['new', 'unfinished', 'same', 'old']],
    ['finished', ['new', 'same', 'old', 'unfinished']],
    ['-finished', ['old', 'new', 'same', 'unfinished']],
    ['processID,-created', ['new', 'same', 'old', 'unfinished']],
    ['-processID,created', ['unfinished', 'old', 'same', 'new']],
    [' finished,+processID', ['new', 'same', 'old', 'unfinished']],
    ['duration', ['new', 'same', 'old', 'unfinished']],
    ['-duration', ['old', 'same', 'new', 'unfinished']],
  ])('%s sorts jobs, those without it last, equal ones newest first', (sortby, names) => {
    expect(sorted(sortby)).toEqual(names);
  });

  it.each([
    ['message', 1],
    ['created,-created', 1],
    ['a,b', 2],
    ['--created', 1],
    ['created,', 1],
  ])('%s is refused', (sortby, faults) => {
    expect(faultsOf({ sortby })).toEqual(
      Array.from({ length: faults }, () => expect.objectContaining({ pointer: 'sortby' })),
    );
  });

  it('takes the cursors of its own order alone', () => {
    for (const sortby of ['finished', '-finished', 'processID', '-created,processID', 'duration']) {
      const query = parseJobListQuery({ sortby }, limits);
      for (const { job, status } of jobs) {
        const position = query.order?.positionOf(job, status) ?? job;
        const cursors = (['after', 'before'] as const).map((way) => encodeCursor(query, position, way));
        const known = { ...position, requestedAt: 0 };
        expect(cursors.map((cursor) => parseJobListQuery({ sortby, cursor }, limits))).toMatchObject([
          { after: known },
          { before: known },
        ]);
        for (const cursor of cursors) {
          expect(faultsOf({ sortby: 'started', cursor })).toMatchObject([{ pointer: 'cursor' }]);
          expect(faultsOf({ cursor })).toMatchObject([{ pointer: 'cursor' }]);
        }
      }
    }
    const forged = (text: string) => Buffer.from(text).toString('base64url');
    for (const text of [
      '1 1 x ["finished"]',
      '1 1 x ["finished",["a"]]',
      '1 1 x {',
      '1 1 x ["finished",[1,2]]',
      '1 1 x',
    ])
      expect(faultsOf({ sortby: 'finished', cursor: forged(text) })).toMatchObject([{ pointer: 'cursor' }]);
  });
});
