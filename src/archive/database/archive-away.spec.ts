import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { sql } from 'kysely';
import pg from 'pg';
import { archivedJob } from '../testing/archived-jobs.js';
import { thereIs } from '../testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../testing/postgres.js';
import { ArchiveAwayError, SearchTooLongError } from '../records/archive.js';
import { DatabaseArchive } from './database.archive.js';
import { migrate } from './migrations/migrate.js';
import { MIGRATIONS } from './migrations/migrations.js';
import { PostgresLanes } from './postgres.lanes.js';
import { Reach } from './reach.js';

const PASSWORD = 'seven-secret-words';

let server: TestPostgres;
let [database, last] = ['', 0];
let reach: Reach;
let archive: DatabaseArchive;
let said: string[];

const url = () => server.url(database);

async function open(lockWait?: number): Promise<void> {
  reach = new Reach(new PostgresLanes({ url: url(), password: PASSWORD }), 'test/1', lockWait);
  archive = new DatabaseArchive(reach);
  await reach.start();
}

/** Whether it fails before anything could have been asked. */
async function failsAtOnce(call: Promise<unknown>): Promise<boolean> {
  let failed = false;
  call.catch(() => (failed = true));
  await new Promise((resolve) => setImmediate(resolve));
  return failed;
}

(POSTGRES ? describe : describe.skip)('an archive that is away', () => {
  beforeAll(async () => {
    server = await TestPostgres.create();
  });
  afterAll(() => server?.remove());
  beforeEach(async () => {
    said = [];
    const note = (line: unknown) => void said.push(String(line));
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(note);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(note);
    database = `archive-${++last}`;
    await server.database(database);
  });
  afterEach(async () => {
    server?.signal('SIGCONT');
    await reach?.close();
    jest.restoreAllMocks();
    expect(said.join()).not.toContain(PASSWORD);
  });

  it('holds up no start, and is used once it is there', async () => {
    await server.stop();
    await open();
    expect(reach.trouble).toMatchObject({ what: 'away', reason: expect.stringContaining('ECONNREFUSED') });
    await expect(archive.find('a')).rejects.toThrow(ArchiveAwayError);
    await server.start();
    await thereIs(reach);
    expect(await archive.put(archivedJob('a'))).toBe('written');
    expect(said).toEqual([expect.stringContaining('is away'), expect.stringContaining('is there again')]);
  });

  it.each([
    ['migrations', 'select pg_advisory_lock(7301467402)', 'idle'],
    ['table jobs', 'begin; lock table ogc_processes.jobs in share mode', 'idle in transaction'],
  ])(
    'holds up no start while others lock %s, says who does, and is used once they let go',
    async (what, lock, state) => {
      const holder = new pg.Client({ connectionString: url(), application_name: 'nightly-backup' });
      await holder.connect();
      try {
        const [first] = Object.entries(MIGRATIONS);
        const lanes = new PostgresLanes({ url: url() });
        await lanes.unlimited((db) => migrate(db, Object.fromEntries(first ? [first] : [])));
        await lanes.close();
        await holder.query(lock);
        await open(20);
        while (!reach.trouble?.reason.includes('locked')) await new Promise((resolve) => setTimeout(resolve, 20));
        const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
        const held = `the lock of ${what} is held by process ${rows[0]?.pid} (nightly-backup, user archive, at 127.0.0.1), ${state} for `;
        expect(reach.trouble).toEqual({
          what: 'away',
          reason: expect.stringMatching(/^its schema is locked by others for more than 0\.02 s: .* for \d+ s$/),
        });
        expect(reach.trouble?.reason).toContain(held);
        await expect(archive.find('a')).rejects.toThrow(ArchiveAwayError);
      } finally {
        await holder.end();
      }
      await thereIs(reach);
      expect(await archive.put(archivedJob('a'))).toBe('written');
      expect(said).toEqual([
        expect.stringContaining('its schema is locked'),
        expect.stringContaining('is there again'),
      ]);
    },
  );

  it('fails calls at once, says so once, and works again when it is back', async () => {
    await open();
    await thereIs(reach);
    await archive.put(archivedJob('a'));
    await server.stop();
    await expect(archive.find('a')).rejects.toThrow(ArchiveAwayError);
    const calls = [
      archive.find('a'),
      archive.list({}, { limit: 1 }),
      archive.put(archivedJob('b')),
      archive.count({}, 1),
    ];
    expect(await Promise.all(calls.map(failsAtOnce))).toEqual([true, true, true, true]);
    await server.start();
    await thereIs(reach);
    expect(await archive.find('a')).toEqual(archivedJob('a'));
    expect(said).toEqual([expect.stringContaining('is away'), expect.stringContaining('is there again')]);
  });

  it('cannot do all where it takes nothing in, says so once, and not that it can because it is read', async () => {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      await open();
      await thereIs(reach);
      await archive.put(archivedJob('a'));
      await client.query(`create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$;
        create trigger refuse before insert on ogc_processes.jobs execute function refuse()`);
      for (let round = 0; round < 2; round++) {
        await expect(archive.put(archivedJob('b'))).rejects.toThrow(ArchiveAwayError);
        expect(await archive.find('a')).toEqual(archivedJob('a'));
        expect(reach.trouble).toEqual({ what: 'unable', reason: 'No space left on device' });
      }
      await client.query('drop trigger refuse on ogc_processes.jobs');
      expect(await archive.put(archivedJob('b'))).toBe('written');
      expect(reach.trouble).toBeUndefined();
      expect(said).toEqual([expect.stringContaining('cannot do all'), expect.stringContaining('can do all again')]);
    } finally {
      await client.end();
    }
  });

  it('that gives no answer at all is waited for once', async () => {
    await open();
    await thereIs(reach);
    await archive.put(archivedJob('a'));
    server.signal('SIGSTOP');
    await expect(archive.find('a')).rejects.toThrow(ArchiveAwayError);
    expect(await failsAtOnce(archive.list({}, { limit: 1 }))).toBe(true);
    server.signal('SIGCONT');
    await thereIs(reach);
    expect(await archive.find('a')).toEqual(archivedJob('a'));
  });

  it('loses nothing that it acknowledged when it is killed while it is written to', async () => {
    await open();
    await thereIs(reach);
    const acknowledged: string[] = [];
    const failures: unknown[] = [];
    let writing = true;
    const writers = [0, 1, 2].map(async (writer) => {
      for (let number = 0; writing; number++) {
        const id = `job-${writer}-${number}`;
        await archive.put(archivedJob(id)).then(
          () => acknowledged.push(id),
          (error: unknown) => failures.push(error),
        );
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    for (let round = 0; round < 3; round++) {
      const count = acknowledged.length;
      while (acknowledged.length < count + 30) await new Promise((resolve) => setTimeout(resolve, 10));
      await server.kill();
      await server.start();
      await thereIs(reach);
    }
    writing = false;
    await Promise.all(writers);
    expect(failures.every((error) => error instanceof ArchiveAwayError)).toBe(true);
    for (const id of acknowledged) expect(await archive.find(id)).toEqual(archivedJob(id));
  });

  it('is not what is said of a search that takes too long, which is ended', async () => {
    await open();
    await thereIs(reach);
    const sleeping = reach.ask('searches', (db) => sql`select pg_sleep(60)`.execute(db));
    await expect(sleeping).rejects.toThrow(SearchTooLongError);
    const { rows } = await reach.ask('sweeps', (db) =>
      sql<{ active: number }>`
        select count(*)::integer as active from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'`.execute(
        db,
      ),
    );
    expect(rows).toEqual([{ active: 0 }]);
    expect(await archive.find('a')).toBeUndefined();
  });

  it('is not what is made of counts and searches that are given up', async () => {
    await open();
    await thereIs(reach);
    await archive.put(archivedJob('a'));
    const late = ['counts', 'searches'] as const;
    for (const lane of late) {
      // Of several statements each may take its time.
      const call = reach.ask(lane, async (db) => {
        for (let number = 0; number < 60; number += 1) await sql`select pg_sleep(0.04)`.execute(db);
      });
      await expect(call).rejects.toThrow(SearchTooLongError);
      expect(await archive.find('a')).toEqual(archivedJob('a'));
    }
    expect([reach.trouble, said]).toEqual([undefined, []]);
  });

  it('tells a password that is wrong, and not the password', async () => {
    await server.requirePassword(database);
    await open();
    expect(reach.trouble?.reason).toContain('password authentication failed');
    expect(JSON.stringify(reach.trouble)).not.toContain(PASSWORD);
    await expect(archive.find('a')).rejects.toThrow('The archive does not answer now.');
  });
});
