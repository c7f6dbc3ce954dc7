import { describe, expect, it } from '@jest/globals';
import type { StatusCode } from '../jobs/model/job-status.js';
import { CATCH_UP, statusChanges } from './status-changes.js';

const at = (seconds: number) => new Date(Date.parse('2026-01-01T12:00:00Z') + seconds * 1000);
const job = { created: at(0) };
const running = { status: 'running' as const, started: at(3), updated: at(8) };
const successful = { status: 'successful' as const, started: at(3), finished: at(9), updated: at(20) };
const keys = (...given: Parameters<typeof statusChanges>) => statusChanges(...given).map(({ key }) => key);

describe('what is told of a job', () => {
  it('begins with its being accepted, even where it was seen later', () => {
    expect(statusChanges(undefined, job, { status: 'accepted', updated: at(0) }, at(1))).toEqual([
      { status: 'accepted', at: at(0), isFirst: true, key: 'accepted' },
    ]);
    expect(statusChanges(undefined, job, successful, at(21))).toEqual([
      { status: 'accepted', at: at(0), isFirst: true, key: 'accepted' },
      { status: 'successful', at: at(9), isFirst: false, key: 'successful' },
    ]);
  });

  it('is each status once, and nothing of progress', () => {
    expect(keys('accepted', job, running, at(4))).toEqual([`running-${+at(3) / 1000}`]);
    expect(keys('running', job, { ...running, updated: at(7) }, at(8))).toEqual([]);
    expect(keys('running', job, successful, at(2_000_000))).toEqual(['successful']);
  });

  it('has a key of its own for each time that it waits and runs', () => {
    const suspended = { ...job, suspendedSince: at(30) };
    expect(keys('running', suspended, { status: 'accepted', updated: at(31) }, at(32))).toEqual([
      `accepted-${+at(30) / 1000}`,
    ]);
    expect(keys('accepted', suspended, { ...running, started: at(40) }, at(41))).toEqual([`running-${+at(40) / 1000}`]);
  });

  it.each<[StatusCode, object, number, string[]]>([
    ['running', running, 3, []],
    ['successful', successful, 20, ['successful']],
  ])('by who comes to publish is only what is new: %s', (_status, status, since, expected) => {
    const now = new Date(+at(since) + CATCH_UP);
    expect(keys(undefined, { created: at(-1000) }, status as typeof running, new Date(+now + 1))).toEqual([]);
    expect(keys(undefined, { created: at(-1000) }, status as typeof running, now)).toEqual(
      expected.length > 0 ? expected : [`running-${+at(3) / 1000}`],
    );
  });
});
