import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Access, type Caller } from '../../access/access.js';
import { ownerOf } from '../../access/rules/owner.js';
import { Rules } from '../../access/rules/rules.js';
import { Sight } from '../../access/sight.js';
import type { AccessRules, RoleSettings } from '../../config/sections/access/access-rules.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { ArchiveAwayError, SearchTooLongError } from '../records/archive.js';
import { anArchivedJob, second } from '../testing/archived-jobs.js';
import { FakeArchive } from '../testing/fake-archive.js';
import { UsageReports } from './usage-report.js';

const identity = (subject: string, ...roles: string[]): Identity => ({
  issuer: 'tokens',
  subject,
  groups: [],
  roles,
  means: 'token',
});
const ann = identity('ann', 'user');
const role = (name: string, more: Partial<RoleSettings>): RoleSettings => ({
  name,
  may: [],
  processes: ['*'],
  groups: [],
  subjects: [],
  limits: {},
  ...more,
});

/** @param ownJobs undefined: there are no roles */
function reportsOf(archive: FakeArchive, ownJobs?: boolean) {
  const roles = [role('user', { may: ['read'], processes: ['hello', 'other'] }), role('root', { may: ['admin'] })];
  const settings: AccessRules = { ownJobs: ownJobs ?? true, tokens: [], roles, limits: {} };
  const rules = ownJobs === undefined ? undefined : new Rules(settings);
  const access = {
    rules,
    rightsOf: ({ processId, processUnsigned }: { processId: string; processUnsigned?: true }) =>
      processUnsigned ? '' : processId,
  } as unknown as Access;
  return new UsageReports(archive, new Sight(access));
}
const as = (who?: Identity): Caller => ({ headers: {}, ...(who ? { identity: who } : {}) }) as Caller;

describe('the usage of jobs', () => {
  afterEach(() => void jest.useRealTimers());
  let archive: FakeArchive;
  const usage = { seconds: 1800, cpuSeconds: 180, memoryByteSeconds: 3600 * 2 ** 30 };

  beforeEach(async () => {
    archive = new FakeArchive();
    const jobs = [
      anArchivedJob(1, { usage, owner: ownerOf(ann), ownerName: 'Ann' }),
      anArchivedJob(2, { usage, owner: 'bobs', ownerName: 'Bob', processId: 'other' }),
      anArchivedJob(3, {
        usage: { ...usage, usedCpuSeconds: 36 },
        owner: 'bobs',
        ownerName: 'Bob',
        processId: 'secret',
      }),
      anArchivedJob(4, { usage, processId: 'hello', processUnsigned: true }),
      anArchivedJob(5, { usage, finished: new Date('2026-03-01T00:00:00Z') }),
    ];
    for (const job of jobs) await archive.put(job);
    await archive.remove(archive.jobs.get(jobs[4]?.jobId ?? '')?.jobId ?? '', second(9));
  });

  const keysOf = async (ownJobs: boolean | undefined, who: Identity | undefined, by: 'process' | 'owner' | 'month') => {
    const { rows } = await reportsOf(archive, ownJobs).of({ by }, as(who));
    return rows.map(({ key, jobs }) => `${key} ${jobs}`);
  };

  it('is of all jobs where no roles decide, removed ones as well, in hours', async () => {
    const sums = { hours: 0.5, processorHours: 0.05, memoryGiBHours: 1 };
    const row = (jobs: number) => ({
      jobs,
      hours: jobs * sums.hours,
      processorHours: jobs * sums.processorHours,
      memoryGiBHours: jobs * sums.memoryGiBHours,
    });
    expect(await reportsOf(archive).of({ by: 'month' }, as())).toEqual({
      by: 'month',
      rows: [
        { key: '2026-03', ...row(1) },
        { key: '2026-01', ...row(4), usedProcessorHours: 0.01 },
      ],
      total: { ...row(5), usedProcessorHours: 0.01 },
    });
    expect(await keysOf(undefined, undefined, 'process')).toEqual(['hello 3', 'other 1', 'secret 1']);
  });

  it('is of one’s own jobs of processes that one may read, and of all for who sees everything', async () => {
    expect(await keysOf(true, ann, 'process')).toEqual(['hello 1']);
    expect(await keysOf(true, identity('eve', 'user'), 'process')).toEqual([]);
    expect(await keysOf(false, ann, 'process')).toEqual(['hello 2', 'other 1']);
    expect(await keysOf(true, identity('zoe'), 'process')).toEqual([]);
    expect(await keysOf(true, identity('rob', 'root'), 'process')).toEqual(['hello 3', 'other 1', 'secret 1']);
  });

  it('names no other owners but to who sees everything', async () => {
    for (const ownJobs of [true, false]) expect(await keysOf(ownJobs, ann, 'owner')).toEqual([`${ownerOf(ann)} 1`]);
    const { rows } = await reportsOf(archive, true).of({ by: 'owner' }, as(identity('rob', 'root')));
    expect(rows.map(({ name, jobs }) => [name, jobs])).toEqual(
      expect.arrayContaining([
        ['Ann', 1],
        ['Bob', 2],
        [undefined, 2],
      ]),
    );
  });

  it('is of processes, too, of which all jobs were removed, for who may read them', async () => {
    for (const { jobId } of [...archive.jobs.values()]) await archive.remove(jobId, second(10));
    expect(await keysOf(false, ann, 'process')).toEqual(['hello 2', 'other 1']);
    expect(await keysOf(true, ann, 'process')).toEqual(['hello 1']);
    expect(await keysOf(true, identity('zoe'), 'process')).toEqual([]);
    expect(await keysOf(true, identity('rob', 'root'), 'process')).toEqual(['hello 3', 'other 1', 'secret 1']);
  });

  it('fails while the archive is away', async () => {
    archive.isAway = true;
    await expect(reportsOf(archive, true).of({ by: 'month' }, as(ann))).rejects.toThrow(ArchiveAwayError);
  });

  it('takes two seconds at most, though it takes two questions', async () => {
    const { usage: sums } = archive;
    archive.usage = async (by, filter) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return sums.call(archive, by, filter);
    };
    jest.useFakeTimers();
    const report = reportsOf(archive, true)
      .of({ by: 'month' }, as(ann))
      .catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(2000);
    expect(await Promise.race([report, 'goes on'])).toBeInstanceOf(SearchTooLongError);
  });
});
