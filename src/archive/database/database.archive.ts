import { sql } from 'kysely';
import {
  Archive,
  type ArchiveFilter,
  type ArchiveRange,
  SearchTooLongError,
  type SeenProcess,
  type UsageBy,
  type UsageRow,
  type Written,
} from '../records/archive.js';
import type { ArchivedJob } from '../records/archived-job.js';
import { all, type Condition, processIds, recordsOf } from './conditions.js';
import { countOf, pageOf } from './searching/search.js';
import type { Reach } from './reach.js';
import { jobOf, rowOf } from './rows.js';
import { JOBS, type JobsTable, USAGE } from './tables.js';
import { usageOf } from './usage.js';

type Due = Awaited<ReturnType<Archive['due']>>;

/** The archive in PostgreSQL. */
export class DatabaseArchive extends Archive {
  constructor(private readonly reach: Reach) {
    super();
  }

  override find(jobId: string): Promise<ArchivedJob | 'removed' | undefined> {
    return this.reach.ask('records', async (db, instance) => {
      const row = await db
        .selectFrom(JOBS)
        .selectAll()
        .where('instance', '=', instance)
        .where('job_id', '=', jobId)
        .executeTakeFirst();
      return row && (row.removed === null ? jobOf(row) : 'removed');
    });
  }

  override async list(filter: ArchiveFilter, range: ArchiveRange): Promise<readonly ArchivedJob[]> {
    const rows = await this.reach.ask('searches', (db, instance) => pageOf(db, instance, filter, range));
    return rows.map(jobOf);
  }

  override async count(
    filter: ArchiveFilter,
    most: number,
    except: readonly string[] = [],
  ): Promise<number | undefined> {
    try {
      return await this.reach.ask('counts', (db, instance) => countOf(db, instance, filter, most, except));
    } catch (error) {
      if (error instanceof SearchTooLongError) return undefined;
      throw error;
    }
  }

  override processes(): Promise<readonly SeenProcess[]> {
    return this.reach.ask('searches', async (db, instance) => {
      const of = sql`${sql.table(JOBS)} where ${all(recordsOf(instance))} and process_id`;
      const { rows } = await sql<{ id: string; signed: boolean; unsigned: boolean }>`
        ${processIds(instance)} select id,
          exists (select from ${of} = id and not process_unsigned) as signed,
          exists (select from ${of} = id and process_unsigned) as unsigned
        from processes where id is not null`.execute(db);
      return rows.flatMap(({ id, signed, unsigned }) => [
        ...(signed ? [{ processId: id, processUnsigned: false }] : []),
        ...(unsigned ? [{ processId: id, processUnsigned: true }] : []),
      ]);
    });
  }

  override ownersCalled(name: string): Promise<readonly string[]> {
    return this.reach.ask('searches', async (db, instance) => {
      const records = sql`${sql.table(JOBS)} where ${all(recordsOf(instance))}`;
      const { rows } = await sql<{ owner: string }>`
        with recursive called(owner) as (
          (select min(owner) from ${records} and owner_name = ${name})
          union all
          select (select min(owner) from ${records} and owner_name = ${name} and owner > called.owner)
          from called where owner is not null)
        select owner from called where owner is not null and ${name} = (
          select owner_name from ${records} and owner = called.owner order by created desc, requested_at desc, name desc limit 1)
        union
        select ${name} where exists (select from ${records} and owner = ${name})`.execute(db);
      return rows.map(({ owner }) => owner);
    });
  }

  override put(job: ArchivedJob, before?: string): Promise<Written> {
    return this.reach.change('records', async (db, instance) => {
      const row = rowOf(instance, job);
      const written = await db
        .insertInto(JOBS)
        .values(row as never)
        .onConflict((on) =>
          on
            .columns(['instance', 'job_id'])
            .doUpdateSet(row as never)
            .where('ogc_processes.jobs.removed', 'is', null)
            .where('ogc_processes.jobs.uid', '=', job.uid)
            // The same once more: its acknowledgement may have been lost.
            .where('ogc_processes.jobs.state', 'in', [job.state, ...(before === undefined ? [] : [before])]),
        )
        .returning('job_id')
        .executeTakeFirst();
      if (written) return 'written';
      const standing = await db
        .selectFrom(JOBS)
        .select('removed')
        .where('instance', '=', instance)
        .where('job_id', '=', job.jobId)
        .executeTakeFirst();
      return standing?.removed ? 'removed' : 'superseded';
    });
  }

