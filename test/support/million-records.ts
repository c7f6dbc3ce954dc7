import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { ArchiveFilter, ArchiveProperty, ArchiveRange } from '../../src/archive/records/archive.js';

const FILL = readFileSync(join(import.meta.dirname, '../fixtures/archive/million.sql'), 'utf8');
const SCHEMA = "schemaname = 'ogc_processes' and tablename = 'jobs' and indexname <> 'jobs_pkey'";

/** Fills an archive whose schema is there; the indexes are made again afterwards, which takes a tenth of the time. */
export async function fillArchive(url: string, instance: string, records: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query<{ id: number }>('select id from ogc_processes.instances where name = $1', [
      instance,
    ]);
    const indexes = await client.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes where ${SCHEMA}`,
    );
    for (const { name } of indexes.rows) await client.query(`drop index ogc_processes.${name}`);
    await client.query(FILL, [found.rows[0]?.id, records]);
    await client.query("set maintenance_work_mem = '512MB'");
    for (const { definition } of indexes.rows) await client.query(definition);
    await client.query('vacuum (analyze) ogc_processes.jobs');
  } finally {
    await client.end();
  }
}

/** What is asked, with values that change from one time to the next. */
export interface Combination {
  readonly name: string;
  readonly filter: (time: number) => ArchiveFilter;
  readonly range?: Pick<ArchiveRange, 'order'>;
}

const MONTH = 30 * 24 * 3600 * 1000;
const FIRST = Date.UTC(2024, 10, 1);

const one = {
  process: (time: number) => ({ processIds: [`process-${time % 40}`] }),
  status: (time: number) => ({ statuses: [time % 2 === 0 ? ('failed' as const) : ('dismissed' as const)] }),
  cause: (time: number) => ({ causes: [['exit-code', 'out-of-memory', 'exit-code-rarely'][time % 3] as string] }),
  q: (time: number) => ({
    text: [`station 1${time}7`, 'exit code 3', `product ${(time * 7).toString(16)}a`, 'project-1'][time % 4] as string,
  }),
  tag: (time: number) => ({ tags: [[`project-${time}`, 'year-3', `rare-${time * 1000 - 1}`][time % 3] as string] }),
  datetime: (time: number) => ({ created: { start: FIRST + time * MONTH, end: FIRST + (time + 1) * MONTH } }),
  duration: (time: number) =>
    time % 2 === 0 ? { minDuration: 600 * (time % 9) } : { maxDuration: time, minDuration: 0 },
  access: (time: number) => ({
    seenProcesses: Array.from({ length: 5 }, (_, at) => ({
      processId: `process-${time + 3 * at}`,
      processUnsigned: false,
    })),
  }),
};
const label = (time: number) => OWNERS[time % OWNERS.length] as string;
/** Of some that have most, some that have few, and some that never had a failure: `o` and the MD5 of `ownerN` for 0, 1, 7, 14, 50, 300. */
const OWNERS = [0, 1, 7, 14, 50, 300].map((owner) => ownerLabel(owner));

function ownerLabel(owner: number): string {
  return `o${createHash('md5').update(`owner${owner}`).digest('hex')}`;
}

const sorts = (['created', 'started', 'finished', 'duration', 'processID'] as ArchiveProperty[]).flatMap((property) =>
  [false, true].map((descending) => ({ property, descending })),
);

const alone: readonly Combination[] = [
  { name: 'newest first', filter: () => ({}) },
  ...Object.entries(one).map(([name, filter]) => ({ name, filter })),
  { name: 'process, status', filter: (time) => ({ ...one.process(time), ...one.status(time) }) },
  { name: 'status, datetime', filter: (time) => ({ ...one.status(time), ...one.datetime(time) }) },
  ...sorts.map((criterion) => ({
    name: `sorted by ${criterion.descending ? '-' : ''}${criterion.property}`,
    filter: () => ({}),
    range: { order: [criterion] },
  })),
];

/** Each on its own, and with an owner. */
export const COMBINATIONS: readonly Combination[] = [
  ...alone,
  ...alone.map(({ name, filter, ...rest }) => ({
    ...rest,
    name: `owner, ${name}`,
    filter: (time: number) => ({ ...filter(time), owners: [label(time)] }),
  })),
];

/** What sums are asked of: whole months, parts of them, and what access leaves. */
export const SUMMED: readonly { readonly name: string; readonly filter: ArchiveFilter }[] = [
  { name: 'owner', filter: { owners: [label(0)] } },
  { name: 'owner, access', filter: { owners: [label(1)], ...one.access(0) } },
  { name: 'access', filter: one.access(0) },
  { name: 'a year', filter: { created: { start: Date.UTC(2025, 0), end: Date.UTC(2026, 0) - 1 } } },
  { name: 'datetime', filter: { created: { start: Date.UTC(2024, 10, 2), end: Date.UTC(2026, 8, 29) } } },
  {
    name: 'access, datetime',
    filter: { ...one.access(0), created: { start: Date.UTC(2025, 4, 15, 12), end: Infinity } },
  },
  { name: 'days', filter: one.datetime(3) },
];
