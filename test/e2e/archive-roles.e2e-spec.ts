import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownerOf } from '../../src/access/rules/owner.js';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import type { ArchivedJob } from '../../src/archive/records/archived-job.js';
import { anArchivedJob, archivedId } from '../../src/archive/testing/archived-jobs.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { annotation } from '../../src/k8s/names.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const withPostgres = POSTGRES === undefined ? describe.skip : describe;

const owned = (name: string) => ({ owner: ownerOf({ issuer: 'tokens', subject: name }), ownerName: name });
const [ANN, BOB] = [owned('ann-smith'), owned('bob-jones')];
const failed = { status: 'failed' as const, cause: 'evicted', message: 'The node ran out of ether.' };

/** By their numbers: of a process that several may read, and of one that is told to few. */
const JOBS: readonly (readonly [number, Partial<ArchivedJob>])[] = [
  [1, { ...ANN, processId: 'seen', tags: ['survey'] }],
  [2, { ...ANN, processId: 'arcanum', tags: ['survey', 'rite'] }],
  [3, { ...BOB, processId: 'seen' }],
  [4, { ...ANN, ...failed, processId: 'seen' }],
  [5, { ...ANN, ...failed, processId: 'arcanum' }],
];
const OF_SEEN = [4, 3, 1];
const OF_ARCANUM = [5, 2];
const PARTS = ['', '/results', '/logs', '/request', '/prov', '/inputs', '/events'];

/** A record whose result stands on its Job. */
function withResult(number: number, changes: Partial<ArchivedJob>): ArchivedJob {
  const { object, ...job } = anArchivedJob(number, changes);
  const result = { [annotation.resultMimetype]: 'text/plain', [annotation.resultValue]: `result ${number}` };
  const annotations = { ...object.metadata.annotations, ...result };
  return { ...job, object: { ...object, metadata: { ...object.metadata, annotations } } };
}

interface List {
  readonly jobs: readonly { readonly jobID: string; readonly owner?: string }[];
  readonly numberMatched?: number;
}