  override remove(jobId: string, now: Date, job?: ArchivedJob): Promise<boolean> {
    return this.reach.change('records', async (db, instance) => {
      // What is in the store of a job without a record is removed with its Job.
      const known = job ? { ...rowOf(instance, job), object: null } : { instance, job_id: jobId };
      const removed = now.toISOString();
      const row = await db
        .insertInto(JOBS)
        .values({ ...known, removed } as never)
        .onConflict((on) =>
          on
            .columns(['instance', 'job_id'])
            .doUpdateSet({ removed } as never)
            .where('ogc_processes.jobs.removed', 'is', null),
        )
        // Of a row that is new no transaction has been there before.
        .returning(sql<boolean>`xmax <> 0`.as('had'))
        .executeTakeFirst();
      return row?.had ?? false;
    });
  }

  override due(now: Date, limit: number): Promise<Due> {
    return this.reach.ask('sweeps', async (db, instance) => {
      const rows = await db
        .selectFrom(JOBS)
        .selectAll()
        .where('instance', '=', instance)
        .where('removed', 'is', null)
        .where('results_expire', '<=', now)
        .orderBy('results_expire')
        .limit(limit)
        .execute();
      const removed = await db
        .selectFrom(JOBS)
        .selectAll()
        .where('instance', '=', instance)
        .where('removed', 'is not', null)
        .where('object', 'is not', null)
        .orderBy('removed')
        .limit(limit)
        .execute();
      return [...rows, ...removed]
        .sort((a, b) => dueAt(a) - dueAt(b))
        .slice(0, limit)
        .map((row) => ({ job: jobOf(row), why: row.removed ? ('removed' as const) : ('expired' as const) }));
    });
  }

  override done(job: ArchivedJob, object?: ArchivedJob['object'], state = job.state): Promise<void> {
    return this.reach.change('records', async (db, instance) => {
      const row = db
        .updateTable(JOBS)
        .where('instance', '=', instance)
        .where('job_id', '=', job.jobId)
        .where('uid', '=', job.uid);
      if (object === undefined)
        await row
          .set({ object: null, message: '', said: '', words: '', tags: sql`'{}'` } as never)
          .where('removed', 'is not', null)
          .execute();
      else
        await row
          .set({ object: JSON.stringify(object), state, results_expire: null } as never)
          .where('removed', 'is', null)
          .where('state', '=', job.state)
          .execute();
    });
  }

  override forget(before: Date, limit: number): Promise<readonly ArchivedJob[]> {
    return this.reach.change('sweeps', async (db, instance) => {
      const some = (condition: Condition, time: Condition = sql`finished`) => sql`(
        select job_id from ${sql.table(JOBS)} where instance = ${instance} and ${condition}
          and ${time} < ${before.toISOString()}::timestamptz
        order by ${time} limit ${limit} for update skip locked)`;
      const done = sql`removed is not null and object is null`;
      // Of jobs that were never archived nothing may be known but when they were removed.
      for (const tombstones of [some(done), some(sql`${done} and finished is null`, sql`removed`)])
        await sql`delete from ${sql.table(JOBS)} where instance = ${instance} and job_id in ${tombstones}`.execute(db);
      await sql`delete from ${sql.table(USAGE)} where ctid = any(array(
        select ctid from ${sql.table(USAGE)} where instance = ${instance} and jobs = 0 for update skip locked))`.execute(
        db,
      );
      const { rows } = await sql<JobsTable>`
        update ${sql.table(JOBS)} set removed = now() where instance = ${instance} and job_id in
        ${some(sql`removed is null`)} returning *`.execute(db);
      return rows.map(jobOf);
    });
  }

  override usage(by: UsageBy, filter: ArchiveFilter): Promise<readonly UsageRow[]> {
    return this.reach.ask('searches', (db, instance) => usageOf(db, instance, by, filter));
  }
}

function dueAt({ removed, results_expire: expire }: JobsTable): number {
  return (removed ?? expire)?.getTime() ?? 0;
}
