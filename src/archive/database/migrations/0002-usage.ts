import { type Kysely, sql } from 'kysely';

/**
 * Sums of what jobs took, of each process, owner and month, so that nobody has to read all rows to know them: kept by triggers, in the
 * transaction of each change of `jobs`. Rows of a group are locked in one order and last, so that no two writers wait for each other. And
 * the orders of one owner's list.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table ogc_processes.usage (
      instance integer not null references ogc_processes.instances (id),
      created_month date not null,
      finished_month date not null,
      process_id text collate "C" not null,
      process_unsigned boolean not null,
      owner text collate "C",
      owner_name text collate "C",
      jobs integer not null,
      seconds double precision not null,
      cpu_seconds double precision not null,
      memory_byte_seconds double precision not null,
      used_cpu_seconds double precision not null,
      used_cpu_jobs integer not null,
      used_memory_byte_seconds double precision not null,
      used_memory_jobs integer not null,
      constraint usage_group unique nulls not distinct (${sql.raw(GROUP)})
    ) with (fillfactor = 70)`.execute(db);
  for (const [event, { transitions, changes }] of Object.entries(CHANGES)) {
    await sql
      .raw(
        `create function ogc_processes.usage_of_${event}() returns trigger language plpgsql as $body$
        begin
          ${adding(changes)};
          return null;
        end $body$`,
      )
      .execute(db);
    await sql
      .raw(
        `create trigger jobs_usage_${event} after ${event} on ogc_processes.jobs referencing ${transitions}
        for each statement execute function ogc_processes.usage_of_${event}()`,
      )
      .execute(db);
  }
  // From the first trigger on nobody else writes to `jobs` until the transaction ends.
  await sql.raw(adding(`select 1 as sign, ${COUNTED} from ogc_processes.jobs`)).execute(db);
  for (const [name, columns, condition] of INDEXES)
    await sql`create index ${sql.raw(name)} on ogc_processes.jobs (instance, ${sql.raw(columns)})
      where ${sql.raw(condition)}`.execute(db);
}

const GROUP = 'instance, owner, process_id, process_unsigned, created_month, finished_month';

const COUNTED = `instance, owner, owner_name, process_id, process_unsigned, created, finished,
  seconds, cpu_seconds, memory_byte_seconds, used_cpu_seconds, used_memory_byte_seconds`;

/** What came and what went, by the event; what changed in nothing that is counted does neither. */
const CHANGES: Readonly<Record<string, { readonly transitions: string; readonly changes: string }>> = {
  insert: { transitions: 'new table as fresh', changes: `select 1 as sign, ${COUNTED} from fresh` },
  update: {
    transitions: 'new table as fresh old table as gone',
    changes: `select 1 as sign, came.* from (select ${COUNTED} from fresh except all select ${COUNTED} from gone) as came
      union all
      select -1, went.* from (select ${COUNTED} from gone except all select ${COUNTED} from fresh) as went`,
  },
  delete: { transitions: 'old table as gone', changes: `select -1 as sign, ${COUNTED} from gone` },
};

const SUMS = [
  ['jobs', 'sum(sign)'],
  ['seconds', 'sum(sign * seconds)'],
  ['cpu_seconds', 'sum(sign * cpu_seconds)'],
  ['memory_byte_seconds', 'sum(sign * memory_byte_seconds)'],
  ['used_cpu_seconds', 'coalesce(sum(sign * used_cpu_seconds), 0)'],
  ['used_cpu_jobs', 'coalesce(sum(sign) filter (where used_cpu_seconds is not null), 0)'],
  ['used_memory_byte_seconds', 'coalesce(sum(sign * used_memory_byte_seconds), 0)'],
  ['used_memory_jobs', 'coalesce(sum(sign) filter (where used_memory_byte_seconds is not null), 0)'],
] as const;

/** @param changes rows of jobs, with whether they came (1) or went (-1) */
function adding(changes: string): string {
  const month = (column: string) => `date_trunc('month', ${column} at time zone 'UTC')::date`;
  return `insert into ogc_processes.usage as total (${GROUP}, owner_name, ${SUMS.map(([name]) => name).join(', ')})
    select instance, owner, process_id, process_unsigned, ${month('created')}, ${month('finished')},
      max(owner_name) filter (where sign > 0), ${SUMS.map(([, sum]) => sum).join(', ')}
    from (${changes}) as changes where finished is not null
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
    on conflict (${GROUP}) do update set owner_name = coalesce(excluded.owner_name, total.owner_name),
      ${SUMS.map(([name]) => `${name} = total.${name} + excluded.${name}`).join(', ')}`;
}

const OWNED = 'removed is null and owner is not null';

const INDEXES: readonly (readonly [name: string, columns: string, condition: string])[] = [
  ['jobs_created', 'created', 'finished is not null'],
  ['jobs_owner_finished', 'owner, finished', OWNED],
  ['jobs_owner_started', "owner, coalesce(started, 'infinity')", OWNED],
  ['jobs_owner_started_descending', "owner, coalesce(started, '-infinity')", OWNED],
  ['jobs_owner_duration', 'owner, coalesce(duration, 9223372036854775807)', OWNED],
  ['jobs_owner_duration_descending', "owner, coalesce(duration, '-9223372036854775808'::bigint)", OWNED],
];
