import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import { SearchTooLongError } from '../../src/archive/records/archive.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { positionOf } from '../../src/archive/testing/archive-matches.js';
import { TestPostgres } from '../../src/archive/testing/postgres.js';
import { type Combination, COMBINATIONS, fillArchive } from '../support/million-records.js';
import { untilItHolds } from '../support/tries.js';

const RECORDS = 1_000_000;
const TIMES = 24;
const PAGE = 101;
/** Rows that a page may look at, or sort: a hundredth of all. */
const LOOKED_AT = 20_000;

let server: TestPostgres;
let reach: Reach;
let archive: DatabaseArchive;
let client: pg.Client;
/** What was asked last. */
let asked: { readonly text: string; readonly values: unknown[] } | undefined;
const report: string[] = [];

beforeAll(async () => {
  server = await TestPostgres.create(['fsync = off', 'max_wal_size = 4GB', 'shared_buffers = 512MB']);
  const url = await server.database('archive');
  reach = new Reach(new PostgresLanes({ url }), 'million');
  await reach.start();
  await thereIs(reach);
  archive = new DatabaseArchive(reach);
  await fillArchive(url, 'million', RECORDS);
  client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('set jit = off');
}, 3_600_000);
afterAll(async () => {
  process.stdout.write(`${report.join('\n')}\n`);
  await client?.end();
  await reach?.close();
  await server?.remove();
}, 600_000);

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

async function planOfLast(): Promise<Plan[]> {
  const { rows } = await client.query(`explain (analyze, format json) ${asked?.text}`, asked?.values);
  return nodesOf((rows[0] as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan);
}

/** Listens to what is sent. */
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  const [text, values] = args;
  if (typeof text === 'string' && /^\s*select \*/.test(text)) asked = { text, values: values as unknown[] };
  return (query as (...args: unknown[]) => unknown).apply(this, args);
} as typeof query;

async function timesOf({ filter, range = {} }: Combination): Promise<number[]> {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const start = performance.now();
    const page = await archive.list(filter(time), { ...range, limit: PAGE });
    times.push(performance.now() - start);
    const last = page.at(-1);
    if (page.length < PAGE || !last) continue;
    const next = performance.now();
    await archive.list(filter(time), { ...range, limit: PAGE, after: positionOf(last, range.order) });
    times.push(performance.now() - next);
  }
  return times.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(share * sorted.length)] ?? NaN;

describe('a million records', () => {
  it.each(COMBINATIONS)('are listed, $name, with the help of indexes', async ({ filter, range = {} }) => {
    for (let time = 0; time < 6; time++) {
      await archive.list(filter(time), { ...range, limit: PAGE });
      const nodes = await planOfLast();
      const scans = nodes.filter((node) => node['Relation Name'] === 'jobs');
      expect(scans.map((node) => node['Node Type'])).not.toContain('Seq Scan');
      for (const node of [...scans, ...nodes.filter((node) => node['Node Type'] === 'Sort')]) {
        const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
        expect({ ...node, Plans: undefined, looked: node['Actual Rows'] + removed <= LOOKED_AT }).toMatchObject({
          looked: true,
        });
      }
    }
  });

  it.each(COMBINATIONS)('are listed, $name, within 10 ms, almost always within 50', async (combination) => {
    let best: readonly number[] = [];
    await untilItHolds(
      () => timesOf(combination),
      (measured) => {
        best = measured.toSorted((a, b) => at(a, 0.95) - at(b, 0.95))[0] ?? [];
        expect({ p50: at(best, 0.5) <= 10, p95: at(best, 0.95) <= 50, best }).toMatchObject({ p50: true, p95: true });
      },
      { most: 5 },
    ).finally(() => {
      report.push(`| ${combination.name} | ${at(best, 0.5).toFixed(1)} | ${at(best, 0.95).toFixed(1)} |`);
    });
  });

  it('are searched in any other way for two seconds at most', async () => {
    const filters = [
      { text: 'a', tags: ['year-1'], minDuration: 500, causes: ['image'] },
      { text: 'no such text', statuses: ['failed' as const] },
      { text: '7%', processIds: ['process-3', 'process-4'], owners: ['nobody'] },
    ];
    for (const filter of filters) {
      const start = performance.now();
      await archive
        .list(filter, {
          limit: PAGE,
          order: [
            { property: 'processID', descending: true },
            { property: 'duration', descending: true },
          ],
        })
        .catch((error: unknown) => expect(error).toBeInstanceOf(SearchTooLongError));
      report.push(`another search: ${(performance.now() - start).toFixed(0)} ms`);
    }
    expect(await archive.find('no-such-job')).toBeUndefined();
  });

  it('are counted to ten thousand, and summed up', async () => {
    for (const filter of [{ owners: [`o`] }, { statuses: ['failed' as const] }, {}]) {
      const start = performance.now();
      const count = await archive.count(filter, 10_000);
      report.push(`count ${JSON.stringify(filter)}: ${count}, ${(performance.now() - start).toFixed(1)} ms`);
    }
    for (const by of ['process', 'owner', 'month'] as const) {
      const start = performance.now();
      const rows = await archive.usage(by, {});
      report.push(`usage by ${by}: ${(performance.now() - start).toFixed(0)} ms`);
      expect(rows.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(RECORDS);
    }
    const start = performance.now();
    await archive.processes();
    report.push(`processes: ${(performance.now() - start).toFixed(1)} ms`);
  });
});
