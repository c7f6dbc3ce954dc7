import { type RawBuilder, sql } from 'kysely';
import type { ArchiveFilter, SeenProcess } from '../records/archive.js';
import { storable } from './rows.js';
import { JOBS } from './tables.js';

export type Condition = RawBuilder<unknown>;

/** Of records, not of tombstones. */
export function recordsOf(instance: number): Condition[] {
  return [sql`instance = ${instance}`, sql`removed is null`];
}

/** But for the text. Undefined where nothing can match. */
export function conditionsOf(filter: ArchiveFilter): Condition[] | undefined {
  const { processIds, seenProcesses, statuses, causes, readableProcesses, owners, tags, created } = filter;
  const { minDuration, maxDuration } = filter;
  const readable = (causes ?? (tags?.length ? tags : undefined)) === undefined ? undefined : readableProcesses;
  if ([processIds, seenProcesses, statuses, causes, owners, readable].some((list) => list?.length === 0))
    return undefined;
  return [
    ...(processIds ? [oneOf('process_id', processIds)] : []),
    ...(seenProcesses ? [ofProcesses(seenProcesses)] : []),
    ...(statuses ? [oneOf('status', statuses)] : []),
    ...(causes ? [oneOf('cause', causes), sql`status = 'failed'`] : []),
    ...(readable ? [ofProcesses(readable)] : []),
    ...(owners ? [oneOf('owner', owners)] : []),
    ...(tags && tags.length > 0 ? [sql`tags @> ${tags.map(storable)}::text[]`] : []),
    ...(created ? within(created) : []),
    ...lasting(minDuration, maxDuration),
  ];
}

/** Without these. */
export function leftOut(jobIds: readonly string[]): Condition[] {
  return jobIds.length > 0 ? [sql`job_id <> all(${jobIds}::text[])`] : [];
}

export function all(conditions: readonly Condition[]): Condition {
  return sql.join(conditions, sql` and `);
}

/** With one value an index gives them in their order. */
function oneOf(column: string, values: readonly string[]): Condition {
  const [first = '', ...others] = [...new Set(values)].map(storable);
  if (others.length === 0) return sql`${sql.ref(column)} = ${first}`;
  return sql`${sql.ref(column)} = any(${[first, ...others]}::text[])`;
}

/** Usually there are processes of one standing only. */
export function ofProcesses(processes: readonly SeenProcess[]): Condition {
  const ids = (unsigned: boolean) =>
    processes.filter(({ processUnsigned }) => processUnsigned === unsigned).map(({ processId }) => processId);
  const standings = [false, true].flatMap((unsigned) =>
    ids(unsigned).length > 0 ? [sql`(process_unsigned = ${unsigned} and ${oneOf('process_id', ids(unsigned))})`] : [],
  );
  return standings.length === 0 ? sql`false` : sql`(${sql.join(standings, sql` or `)})`;
}

function within({ start, end }: { readonly start: number; readonly end: number }): Condition[] {
  return [
    ...(Number.isFinite(start) ? [sql`created >= ${instant(start)}::timestamptz`] : []),
    ...(Number.isFinite(end) ? [sql`created <= ${instant(end)}::timestamptz`] : []),
  ];
}

/** Of one that never started there is none. */
function lasting(minimum: number | undefined, maximum: number | undefined): Condition[] {
  return [
    ...(minimum === undefined ? [] : [sql`duration >= ${milliseconds(minimum)}::bigint`]),
    ...(maximum === undefined ? [] : [sql`duration <= ${milliseconds(maximum)}::bigint`]),
  ];
}

/** Longer than what any job takes is as good as for ever. */
function milliseconds(seconds: number): number {
  return Math.min(Math.round(seconds * 1000), Number.MAX_SAFE_INTEGER);
}

/** The pattern of what has a text in it. */
export function containing(text: string): string {
  return `%${storable(text).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

/**
 * Of whose records text is in the id, or in a message or tag that may be read.
 * @param part of the text, to look for in messages and tags in its place
 */
export function saying(text: string, { readableProcesses }: ArchiveFilter, part = text): Condition {
  const said = sql`said like ${containing(part)}`;
  const readable = readableProcesses ? sql`(${said} and ${ofProcesses(readableProcesses)})` : said;
  return sql`(words like ${containing(text)} or ${readable})`;
}

/** Of processes whose records have the text, for it is in the name of the process; undefined: none is. */
export function calledSo(processIds: readonly string[]): Condition | undefined {
  return processIds.length === 0 ? undefined : oneOf('process_id', processIds);
}

/** Of `with recursive`: a table `processes` with the column `id`, whose last row is null: a look at the index for each process. */
export function processIds(instance: number): Condition {
  const records = sql`${sql.table(JOBS)} where ${all(recordsOf(instance))}`;
  // Planned in less time than a minimum is.
  return sql`with recursive processes(id) as (
    (select process_id from ${records} order by process_id limit 1)
    union all
    select (select process_id from ${records} and process_id > processes.id order by process_id limit 1)
    from processes where id is not null)`;
}

/** As text, for years and zones that drivers write in their own way. The ends of what PostgreSQL and JavaScript both can say. */
export function instant(milliseconds: number): string {
  const date = new Date(Math.min(Math.max(milliseconds, Date.UTC(1, 0)), Date.UTC(9999, 11, 31, 23, 59, 59, 999)));
  return date.toISOString();
}
