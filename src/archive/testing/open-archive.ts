import { sql } from 'kysely';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseArchive } from '../database/database.archive.js';
import { EmbeddedLanes } from '../database/embedded.lanes.js';
import type { Lanes } from '../database/lanes.js';
import { PostgresLanes } from '../database/postgres.lanes.js';
import { Reach } from '../database/reach.js';
import { madeOnce } from './made-once.js';
import { POSTGRES, TestPostgres } from './postgres.js';

/** A place for archives of tests: instances in one database. */
export interface TestDatabase {
  readonly lanes: Lanes;
  /** @param name of its instance; default: one that nobody else has */
  archive(name?: string): Promise<DatabaseArchive>;
  close(): Promise<void>;
}

export const DATABASES: Readonly<Record<'embedded' | 'postgres', () => Promise<TestDatabase>>> = {
  embedded: async () => {
    const folder = await embeddedFolder();
    return databaseIn(new EmbeddedLanes(folder), async () => rmSync(folder, { recursive: true, force: true }));
  },
  postgres: async () => {
    const server = await TestPostgres.create();
    return databaseIn(new PostgresLanes({ url: await server.database('archive') }), () => server.remove());
  },
};

/** Of an embedded database without a schema: it is made once, as in the image, and copied, for that takes long. */
export async function embeddedFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'));
  cpSync(join(await made(), 'data'), join(folder, 'data'), { recursive: true });
  return folder;
}

/** The file that the image brings, from which such folders are made. */
export async function preparedFile(): Promise<string> {
  return join(await made(), PREPARED);
}

const PREPARED = 'prepared.tar.gz';

function made(): Promise<string> {
  const script = join(import.meta.dirname, '../../../scripts/prepare-archive.mjs');
  const library = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '../package.json');
  const database = join(import.meta.dirname, '../database');
  const makers = [library, script, join(database, 'embedded.lanes.ts'), join(database, 'embedded-worker.ts')];
  const key = makers.map((file) => readFileSync(file, 'utf8'));
  return madeOnce('archive-made', key, async (folder) => {
    await promisify(execFile)(process.execPath, [script, join(folder, PREPARED)]);
    const lanes = new EmbeddedLanes(folder, join(folder, PREPARED));
    await lanes.unlimited((db) => sql`select 1`.execute(db));
    await lanes.close();
  });
}

/** Those that can be tested here. */
export const KINDS = POSTGRES ? (['embedded', 'postgres'] as const) : (['embedded'] as const);
if (!POSTGRES) console.warn('PostgreSQL is not tested: TEST_POSTGRES does not name the folder of its programs');

function databaseIn(lanes: Lanes, remove: () => Promise<void>): TestDatabase {
  let last = 0;
  return {
    lanes,
    archive: async (name = `test/${++last}`) => {
      const reach = new Reach(lanes, name);
      await reach.start();
      await thereIs(reach);
      return new DatabaseArchive(reach);
    },
    close: async () => {
      await lanes.close();
      await remove();
    },
  };
}

export async function thereIs(reach: Reach): Promise<void> {
  while (reach.trouble) await new Promise((resolve) => setTimeout(resolve, 20));
}
