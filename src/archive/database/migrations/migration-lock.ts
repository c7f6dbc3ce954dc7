import { type Kysely, sql } from 'kysely';
import { sqlStateOf } from '../failures.js';
import type { Tables } from '../tables.js';

/** Of the lock that one replica migrates under; any number that is nobody else's. */
const LOCK = 7_301_467_402n;
/** Milliseconds until a lock that others hold is given up, to be tried again later. */
const WAIT = 10_000;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html: lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Others hold a lock that the archive's schema cannot be looked at, or changed, without. */
export class SchemaLockedError extends Error {
  constructor(waited: number, holders: readonly string[], cause: unknown) {
    const by = holders.length > 0 ? holders.join('; ') : 'the database does not tell by whom';
    super(`its schema is locked by others for more than ${waited / 1000} s: ${by}`, { cause });
    this.name = 'SchemaLockedError';
  }
}

/**
 * Work on the schema that one replica does at a time. No lock is waited for longer than `wait`: not that of the others who do so, nor those
 * of tables.
 * @param db one connection
 * @param wait milliseconds
 * @throws SchemaLockedError naming the locks and who holds them
 */
export async function underMigrationLock<T>(db: Kysely<Tables>, work: () => Promise<T>, wait = WAIT): Promise<T> {
  await sql`select pg_catalog.set_config('lock_timeout', ${String(wait)}, false)`.execute(db);
  try {
    await sql`select pg_catalog.pg_advisory_lock(${sql.lit(String(LOCK))}::bigint)`.execute(db);
    try {
      return await work();
    } finally {
      await sql`select pg_catalog.pg_advisory_unlock(${sql.lit(String(LOCK))}::bigint)`.execute(db);
    }
  } catch (error) {
    if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new SchemaLockedError(wait, await holders(db), error);
  }
}

interface Holder {
  readonly what: string;
  readonly pid: number;
  readonly who: string | null;
  readonly program: string | null;
  readonly address: string | null;
  readonly state: string | null;
  readonly seconds: number | null;
}

/** In words, at most three, those first that have held theirs for longest. Of other users' sessions PostgreSQL tells no more than some names. */
async function holders(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<Holder>`
    select distinct on (seconds, pid) coalesce('table ' || c.relname, 'migrations') as what, l.pid, a.usename as who,
      nullif(a.application_name, '') as program, host(a.client_addr) as address, a.state,
      floor(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.state_change)))::integer as seconds
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    left join pg_catalog.pg_class c on c.oid = l.relation and c.relkind in ('r', 'p')
    left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where l.granted and l.pid <> pg_catalog.pg_backend_pid()
      and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
      and (n.nspname = 'ogc_processes' or (l.locktype = 'advisory' and l.objsubid = 1
        and l.classid::bigint = ${sql.lit(String(LOCK >> 32n))}::bigint and l.objid::bigint = ${sql.lit(String(LOCK & 0xffffffffn))}::bigint))
    order by seconds desc nulls last, pid, what limit 3`.execute(db);
  return rows.map(({ what, pid, who, program, address, state, seconds }) => {
    const names = [program, who && `user ${who}`, address && `at ${address}`].filter(Boolean).join(', ');
    return `the lock of ${what} is held by process ${pid}${names && ` (${names})`}${state ? `, ${state}` : ''}${
      seconds === null ? '' : ` for ${seconds} s`
    }`;
  });
}
