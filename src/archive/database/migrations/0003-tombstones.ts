import { type Kysely, sql } from 'kysely';

/** Tombstones of jobs that were never archived, of which nothing tells when they ended, by when they were removed. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create index jobs_unknown on ogc_processes.jobs (instance, removed) where finished is null`.execute(db);
}
