import { type Kysely, sql } from 'kysely';
import type { ArchiveFilter, UsageBy, UsageRow } from '../records/archive.js';
import { all, conditionsOf } from './conditions.js';
import { JOBS, type Tables } from './tables.js';

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
  process: sql`process_id`,
  owner: sql`coalesce(owner, '')`,
  month: sql`to_char(finished at time zone 'UTC', 'YYYY-MM')`,
};

/** Of all that ended, those that were removed as well; by key. */
export async function usageOf(
  db: Kysely<Tables>,
  instance: number,
  by: UsageBy,
  filter: ArchiveFilter,
): Promise<readonly UsageRow[]> {
  const conditions = conditionsOf({
    ...(filter.owners ? { owners: filter.owners } : {}),
    ...(filter.seenProcesses ? { seenProcesses: filter.seenProcesses } : {}),
  });
  if (!conditions) return [];
  const jobs = sql.table(JOBS);
  const { rows } = await sql<Sums>`
    with sums as (
      select ${KEYS[by]} as key, max(owner_name) as name, count(*)::float8 as jobs, sum(seconds) as seconds,
        sum(cpu_seconds) as cpu, sum(memory_byte_seconds) as memory,
        sum(used_cpu_seconds) as used_cpu, sum(used_memory_byte_seconds) as used_memory
      from ${jobs} where ${all([sql`instance = ${instance}`, sql`finished is not null`, ...conditions])} group by 1)
    select key, jobs, seconds, cpu, memory, used_cpu, used_memory, ${by === 'owner' ? newestName(instance) : sql`null`} as name
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

/** As the newest record says it; without records as any tombstone does. */
function newestName(instance: number) {
  return sql`coalesce((
    select owner_name from ${sql.table(JOBS)} where instance = ${instance} and removed is null and owner = sums.key
    order by created desc, requested_at desc, name desc limit 1), name)`;
}