withPostgres('archived jobs where whoever may read a process sees all of its jobs', () => {
  let database: TestPostgres;
  let bed: TestBed;
  beforeAll(async () => {
    database = await TestPostgres.create();
    const url = await database.database('archive');
    const reach = new Reach(new PostgresLanes({ url }), 'test');
    await reach.start();
    await thereIs(reach);
    for (const [number, job] of JOBS) await new DatabaseArchive(reach).put(withResult(number, job));
    await reach.close();
    bed = await TestBed.startProcess(
      { PYGEOAPI_CONFIG: 'test/fixtures/access/roles.yaml' },
      {
        configuration: (text) =>
          `${text.replace('access:\n', 'access:\n  own_jobs: false\n')}\narchive: { url: "${url}", instance: test }\n`,
      },
    );
    await eventually('the archive', async () => (await bed.get('/usage', 'of-root')).status === 200);
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (database as TestPostgres | undefined)?.remove();
  });

  /** What is not counted in time is left out: it is asked for until it is. */
  const list = (name: string, query: string) =>
    eventually('a list that is counted', async () => {
      const answer = (await (await bed.get(`/jobs?${query}`, name)).json()) as List;
      return answer.numberMatched === undefined ? undefined : answer;
    });
  /** Numbers of what is listed, and how many there are said to be. */
  const listed = async (name: string, query = '') => {
    const { jobs, numberMatched } = await list(name, query);
    return [jobs.map(({ jobID }) => Number(jobID.slice(-12))), numberMatched];
  };
  const every = (numbers: readonly number[]) => [numbers, numbers.length];
  const statusOf = async (name: string, number: number, part: string) =>
    (await bed.get(`/jobs/${archivedId(number)}${part}`, name)).status;
  const usage = async (name: string, by: string) => {
    const { rows, total } = (await (await bed.get(`/usage?by=${by}`, name)).json()) as {
      rows: { key: string; jobs: number }[];
      total: { jobs: number };
    };
    return [...rows.map(({ key, jobs }) => `${key} ${jobs}`), total.jobs];
  };

  it.each(['of-bob', 'of-reader'])('are listed to %s where the process may be read', async (name) => {
    expect(await listed(name)).toEqual(every(OF_SEEN));
    expect(await listed(name, 'sortby=created')).toEqual(every(OF_SEEN.toReversed()));
    expect(await listed(name, 'limit=2')).toEqual([OF_SEEN.slice(0, 2), 3]);
  });

  it.each(['of-bob', 'of-reader'])('have no number that tells %s of the others', async (name) => {
    expect(await listed(name, 'processID=arcanum')).toEqual(every([]));
    expect(await listed(name, 'q=arcanum')).toEqual(every([]));
    expect(await listed(name, 'q=rite')).toEqual(every([]));
    expect(await listed(name, `q=${archivedId(2)}`)).toEqual(every([]));
    expect(await listed(name, 'tag=survey')).toEqual(every([1]));
    expect(await listed(name, 'status=failed')).toEqual(every([4]));
    expect(await listed(name, 'cause=evicted')).toEqual(every([4]));
    expect(await listed(name, 'q=ether')).toEqual(every([4]));
    expect(await usage(name, 'process')).toEqual(['seen 3', 3]);
    expect(await usage(name, 'month')).toEqual(['2026-01 3', 3]);
  });

  it('are of nobody to who does not see all, but of oneself', async () => {
    for (const name of ['of-bob', 'of-reader']) {
      expect(await listed(name, 'owner=ann-smith')).toEqual(every([]));
      expect(await listed(name, `owner=${ANN.owner}`)).toEqual(every([]));
      expect((await list(name, '')).jobs.every(({ owner }) => owner === undefined)).toBe(true);
      expect(await (await bed.get('/usage?by=owner', name)).text()).not.toContain(ANN.owner);
      const prov = await bed.get(`/jobs/${archivedId(1)}/prov`, name);
      expect([prov.status, (await prov.text()).includes(ANN.owner)]).toEqual([200, false]);
    }
    expect(await listed('of-bob', 'owner=me')).toEqual(every([3]));
    expect(await listed('of-bob', 'owner=bob-jones')).toEqual(every([3]));
    expect(await listed('of-reader', 'owner=me')).toEqual(every([]));
    expect(await usage('of-bob', 'owner')).toEqual([`${BOB.owner} 1`, 1]);
  });

  it('are told of, with their results, to who may read their process', async () => {
    for (const name of ['of-bob', 'of-reader', 'of-ann', 'of-root'])
      for (const number of OF_SEEN) expect(await statusOf(name, number, '')).toBe(200);
    for (const name of ['of-bob', 'of-reader']) {
      const results = await bed.get(`/jobs/${archivedId(1)}/results`, name);
      expect([results.status, await results.text()]).toEqual([200, expect.stringContaining('result 1')]);
    }
    expect(await statusOf('of-reader', 1, '/logs')).toBe(await statusOf('of-reader', 3, '/logs'));
  });

  it('are as if there were none to who may not', async () => {
    for (const name of ['of-bob', 'of-reader', 'of-nobody'])
      for (const number of OF_ARCANUM)
        for (const part of PARTS) {
          const answer = await bed.get(`/jobs/${archivedId(number)}${part}`, name);
          const none = await bed.get(`/jobs/${archivedId(99)}${part}`, name);
          const told = (await answer.text()).replaceAll(archivedId(number), archivedId(99));
          expect([name, part, answer.status, told]).toEqual([name, part, 404, await none.text()]);
        }
    for (const [number] of JOBS) expect(await statusOf('of-nobody', number, '')).toBe(404);
    expect([await listed('of-nobody'), await usage('of-nobody', 'process')]).toEqual([every([]), [0]]);
    expect((await bed.delete(`/jobs/${archivedId(2)}`, 'of-bob')).status).toBe(404);
  });

  it('are all there, by whose they are, for who sees all', async () => {
    expect(await listed('of-root')).toEqual(every([5, 4, 3, 2, 1]));
    expect(await listed('of-root', 'owner=ann-smith')).toEqual(every([5, 4, 2, 1]));
    expect(await listed('of-root', `owner=${BOB.owner}`)).toEqual(every([3]));
    expect(await listed('of-root', 'owner=ann-smith&q=ether')).toEqual(every([5, 4]));
    expect(await usage('of-root', 'process')).toEqual(['seen 3', 'arcanum 2', 5]);
    expect(await usage('of-root', 'owner')).toEqual([`${ANN.owner} 4`, `${BOB.owner} 1`, 5]);
    expect(await listed('of-ann', 'owner=me')).toEqual(every([5, 4, 2, 1]));
  });
});
