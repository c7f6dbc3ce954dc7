import { type Kysely, sql } from 'kysely';
import type { ArchiveFilter, UsageBy, UsageRow } from '../records/archive.js';
import { all, type Condition, conditionsOf, instant } from './conditions.js';
import { JOBS, type Tables, USAGE } from './tables.js';

interface Sums {
  readonly key: string;
  readonly name: string | null;
  readonly jobs: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly memory: number;
  readonly used_cpu: number | null;
  readonly used_memory: number | null;
}

const KEYS = {
  process: { group: sql`process_id`, key: sql`key` },
  owner: { group: sql`coalesce(owner, '')`, key: sql`key` },
  month: { group: sql`month`, key: sql`to_char(key, 'YYYY-MM')` },
};

/** Of all that ended, those that were removed as well; by key. */
export async function usageOf(
  db: Kysely<Tables>,
  instance: number,
  by: UsageBy,
  { owners, seenProcesses, created }: ArchiveFilter,
): Promise<readonly UsageRow[]> {
  const conditions = conditionsOf({ ...(owners ? { owners } : {}), ...(seenProcesses ? { seenProcesses } : {}) });
  if (!conditions) return [];
  const { group, key } = KEYS[by];
  const { rows } = await sql<Sums>`
    with parts as (${sql.join(partsOf([sql`instance = ${instance}`, ...conditions], created), sql` union all `)}), sums as (
      select ${group} as key, max(owner_name) as name, sum(jobs)::float8 as jobs, sum(seconds) as seconds,
        sum(cpu_seconds) as cpu, sum(memory_byte_seconds) as memory,
        sum(used_cpu_seconds) filter (where used_cpu_jobs > 0) as used_cpu,
        sum(used_memory_byte_seconds) filter (where used_memory_jobs > 0) as used_memory
      from parts group by 1)
    select ${key} as key, jobs, seconds, cpu, memory, used_cpu, used_memory,
      ${by === 'owner' ? newestName(instance) : sql`null`} as name
    from sums order by key`.execute(db);
  return rows.map((row) => ({
    key: row.key,
    ...(row.name === null ? {} : { name: row.name }),
    jobs: row.jobs,
    seconds: row.seconds,
    cpuSeconds: row.cpu,
    memoryByteSeconds: row.memory,
    ...(row.used_cpu === null ? {} : { usedCpuSeconds: row.used_cpu }),
    ...(row.used_memory === null ? {} : { usedMemoryByteSeconds: row.used_memory }),
  }));
}

const SUMMED = sql`process_id, owner, owner_name, seconds, cpu_seconds, memory_byte_seconds, used_cpu_seconds, used_memory_byte_seconds`;

/** Months of creation that are asked for as a whole stand in sums; those that are not are read job by job. */
function partsOf(conditions: readonly Condition[], created: ArchiveFilter['created']): Condition[] {
  const { start, end } = created ?? { start: -Infinity, end: Infinity };
  const first = Number.isFinite(start) ? monthOf(start - 1, 1) : -Infinity;
  const last = Number.isFinite(end) ? monthOf(end + 1) : Infinity;
  const jobs = (between: { readonly start: number; readonly end: number }) =>
    sql`select ${SUMMED}, date_trunc('month', finished at time zone 'UTC')::date as month, 1 as jobs,
        (used_cpu_seconds is not null)::integer as used_cpu_jobs, (used_memory_byte_seconds is not null)::integer as used_memory_jobs
      from ${sql.table(JOBS)} where ${all([...conditions, sql`finished is not null`, ...(conditionsOf({ created: between }) ?? [])])}`;
  if (first >= last) return [jobs({ start, end })];
  const whole = [
    ...conditions,
    sql`jobs > 0`,
    ...(Number.isFinite(first) ? [sql`created_month >= ${dayOf(first)}::date`] : []),
    ...(Number.isFinite(last) ? [sql`created_month < ${dayOf(last)}::date`] : []),
  ];
  return [
    sql`select ${SUMMED}, finished_month as month, jobs, used_cpu_jobs, used_memory_jobs
      from ${sql.table(USAGE)} where ${all(whole)}`,
    ...(start < first ? [jobs({ start, end: first - 1 })] : []),
    ...(last <= end && Number.isFinite(last) ? [jobs({ start: last, end })] : []),
  ];
}

/** When the month of a time begins, or one `later`; milliseconds since the epoch. */
function monthOf(time: number, later = 0): number {
  const date = new Date(instant(time));
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later);
}

function dayOf(time: number): string {
  return instant(time).slice(0, 10);
}

/** As the newest record says it; without records as any tombstone does. */
function newestName(instance: number) {
  return sql`coalesce((
    select owner_name from ${sql.table(JOBS)} where instance = ${instance} and removed is null and owner = sums.key
    order by created desc, requested_at desc, name desc limit 1), name)`;
}
