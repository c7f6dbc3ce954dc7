import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { rmSync } from 'node:fs';
import type { ArchivedJob } from '../../records/archived-job.js';
import { archivedJob } from '../../testing/archived-jobs.js';
import { embeddedFolder, KINDS, thereIs } from '../../testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../testing/postgres.js';
import { DatabaseArchive } from '../database.archive.js';
import { EmbeddedLanes } from '../embedded.lanes.js';
import type { Lanes } from '../lanes.js';
import { migrate, NewerArchiveError } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { PostgresLanes } from '../postgres.lanes.js';
import { Reach } from '../reach.js';
import { rowOf } from '../rows.js';
import type { Tables } from '../tables.js';

let server: TestPostgres | undefined;
let last = 0;
beforeAll(async () => {
  server = POSTGRES ? await TestPostgres.create() : undefined;
});
afterAll(() => server?.remove());

async function withDatabase(kind: 'embedded' | 'postgres', test: (lanes: Lanes) => Promise<void>): Promise<void> {
  const folder = kind === 'embedded' ? await embeddedFolder() : '';
  const url = kind === 'postgres' ? await server?.database(`database${++last}`) : undefined;
  const lanes = url === undefined ? new EmbeddedLanes(folder) : new PostgresLanes({ url });
  try {
    await test(lanes);
  } finally {
    await lanes.close();
    if (folder) rmSync(folder, { recursive: true });
  }
}

