import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DatabaseArchive } from '../../src/archive/database/database.archive.js';
import { PostgresLanes } from '../../src/archive/database/postgres.lanes.js';
import { Reach } from '../../src/archive/database/reach.js';
import { thereIs } from '../../src/archive/testing/open-archive.js';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { ownAnnotation } from '../../src/k8s/names.js';
import { isSlow } from '../support/slow-tests.js';
import { type StatusInfo, TestBed, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const withPostgres = POSTGRES === undefined ? describe.skip : describe;
const INSTANCE = 'archive-replicas';

/** What one request was answered. */
interface Answer {
  readonly status: number;
  readonly jobID?: string;
}

withPostgres('two servers with one archive', () => {
  let postgres: TestPostgres;
  let reach: Reach;
  let bed: TestBed;
  let other: TestReplica;
  beforeAll(async () => {
    postgres = await TestPostgres.create();
    const url = await postgres.database('archive');
    reach = new Reach(new PostgresLanes({ url }), INSTANCE);
    await reach.start();
    await thereIs(reach);
    const archive = `\narchive: { url: '${url}', instance: ${INSTANCE}, keep_jobs: 1m }\n`;
    bed = await TestBed.startProcess({}, { configuration: (text) => text + archive });
    other = await bed.startReplica();
    for (const client of [bed, other])
      await eventually('the archive', async () => (await client.get('/usage')).status === 200);
  });
  afterAll(async () => {
    await (bed as TestBed | undefined)?.stop();
    await (reach as Reach | undefined)?.close();
    await (postgres as TestPostgres | undefined)?.remove();
  });

  const execute = async (url: string, headers: Record<string, string>, body: object): Promise<Answer> => {
    const response = await fetch(`${url}/processes/inputs/execution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
      body: JSON.stringify({ inputs: { text: 'x' }, ...body }),
    });
    const { jobID } = (await response.json()) as StatusInfo;
    return { status: response.status, ...(response.ok ? { jobID } : {}) };
  };
  /** Asks both at the same time, some times each. */
  const askBoth = (headers: Record<string, string>, body: object = {}, times = 3) =>
    Promise.all(
      Array.from({ length: times }, () => [bed.url, other.url]).flatMap((urls) =>
        urls.map((url) => execute(url, headers, body)),
      ),
    );
  const keyed = (key: string) => ({ 'idempotency-key': `"${key}"` });
  const kubeJobsOf = async (id: string) =>
    (await bed.cluster.kubeJobs()).filter(({ metadata }) => metadata?.name?.endsWith(id));
  const uidOf = async (id: string) => (await kubeJobsOf(id))[0]?.metadata?.uid ?? '';
  const recordOf = (id: string) => new DatabaseArchive(reach).find(id);
  const archived = (id: string) =>
    eventually(`${id} being archived`, async () =>
      (await kubeJobsOf(id)).some(({ metadata }) => metadata?.annotations?.[ownAnnotation.archived]),
    );
  /** Takes its Job out of the cluster while both are asked, until it is gone and a moment longer. */
  async function leave(id: string, ask: () => Promise<readonly Answer[]>): Promise<readonly Answer[]> {
    const name = (await kubeJobsOf(id))[0]?.metadata?.name ?? '';
    const { namespace, batch } = bed.cluster;
    const answers: Answer[] = [];
    const deleted = batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Foreground' });
    for (let left = false; !left;) {
      left = (await kubeJobsOf(id)).length === 0;
      answers.push(...(await ask()));
    }
    await deleted;
    return answers;
  }

  it('make one Job of one key, and none when it has left the cluster, nor when it was removed', async () => {
    const headers = keyed(randomUUID());
    const first = await askBoth(headers);
    const id = first[0]?.jobID ?? '';
    const same = { status: 201, jobID: id };
    expect(first).toEqual(first.map(() => same));
    const uid = await uidOf(id);
    await bed.ended(id);
    await archived(id);
    const answers = await leave(id, () => askBoth(headers, {}, 2));
    expect(answers).toEqual(answers.map(() => same));
    expect([await kubeJobsOf(id), await recordOf(id)]).toEqual([[], expect.objectContaining({ uid })]);
    expect((await bed.delete(`/jobs/${id}`)).status).toBe(200);
    expect((await askBoth(headers)).map(({ status }) => status)).toEqual(Array(6).fill(422));
    expect([await kubeJobsOf(id), await recordOf(id)]).toEqual([[], 'removed']);
  });

  it('give one chosen id to one request alone, before and after its Job has left', async () => {
    const id = randomUUID();
    const body = { job_id: id };
    const statuses = (await askBoth({}, body)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 409, 409, 409, 409, 409]);
    const uid = await uidOf(id);
    await bed.ended(id);
    await archived(id);
    const answers = await leave(id, () => askBoth({}, body, 2));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([409]));
    expect([await kubeJobsOf(id), await recordOf(id)]).toEqual([[], expect.objectContaining({ uid })]);
  });

  it('refuse both alike while the archive is away, but for a Job that they know, and go on when it is back', async () => {
    const [known, unknown] = [keyed(randomUUID()), keyed(randomUUID())];
    const live = await askBoth(known);
    const same = { status: 201, jobID: live[0]?.jobID };
    const id = live[0]?.jobID ?? '';
    for (const url of [bed.url, other.url])
      await eventually('each knowing the Job', async () => (await fetch(`${url}/jobs/${id}`)).status === 200);
    await postgres.stop();
    for (const client of [bed, other])
      await eventually('the archive being away', async () => (await client.get('/usage')).status === 503);
    const refused = Array(6).fill({ status: 503 });
    expect(await askBoth(unknown)).toEqual(refused);
    expect(await askBoth({}, { job_id: randomUUID() })).toEqual(refused);
    expect(await askBoth(known)).toEqual(refused.map(() => same));
    await postgres.start();
    for (const client of [bed, other])
      await eventually('the archive being back', async () => (await client.get('/usage')).status === 200);
    const made = await askBoth(unknown);
    expect(made).toEqual(made.map(() => ({ status: 201, jobID: made[0]?.jobID })));
    expect(await kubeJobsOf(made[0]?.jobID ?? '')).toHaveLength(1);
    expect(await askBoth(known)).toEqual(refused.map(() => same));
  });

  // It takes more than a minute: a Job is kept for one at the least.
  (isSlow ? it : it.skip)(
    'let each Job go once, with all that it gave, though the one that does so is killed between mark and removal',
    async () => {
      const [leader, next] = (await bed.leads()) ? [bed, other] : [other, bed];
      const usage = async () => ((await (await next.get('/usage')).json()) as { total: { jobs: number } }).total.jobs;
      const tag = randomUUID();
      const listed = async () => {
        const { jobs, numberMatched } = (await (await next.get(`/jobs?tag=${tag}&limit=100`)).json()) as {
          jobs: readonly StatusInfo[];
          numberMatched: number;
        };
        return { ids: jobs.map(({ jobID }) => jobID).toSorted(), numberMatched };
      };
      const resultsOf = (ids: readonly string[]) =>
        Promise.all(
          ids.map(async (id) => {
            const results = await next.get(`/jobs/${id}/results`);
            return [results.status, await results.text()];
          }),
        );
      const before = await usage();
      const ids = (
        await Promise.all(
          Array.from({ length: 12 }, (_, at) => next.submit('inputs', { text: `${at}` }, { body: { tags: [tag] } })),
        )
      ).toSorted();
      for (const id of ids) expect((await next.ended(id)).status).toBe('successful');
      for (const id of ids) await archived(id);
      const there = new Set(ids);
      const left = async () =>
        (await bed.cluster.kubeJobs()).filter(({ metadata }) => there.has(metadata?.name?.slice(-36) ?? ''));
      const [uids, results] = [
        new Map((await left()).map(({ metadata }) => [metadata?.name?.slice(-36) ?? '', metadata?.uid])),
        await resultsOf(ids),
      ];
      expect([uids.size, await usage()]).toEqual([12, before + 12]);
      await eventually(
        'the first of them being let go',
        async () => {
          const jobs = await left();
          return jobs.length < 12 || jobs.some(({ metadata }) => metadata?.annotations?.[ownAnnotation.released]);
        },
        120_000,
      );
      await (leader === bed ? bed.server : other.process)?.end('SIGKILL');
      await eventually('the other one letting go of the rest', async () => (await left()).length === 0, 150_000);
      expect(await listed()).toEqual({ ids, numberMatched: 12 });
      expect(await resultsOf(ids)).toEqual(results);
      expect(await usage()).toBe(before + 12);
      for (const id of ids) expect(await recordOf(id)).toMatchObject({ uid: uids.get(id) });
    },
    400_000,
  );
});
