import { type Kysely, sql } from 'kysely';
import type { ArchiveFilter } from '../../records/archive.js';
import { all, calledSo, type Condition, containing, processIds, saying } from '../conditions.js';
import type { ListOrder } from './order.js';
import { JOBS, type JobsTable, type Tables } from '../tables.js';
import { rarest, wordsOf } from './words.js';

type Rows = readonly JobsTable[];
type TextFilter = ArchiveFilter & { readonly text: string };

interface TextRange {
  readonly order: ListOrder;
  readonly backwards: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** How often there is a text, and each word of it, is told by so many rows at the place that is asked for. */
const SAMPLE = 300;
/** Rows that have to be read in the order of the list for a page: where it is more, the index finds it sooner. */
const MOST_READ = 10_000;
/** How many more of them are read at most, for those that have the text do not stand as far apart everywhere. */
const MORE = 2;

/**
 * A text that is frequent is found in a part of the list that is read in its order; one that is rare by its index, and what it finds is
 * sorted. Left to itself the database would read the whole list in its order for a text that it takes for frequent.
 * @param conditions but for the text
 */
export async function pageSaying(
  db: Kysely<Tables>,
  instance: number,
  filter: TextFilter,
  conditions: readonly Condition[],
  range: TextRange,
): Promise<Rows> {
  const { order, backwards, limit, offset } = range;
  const jobs = sql.table(JOBS);
  const sample = await sampleOf(db, instance, filter, conditions, range);
  const ways = waysOf(filter, sample.processes);
  const by = sql`order by ${order.by(backwards)}`;
  const page = sql`${by} limit ${limit} offset ${offset}`;
  const run = async (from: Condition) => (await sql<JobsTable>`select * from ${from}`.execute(db)).rows;
  // By what the index has, so that nothing is sorted, and with all that are equal in it.
  const inOrder = sql`from ${jobs} where ${all(conditions)} order by ${order.byIndex(backwards)}`;
  for (let { looked, found } = sample, isAll = looked < SAMPLE; isAll || found > 0;) {
    const expected = Math.ceil((looked * (offset + limit)) / found);
    if (!isAll && expected > MOST_READ) break;
    const count = isAll ? SAMPLE : MORE * expected;
    const rows = await run(
      sql`(select * ${inOrder} fetch first ${sql.lit(count)} rows with ties) as near where ${sql.join(ways, sql` or `)} ${page}`,
    );
    if (rows.length === limit || isAll) return rows;
    const { rows: further } = await sql`select ${inOrder} limit 1 offset ${count}`.execute(db);
    if (further.length === 0) return rows;
    [looked, found, isAll] = [count, rows.length === 0 ? 0 : offset + rows.length, false];
  }
  const [said, ...called] = ways as [Condition, ...Condition[]];
  const most = sql`${by} limit ${limit + offset}`;
  // Nothing is pulled up from beneath an offset, so that it is planned without the order.
  const parts = [
    sql`(select * from (select * from ${jobs} where ${all([...conditions, saying(filter.text, filter, sample.rare)])} offset 0) as said
      where ${said} ${most})`,
    ...called.map((way) => sql`(select * from ${jobs} where ${all([...conditions, way, sql`not ${said}`])} ${most})`),
  ];
  return run(sql`(${sql.join(parts, sql` union all `)}) as found ${page}`);
}

/** The ways in which a record has the text, each with an index of its own. */
export async function waysOfSaying(db: Kysely<Tables>, instance: number, filter: TextFilter): Promise<Condition[]> {
  const { rows } = await sql<{
    id: string;
  }>`${processIds(instance)} select id from processes where id is not null`.execute(db);
  return waysOf(
    filter,
    rows.map(({ id }) => id),
  );
}

function waysOf(filter: TextFilter, processes: readonly string[]): Condition[] {
  const { text, titledProcesses } = filter;
  const named = calledSo(processes.filter((id) => id.toLowerCase().includes(text) || titledProcesses?.includes(id)));
  return [saying(text, filter), ...(named ? [named] : [])];
}

interface Sample {
  readonly processes: readonly string[];
  /** Fewer than {@link SAMPLE}: there are no more. */
  readonly looked: number;
  readonly found: number;
  /** A part of the text with the rarest of its words, if that is rare. */
  readonly rare: string | undefined;
}

async function sampleOf(
  db: Kysely<Tables>,
  instance: number,
  filter: TextFilter,
  conditions: readonly Condition[],
  { order, backwards }: TextRange,
): Promise<Sample> {
  const words = wordsOf(filter.text);
  const counted = (condition: Condition) => sql`count(*) filter (where ${condition})::integer`;
  // Of what PostgreSQL calls lower case: for a sample that will do.
  const called = sql`lower(process_id) like ${containing(filter.text)} or process_id = any(${filter.titledProcesses ?? []}::text[])`;
  const found = sql`${saying(filter.text, filter)} or ${called}`;
  const { rows } = await sql<{
    processes: readonly string[] | null;
    looked: number;
    found: number;
    words: readonly number[];
  }>`${processIds(instance)}
    select (select array_agg(id) from processes where id is not null) as processes, count(*)::integer as looked,
      ${counted(found)} as found, array[${sql.join(words.map((word) => counted(sql`said like ${containing(word)}`)))}]::integer[] as words
    from (select words, said, process_id, process_unsigned from ${sql.table(JOBS)} where ${all(conditions)}
      order by ${order.byIndex(backwards)} limit ${SAMPLE}) as near`.execute(db);
  const [sample] = rows;
  return {
    processes: sample?.processes ?? [],
    looked: sample?.looked ?? 0,
    found: sample?.found ?? 0,
    rare: rarest(words, sample?.words ?? []),
  };
}