/** All that makes up the schema, in words. */
async function schemaOf(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select indexdef as line from pg_indexes where schemaname = 'ogc_processes'
    union all
    select table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
    from information_schema.columns where table_schema = 'ogc_processes'
    union all select name from ogc_processes.migrations order by 1`.execute(db);
  return rows.map(({ line }) => line);
}

/** Of the version that the rows of today were first written in. */
async function fill(db: Kysely<Tables>): Promise<void> {
  await sql`insert into ogc_processes.instances (name) values ('other'), ('a')`.execute(db);
  for (const [instance, count] of [
    [1, 5],
    [2, 60],
  ] as const)
    for (let number = 0; number < count; number++) {
      const row = rowOf(instance, recordOf(number));
      const removed = number % 10 === 3 ? { removed: '2026-11-20T00:00:00Z', object: null } : {};
      await db
        .insertInto('ogc_processes.jobs')
        .values({ ...row, ...removed } as never)
        .execute();
    }
  const row = { instance: 2, job_id: 'never-archived', removed: '2026-11-20T00:00:00Z' };
  await db
    .insertInto('ogc_processes.jobs')
    .values(row as never)
    .execute();
}

function recordOf(number: number): ArchivedJob {
  // Of the last second of a month some end in the next.
  const times = ['2026-10-20T12:00:00Z', '2026-10-31T23:59:55Z', '2026-11-30T12:00:00Z'];
  const created = new Date(times[number % 5 === 0 ? 0 : 1 + (number % 2)] ?? '');
  const owner = number % 3 === 0 ? {} : { owner: `o${number % 3}`, ownerName: `Name ${number % 3}` };
  return archivedJob(`job-${number}`, {
    ...owner,
    created,
    processId: `process-${number % 4}`,
    tags: [`tag-${number}`],
  });
}

async function answers(archive: DatabaseArchive) {
  return {
    found: await archive.find('job-7'),
    removed: [await archive.find('job-13'), await archive.find('never-archived')],
    listed: (await archive.list({ owners: ['o1'] }, { limit: 99 })).length,
    said: (await archive.list({ text: 'tag-59' }, { limit: 99 })).map(({ jobId }) => jobId),
    byMonth: (await archive.usage('month', {})).map(({ key, jobs, seconds }) => [key, jobs, seconds]),
    byOwner: (await archive.usage('owner', {})).map(({ key, name, jobs }) => [key, name, jobs]),
    byProcess: (await archive.usage('process', { owners: ['o2'] })).map(({ key, jobs }) => [key, jobs]),
  };
}

const FILLED: Awaited<ReturnType<typeof answers>> = {
  found: recordOf(7),
  removed: ['removed', 'removed'],
  listed: 18,
  said: ['job-59'],
  byMonth: [
    ['2026-10', 12, 120],
    ['2026-11', 48, 480],
  ],
  byOwner: [
    ['', undefined, 20],
    ['o1', 'Name 1', 20],
    ['o2', 'Name 2', 20],
  ],
  byProcess: ['process-0', 'process-1', 'process-2', 'process-3'].map((id) => [id, 5]),
};

const names = Object.keys(MIGRATIONS);
const firsts = (count: number) => Object.fromEntries(Object.entries(MIGRATIONS).slice(0, count));

describe.each(KINDS)('migrations, %s', (kind) => {
  let schemaOfNew: Promise<string[]> | undefined;
  const makeNew = async () => {
    let schema: string[] = [];
    await withDatabase(kind, async (fresh) => {
      await fresh.unlimited((db) => migrate(db));
      schema = await schemaOf(fresh.lane('sweeps'));
    });
    return schema;
  };

  it.each([['nothing', 0], ...names.map((name, at) => [name, at + 1] as const)] as const)(
    'bring a database of %s to the same as a new one, which works',
    (_, count) =>
      withDatabase(kind, async (earlier) => {
        if (count > 0) {
          await earlier.unlimited((db) => migrate(db, firsts(count)));
          await fill(earlier.lane('records'));
        }
        const reach = new Reach(earlier, 'a');
        await reach.start();
        await thereIs(reach);
        const archive = new DatabaseArchive(reach);
        if (count > 0) expect(await answers(archive)).toEqual(FILLED);
        await archive.put(archivedJob('new'));
        expect(await archive.find('new')).toEqual(archivedJob('new'));
        const { jobs } = (await archive.usage('month', {})).find(({ key }) => key === '2026-11') ?? { jobs: 0 };
        expect(jobs).toBe(count > 0 ? 49 : 1);
        expect(await schemaOf(earlier.lane('sweeps'))).toEqual(await (schemaOfNew ??= makeNew()));
      }),
  );

  it('refuse a database that a later server made, and change nothing in it', () =>
    withDatabase(kind, async (lanes) => {
      const later: Record<string, Migration> = { ...MIGRATIONS, '9999-later': { up: async () => undefined } };
      await lanes.unlimited((db) => migrate(db, later));
      const before = await schemaOf(lanes.lane('sweeps'));
      await expect(new Reach(lanes, 'a').start()).rejects.toThrow(NewerArchiveError);
      await expect(lanes.unlimited((db) => migrate(db))).rejects.toThrow(
        'the archive is of a later version than this server: it has 9999-later',
      );
      expect(await schemaOf(lanes.lane('sweeps'))).toEqual(before);
    }));

  it('leave nothing of one that fails', () =>
    withDatabase(kind, async (lanes) => {
      const up = async (db: Kysely<never>) => {
        await sql`create table ogc_processes.half (a integer)`.execute(db);
        throw new Error('it fails');
      };
      const failing: Record<string, Migration> = { ...MIGRATIONS, '9999-failing': { up: up as Migration['up'] } };
      await expect(lanes.unlimited((db) => migrate(db, failing))).rejects.toThrow('it fails');
      const { rows } = await sql<{ there: boolean }>`
        select to_regclass('ogc_processes.half') is not null as there`.execute(lanes.lane('sweeps'));
      expect(rows).toEqual([{ there: false }]);
      await lanes.unlimited((db) => migrate(db));
    }));
});

(POSTGRES ? describe : describe.skip)('migrations of several replicas that start together', () => {
  it('run once', () =>
    withDatabase('postgres', async (lanes) => {
      let runs = 0;
      const counted: Record<string, Migration> = {
        ...MIGRATIONS,
        '9999-counted': {
          up: async (db: Kysely<unknown>) => {
            runs += 1;
            await sql`create table ogc_processes.counted (a integer)`.execute(db);
          },
        },
      };
      await Promise.all(Array.from({ length: 5 }, () => lanes.unlimited((db) => migrate(db, counted))));
      expect(runs).toBe(1);
    }));

  it('all find their own instance, or the one that they share', () =>
    withDatabase('postgres', async (lanes) => {
      const reaches = ['a', 'a', 'b', 'b', 'c'].map((name) => new Reach(lanes, name));
      await Promise.all(reaches.map((reach) => reach.start()));
      await Promise.all(reaches.map(thereIs));
      const archives = reaches.map((reach) => new DatabaseArchive(reach));
      await archives[0]?.put(archivedJob('x'));
      expect(await Promise.all(archives.map((archive) => archive.find('x')))).toEqual([
        archivedJob('x'),
        archivedJob('x'),
        undefined,
        undefined,
        undefined,
      ]);
    }));
});
