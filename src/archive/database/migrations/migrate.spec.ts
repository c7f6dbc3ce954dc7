import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { rmSync } from 'node:fs';
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

const names = Object.keys(MIGRATIONS);
const firsts = (count: number) => Object.fromEntries(Object.entries(MIGRATIONS).slice(0, count));

describe.each(KINDS)('migrations, %s', (kind) => {
  it.each([['nothing', 0], ...names.map((name, at) => [name, at + 1] as const)] as const)(
    'bring a database of %s to the same as a new one, which works',
    (_, count) =>
      withDatabase(kind, (earlier) =>
        withDatabase(kind, async (fresh) => {
          if (count > 0) await earlier.unlimited((db) => migrate(db, firsts(count)));
          const reach = new Reach(earlier, 'a');
          await reach.start();
          await thereIs(reach);
          const archive = new DatabaseArchive(reach);
          await archive.put(archivedJob('a'));
          expect(await archive.find('a')).toEqual(archivedJob('a'));
          await fresh.unlimited((db) => migrate(db));
          expect(await schemaOf(earlier.lane('sweeps'))).toEqual(await schemaOf(fresh.lane('sweeps')));
        }),
      ),
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
