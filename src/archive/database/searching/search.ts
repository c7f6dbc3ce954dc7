import { type Kysely, sql } from 'kysely';
import type { ArchiveFilter, ArchiveRange } from '../../records/archive.js';
import { all, conditionsOf, leftOut, recordsOf } from '../conditions.js';
import { ListOrder } from './order.js';
import { JOBS, type JobsTable, type Tables } from '../tables.js';
import { pageSaying, waysOfSaying } from './text-search.js';

type Rows = readonly JobsTable[];

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
  const { text } = filter;
  const rows =
    text === undefined
      ? (
          await sql<JobsTable>`select * from ${sql.table(JOBS)} where ${all(conditions)}
            order by ${order.by(backwards)} limit ${limit} offset ${offset}`.execute(db)
        ).rows
      : await pageSaying(db, instance, { ...filter, text }, conditions, { order, backwards, limit, offset });
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
  const { text } = filter;
  const said = text === undefined ? [] : await waysOfSaying(db, instance, { ...filter, text });
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
