import { type Kysely, sql } from 'kysely';
import type { ArchiveFilter, ArchiveRange } from '../records/archive.js';
import { all, calledSo, type Condition, conditionsOf, leftOut, recordsOf, saying } from './conditions.js';
import { ListOrder } from './order.js';
import { JOBS, type JobsTable, type Tables } from './tables.js';

type Rows = readonly JobsTable[];

/** Among so many at the place that is asked for a text that is frequent is found at once. */
const WINDOW = 1000;
/** Where there are fewer of them than one in so many of a page, the index finds less than what would be read. */
const RARE = 20;

export async function pageOf(
  db: Kysely<Tables>,
  instance: number,
  filter: ArchiveFilter,
  { order: criteria, after, before, limit, offset = 0, except = [] }: ArchiveRange,
): Promise<Rows> {
  const matching = conditionsOf(filter);
  if (!matching || limit <= 0) return [];
  const order = new ListOrder(criteria);
  const backwards = before !== undefined && after === undefined;
  const conditions = [
    ...recordsOf(instance),
    ...matching,
    ...(after ? [order.beyond(after, false)] : []),
    ...(before ? [order.beyond(before, true)] : []),
    ...leftOut(except),
  ];
  const by = sql`order by ${order.by(backwards)}`;
  const page = sql`${by} limit ${limit} offset ${offset}`;
  const rows = await (filter.text === undefined
    ? run(db, sql`${sql.table(JOBS)} where ${all(conditions)} ${page}`)
    : saidOn(db, conditions, await waysOfSaying(db, instance, filter.text, filter), by, { limit, offset }));
  return backwards ? rows.toReversed() : rows;
}

/** Undefined where there are more than `most`. */
export async function countOf(
  db: Kysely<Tables>,
  instance: number,
  filter: ArchiveFilter,
  most: number,
  except: readonly string[],
): Promise<number | undefined> {
  const matching = conditionsOf(filter);
  if (!matching) return 0;
  const said = filter.text === undefined ? [] : await waysOfSaying(db, instance, filter.text, filter);
  const conditions = [
    ...recordsOf(instance),
    ...matching,
    ...(said.length > 0 ? [sql`(${sql.join(said, sql` or `)})`] : []),
    ...leftOut(except),
  ];
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from
      (select from ${sql.table(JOBS)} where ${all(conditions)} limit ${most + 1}) as matching`.execute(db);
  const count = rows[0]?.count ?? 0;
  return count > most ? undefined : count;
}

/** With clause of a table `processes` with the column `id`, whose last row is null: a look at the index for each process. */
export function processIds(instance: number) {
  const records = sql`${sql.table(JOBS)} where ${all(recordsOf(instance))}`;
  return sql`with recursive processes(id) as (
    (select min(process_id) from ${records})
    union all
    select (select min(process_id) from ${records} and process_id > processes.id) from processes where id is not null)`;
}

/** The ways in which a record has the text, each with an index of its own. */
async function waysOfSaying(
  db: Kysely<Tables>,
  instance: number,
  text: string,
  filter: ArchiveFilter,
): Promise<Condition[]> {
  const known = await sql<{
    id: string;
  }>`${processIds(instance)} select id from processes where id is not null`.execute(db);
  const called = known.rows
    .map(({ id }) => id)
    .filter((id) => id.toLowerCase().includes(text) || filter.titledProcesses?.includes(id));
  const named = calledSo(called);
  return [saying(text, filter), ...(named ? [named] : [])];
}

/**
 * A text that is frequent is found in a part of the list that is read in its order; one that is rare by its index, and what it finds is
 * sorted. Left to itself the database would read the whole list in its order for a text that it takes for frequent.
 */
async function saidOn(
  db: Kysely<Tables>,
  conditions: readonly Condition[],
  ways: readonly Condition[],
  by: Condition,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<Rows> {
  const jobs = sql.table(JOBS);
  const page = sql`${by} limit ${limit} offset ${offset}`;
  const among = (count: number) =>
    run(
      db,
      sql`(select * from ${jobs} where ${all(conditions)} ${by} limit ${count}) as near
        where ${sql.join(ways, sql` or `)} ${page}`,
    );
  const near = await among(WINDOW);
  if (near.length === limit) return near;
  const found = near.length === 0 ? 0 : offset + near.length;
  if (found * RARE >= offset + limit) {
    const further = await among(Math.ceil((1.5 * WINDOW * (offset + limit)) / found));
    if (further.length === limit) return further;
  }
  const [said, ...called] = ways as [Condition, ...Condition[]];
  const most = sql`${by} limit ${limit + offset}`;
  // Nothing is pulled up from beneath an offset, so that it is planned without the order.
  const parts = [
    sql`(select * from (select * from ${jobs} where ${all([...conditions, said])} offset 0) as said ${most})`,
    ...called.map((way) => sql`(select * from ${jobs} where ${all([...conditions, way, sql`not ${said}`])} ${most})`),
  ];
  return run(db, sql`(${sql.join(parts, sql` union all `)}) as found ${page}`);
}

async function run(db: Kysely<Tables>, from: Condition): Promise<Rows> {
  return (await sql<JobsTable>`select * from ${from}`.execute(db)).rows;
}
