import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ArchivedJob } from '../records/archived-job.js';
import { archivedJob } from '../testing/archived-jobs.js';
import { DATABASES, KINDS, type TestDatabase } from '../testing/open-archive.js';
import type { DatabaseArchive } from './database.archive.js';

describe.each(KINDS)('the archive, %s', (kind) => {
  let database: TestDatabase;
  let archive: DatabaseArchive;
  beforeAll(async () => {
    database = await DATABASES[kind]();
  });
  afterAll(() => database?.close());
  beforeEach(async () => {
    archive = await database.archive();
  });

  it('keeps a record as it was written', async () => {
    const job = archivedJob('a', { tags: ['x', 'y'], owner: 'o1', ownerName: 'Ada', idempotencyDigest: 'd' });
    expect(await archive.put(job)).toBe('written');
    expect(await archive.find('a')).toEqual(job);
    expect(await archive.find('b')).toBeUndefined();
  });

  it('writes on a state that was noted, and on no other', async () => {
    await archive.put(archivedJob('a'));
    const second = archivedJob('a', { state: '0000000000000002' });
    expect(await archive.put(second)).toBe('superseded');
    expect(await archive.put(second, '0000000000000001')).toBe('written');
    expect(await archive.put(second, '0000000000000001')).toBe('written');
    expect(await archive.put(archivedJob('a', { uid: 'another', state: '0000000000000002' }))).toBe('superseded');
    expect(await archive.find('a')).toEqual(second);
  });

  it('revives nothing that was removed, and counts its use', async () => {
    const job = archivedJob('a');
    await archive.put(job);
    const now = new Date('2026-11-02T00:00:00Z');
    expect(await archive.remove('a', now)).toBe(true);
    expect(await archive.remove('a', now)).toBe(false);
    expect(await archive.remove('b', now, archivedJob('b'))).toBe(false);
    expect(await archive.remove('c', now)).toBe(false);
    for (const id of ['a', 'b', 'c']) {
      expect(await archive.put(archivedJob(id), job.state)).toBe('removed');
      expect(await archive.find(id)).toBe('removed');
    }
    expect(await archive.list({}, { limit: 10 })).toEqual([]);
    expect(await archive.usage('month', {})).toEqual([
      { key: '2026-11', jobs: 2, seconds: 20, cpuSeconds: 10, memoryByteSeconds: 2 * 10_737_418_240 },
    ]);
  });

  it('takes one of what two leaders write on the same state, and tells the other', async () => {
    const [one, other] = [await database.archive('shared'), await database.archive('shared')];
    for (let round = 0; round < 20; round++) {
      const id = `job-${round}`;
      await one.put(archivedJob(id));
      const states = ['000000000000000a', '000000000000000b'].map((state) => archivedJob(id, { state }));
      const before = archivedJob(id).state;
      const written = await Promise.all(
        [one, other].map((archive, at) => archive.put(states[at] as ArchivedJob, before)),
      );
      expect(written.toSorted()).toEqual(['superseded', 'written']);
      expect(await one.find(id)).toEqual(states[written.indexOf('written')]);
    }
  });

  it('is removed once, whoever else removes or writes it', async () => {
    const [one, other] = [await database.archive('shared'), await database.archive('shared')];
    for (let round = 0; round < 20; round++) {
      const job = archivedJob(`removed-${round}`);
      await one.put(job);
      const [first, second] = await Promise.all([
        one.remove(job.jobId, new Date()),
        other.remove(job.jobId, new Date()),
        other.put({ ...job, state: '000000000000000a' }, job.state),
      ]);
      expect([first, second].toSorted()).toEqual([false, true]);
      expect(await one.find(job.jobId)).toBe('removed');
    }
  });

  it('names what is due until it is done', async () => {
    const expire = new Date('2026-11-03T00:00:00Z');
    const job = archivedJob('a', { resultsExpire: expire });
    await archive.put(job);
    await archive.put(archivedJob('b'));
    await archive.remove('b', new Date('2026-11-02T00:00:00Z'));
    expect(await archive.due(new Date('2026-11-02T23:59:59Z'), 10)).toEqual([
      { job: archivedJob('b'), why: 'removed' },
    ]);
    expect((await archive.due(expire, 10)).map(({ job, why }) => [job.jobId, why])).toEqual([
      ['b', 'removed'],
      ['a', 'expired'],
    ]);
    await archive.done(archivedJob('b'));
    await archive.done(job, { ...job.object, status: { succeeded: 2 } }, '0000000000000009');
    expect(await archive.due(expire, 10)).toEqual([]);
    const { resultsExpire: _, ...rest } = job;
    expect(await archive.find('a')).toEqual({
      ...rest,
      state: '0000000000000009',
      object: { ...job.object, status: { succeeded: 2 } },
    });
    expect(await archive.find('b')).toBe('removed');
  });

  it('forgets what ended before, once nothing of it is in the store', async () => {
    const old = archivedJob('a', { created: new Date('2026-01-01T00:00:00Z') });
    await archive.put(old);
    await archive.put(archivedJob('b'));
    const before = new Date('2026-06-01T00:00:00Z');
    expect(await archive.forget(before, 10)).toEqual([old]);
    expect(await archive.find('a')).toBe('removed');
    expect(await archive.forget(before, 10)).toEqual([]);
    expect((await archive.due(before, 10)).map(({ job }) => job.jobId)).toEqual(['a']);
    await archive.done(old);
    await archive.forget(before, 10);
    expect(await archive.find('a')).toBeUndefined();
    expect(await archive.find('b')).toEqual(archivedJob('b'));
  });

  it('forgets the tombstone of a job that was never archived, by when it was removed', async () => {
    const [early, late] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z')];
    await archive.remove('nothing-known', early);
    await archive.remove('known', late, archivedJob('known', { created: early }));
    await archive.remove('later', late);
    const found = () => Promise.all(['nothing-known', 'known', 'later'].map((id) => archive.find(id)));
    await archive.forget(early, 10);
    expect(await found()).toEqual(['removed', 'removed', 'removed']);
    expect(await archive.forget(late, 10)).toEqual([]);
    expect(await found()).toEqual([undefined, undefined, 'removed']);
    await archive.forget(new Date(late.getTime() + 1), 10);
    expect(await found()).toEqual([undefined, undefined, undefined]);
  });

  it('reads nothing of another instance', async () => {
    const other = await database.archive();
    await archive.put(archivedJob('a', { owner: 'o1', ownerName: 'Ada' }));
    expect(await other.find('a')).toBeUndefined();
    expect(await other.list({}, { limit: 10 })).toEqual([]);
    expect(await other.processes()).toEqual([]);
    expect(await other.ownersCalled('Ada')).toEqual([]);
    expect(await other.usage('process', {})).toEqual([]);
    expect(await other.forget(new Date(), 10)).toEqual([]);
    await other.remove('a', new Date());
    await other.done(archivedJob('a'));
    expect(await archive.find('a')).toEqual(archivedJob('a', { owner: 'o1', ownerName: 'Ada' }));
    expect(await archive.processes()).toEqual([{ processId: 'echo', processUnsigned: false }]);
    expect(await archive.ownersCalled('Ada')).toEqual(['o1']);
  });
});
