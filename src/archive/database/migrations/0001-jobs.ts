import { type Kysely, sql } from 'kysely';
import { SCHEMA } from '../tables.js';

/**
 * Records of jobs, and the indexes by which they are listed. Those of lists end with the order of the list but for the name, which decides
 * between jobs of one millisecond alone: PostgreSQL sorts those few itself. They hold no tombstones.
 */
export async function up(db: Kysely<never>): Promise<void> {
  const trigrams = sql.id(await schemaOfTrigrams(db), 'gin_trgm_ops');
  await sql`
    create table ogc_processes.instances (
      id integer generated always as identity primary key,
      name text collate "C" not null unique
    )`.execute(db);
  await sql`
    create table ogc_processes.jobs (
      instance integer not null references ogc_processes.instances (id),
      job_id text collate "C" not null,
      uid text not null default '',
      state text not null default '',
      name text collate "C" not null default '',
      process_id text collate "C" not null default '',
      process_unsigned boolean not null default false,
      owner text collate "C",
      owner_name text collate "C",
      tags text[] not null default '{}',
      status text collate "C" not null default '',
      cause text collate "C",
      message text not null default '',
      words text collate "C" not null default '',
      said text collate "C" not null default '',
      created timestamptz not null default 'epoch',
      requested_at bigint not null default 0,
      started timestamptz,
      finished timestamptz,
      duration bigint,
      results_expire timestamptz,
      idempotency_digest text,
      seconds double precision not null default 0,
      cpu_seconds double precision not null default 0,
      memory_byte_seconds double precision not null default 0,
      used_cpu_seconds double precision,
      used_memory_byte_seconds double precision,
      object json,
      removed timestamptz,
      primary key (instance, job_id),
      constraint jobs_whole check (removed is not null or (finished is not null and object is not null))
    )`.execute(db);
  for (const [name, columns, condition] of INDEXES)
    await sql`create index ${sql.raw(name)} on ogc_processes.jobs (instance, ${sql.raw(columns)})
      where ${sql.raw(condition)}`.execute(db);
  await sql`create index jobs_tags on ogc_processes.jobs using gin (tags) with (fastupdate = off)
    where removed is null`.execute(db);
  await sql`create index jobs_text on ogc_processes.jobs using gin (words ${trigrams}, said ${trigrams})
    with (fastupdate = off) where removed is null`.execute(db);
}

const NEWEST = 'created, requested_at';

const RECORD = 'removed is null';

const INDEXES: readonly (readonly [name: string, columns: string, condition: string])[] = [
  ['jobs_newest', NEWEST, RECORD],
  ['jobs_process', `process_id, ${NEWEST}`, RECORD],
  ['jobs_process_ascending', 'process_id, created desc, requested_at desc', RECORD],
  ['jobs_process_status', `process_id, status, ${NEWEST}`, RECORD],
  ['jobs_status', `status, ${NEWEST}`, RECORD],
  ['jobs_cause', `cause, ${NEWEST}`, `${RECORD} and cause is not null`],
  ['jobs_owner', `owner, ${NEWEST}`, `${RECORD} and owner is not null`],
  ['jobs_owner_process', `owner, process_id, ${NEWEST}`, `${RECORD} and owner is not null`],
  ['jobs_owner_status', `owner, status, ${NEWEST}`, `${RECORD} and owner is not null`],
  ['jobs_owner_cause', `owner, cause, ${NEWEST}`, `${RECORD} and owner is not null and cause is not null`],
  ['jobs_owner_name', 'owner_name, owner', `${RECORD} and owner is not null`],
  ['jobs_finished', 'finished', RECORD],
  // Of an expression nothing is known how often what occurs, so that lists are not narrowed by those that follow.
  ['jobs_lasting', 'duration', `${RECORD} and duration is not null`],
  // Those that never started come last, whichever way.
  ['jobs_started', "coalesce(started, 'infinity')", RECORD],
  ['jobs_started_descending', "coalesce(started, '-infinity')", RECORD],
  ['jobs_duration', 'coalesce(duration, 9223372036854775807)', RECORD],
  ['jobs_duration_descending', "coalesce(duration, '-9223372036854775808'::bigint)", RECORD],
  ['jobs_unsigned', 'process_id', `${RECORD} and process_unsigned`],
  ['jobs_expiring', 'results_expire', `${RECORD} and results_expire is not null`],
  ['jobs_removed', 'removed', 'removed is not null and object is not null'],
  ['jobs_ended', 'finished', 'removed is not null'],
];

/** Where `pg_trgm` is, which finds text within text; whoever owns the database may add it. @throws Error naming what to do */
async function schemaOfTrigrams(db: Kysely<never>): Promise<string> {
  const find = () =>
    sql<{ schema: string }>`
      select n.nspname as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'pg_trgm'`.execute(db);
  const [found] = (await find()).rows;
  if (found) return found.schema;
  try {
    await sql`create extension pg_trgm with schema ogc_processes`.execute(db);
    return SCHEMA;
  } catch (error) {
    throw new Error(
      'the archive needs the extension pg_trgm, which cannot be added: have the owner of the database ' +
        `"create extension pg_trgm" (${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    );
  }
}
