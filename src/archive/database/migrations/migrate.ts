import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { underMigrationLock } from './migration-lock.js';
import { MIGRATIONS } from './migrations.js';
import { SCHEMA, type Tables } from '../tables.js';

/** The database was made by a later server. */
export class NewerArchiveError extends Error {
  constructor(name: string) {
    super(
      `the archive is of a later version than this server: it has ${name}, the server knows ` +
        `${Object.keys(MIGRATIONS).at(-1)} as the last; start a server of at least that version`,
    );
    this.name = 'NewerArchiveError';
  }
}

/**
 * Brings the schema to what this server needs. Of several that do so at the same time one does it and the others wait, for a while. Holds a
 * connection without limits of time.
 * @param wait milliseconds that a lock of others is waited for
 * @throws NewerArchiveError, SchemaLockedError; Error saying what went wrong, after which nothing is changed
 */
export async function migrate(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
  wait?: number,
): Promise<void> {
  await db.connection().execute((connection) =>
    underMigrationLock(
      connection,
      async () => {
        await refuseNewer(connection, migrations);
        const migrator = new Migrator({
          db: connection,
          provider: { getMigrations: async () => ({ ...migrations }) },
          migrationTableSchema: SCHEMA,
          migrationTableName: 'migrations',
          migrationLockTableName: 'migrations_lock',
        });
        const { error } = await migrator.migrateToLatest();
        if (error) throw error;
      },
      wait,
    ),
  );
}

/** @throws NewerArchiveError */
export async function refuseNewer(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  const table = sql.lit(`${SCHEMA}.migrations`);
  const { rows } = await sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db);
  if (!rows[0]?.there) return;
  const done = await sql<{ name: string }>`select name from ogc_processes.migrations order by name`.execute(db);
  const unknown = done.rows.find(({ name }) => !(name in migrations));
  if (unknown) throw new NewerArchiveError(unknown.name);
}
