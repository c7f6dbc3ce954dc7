import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES, TestPostgres } from '../../src/archive/testing/postgres.js';
import { ownAnnotation } from '../../src/k8s/names.js';
import { isSlow } from '../support/slow-tests.js';
import { type StatusInfo, TestBed, TOKEN } from '../support/test-bed.js';
import { transferConfiguration, transferEnvironment } from '../support/transfer.js';
import { eventually } from '../support/wait.js';

/** Seconds, from the end of a job. */
const [KEEP_JOBS, RESULTS_TTL] = [60, 100];
const KEPT_FILE = 'printf II > f; put f $(url image)';

let bed: TestBed;
let postgres: TestPostgres | undefined;
let folder: string;
afterAll(async () => {
  await postgres?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** `expiring` keeps what it prints in the store, `small` on its Job, `upload` sends it there. */
const configurationWith = (url: string) => (text: string) =>
  `archive:\n  url: ${url}\n${url === 'embedded' ? `  folder: ${folder}\n` : ''}  keep_jobs: ${KEEP_JOBS}s\n` +
  transferConfiguration(text)
    .replace('      results_ttl: 6\n', `      results_ttl: ${RESULTS_TTL}\n`)
    .replace(/( {2}upload:\n.*\n {4}processor: &uploads\n)/, `$1      results_ttl: ${RESULTS_TTL}\n`) +
  `  small:
    type: process
    processor:
      <<: *image
      results_ttl: ${RESULTS_TTL}
      metadata:
        <<: *both
        outputs: { text: { schema: { type: string } } }
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START output=text; echo few']
`;

const kubeJobOf = async (id: string) =>
  (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(id));
const isGone = (id: string) => eventually(`the Job of ${id} being gone`, async () => !(await kubeJobOf(id)), 150_000);
const archived = (id: string) =>
  eventually(
    `${id} being archived`,
    async () => (await kubeJobOf(id))?.metadata?.annotations?.[ownAnnotation.archived],
  );

/** As `kubectl delete job` does it. */
async function deleteJob(id: string): Promise<void> {
  const name = (await kubeJobOf(id))?.metadata?.name ?? '';
  const of = { name, namespace: bed.cluster.namespace, propagationPolicy: 'Foreground' };
  await bed.cluster.batch.deleteNamespacedJob(of);
  await isGone(id);
}

/** All that may be asked of a job, by its addresses. */
async function answersOf(id: string) {
  const asked = ['', '/results', '/results?f=zip', '/logs', '/request'];
  const answers = await Promise.all(asked.map((path) => bed.get(`/jobs/${id}${path}`, TOKEN)));
  const page = await fetch(`${bed.url}/jobs/${id}`, { headers: { accept: 'text/html' } });
  expect([page.status, (await page.text()).includes(id)]).toEqual([200, true]);
  const told = answers.map(async (answer) => [answer.status, (await answer.text()).replaceAll(bed.url, '')]);
  return (await Promise.all(told)).map(([status, text], at) => (at === 2 ? [status] : [status, text]));
}

const statusOf = async (path: string) => (await bed.get(path, TOKEN)).status;
const keyed = (key: string, text: string) =>
  bed.execute('inputs', { text }, { prefer: 'respond-async', headers: { 'idempotency-key': key } });

const KINDS = ['embedded', ...(POSTGRES ? ['postgres'] : [])];

describe.each(KINDS)('jobs in an archive (%s)', (kind) => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-archive-'));
    if (kind === 'postgres') postgres = await TestPostgres.create();
    const url = postgres ? await postgres.database('jobs') : kind;
    bed = await TestBed.startProcess(transferEnvironment, { configuration: configurationWith(url) });
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('are told of as before, whoever deletes their Job, also by a server that is started anew', async () => {
    const id = await bed.submit('expiring');
    const failed = await bed.submit('hello-failing', { name: 'x' });
    await Promise.all([bed.ended(id), bed.ended(failed)]);
    await Promise.all([archived(id), archived(failed)]);
    const [before, objects] = [[await answersOf(id), await answersOf(failed)], await bed.store.keys()];
    expect(before[0]?.map(([status]) => status)).toEqual([200, 200, 200, 200, 200]);
    await deleteJob(id);
    await deleteJob(failed);
    expect([await answersOf(id), await answersOf(failed)]).toEqual(before);
    await bed.replaceServer();
    // A server does not wait for an archive that is elsewhere.
    await eventually('the archive', async () => (await statusOf(`/jobs/${id}`)) === 200);
    expect([await answersOf(id), await answersOf(failed)]).toEqual(before);
    expect(await bed.store.keys()).toEqual(objects);
  });

  // It takes two minutes: a Job is kept for one at the least.
  (isSlow && kind === KINDS.at(-1) ? it : it.skip)(
    'leave the cluster with all that they gave, until its time is over',
    async () => {
      const ids = [
        await bed.submit('expiring'),
        await bed.submit('small'),
        await bed.submit('upload', { script: KEPT_FILE }),
      ];
      for (const id of ids) expect((await bed.ended(id)).status).toBe('successful');
      const before = await Promise.all(ids.map(answersOf));
      for (const id of ids) await isGone(id);
      expect(await Promise.all(ids.map(answersOf))).toEqual(before);
      for (const id of ids)
        await eventually(`results of ${id} being over`, async () => (await statusOf(`/jobs/${id}/results`)) === 410);
      await eventually('the store being empty of them', async () =>
        (await bed.store.keys()).every((key) => key.includes('-logs') || !ids.some((id) => key.includes(id))),
      );
      for (const id of ids) expect(await statusOf(`/jobs/${id}/logs`)).toBe(200);
    },
    400_000,
  );

  it('that were removed do not come back: neither their id nor their key is another’s', async () => {
    const [key, chosen] = [`"${randomUUID()}"`, randomUUID()];
    const { jobID } = (await (await keyed(key, 'one')).json()) as StatusInfo;
    const choose = () => bed.execute('short', {}, { prefer: 'respond-async', body: { job_id: chosen } });
    expect((await choose()).status).toBe(201);
    for (const id of [jobID, chosen]) {
      await bed.ended(id);
      await archived(id);
    }
    await deleteJob(jobID);
    await deleteJob(chosen);
    // In the archive.
    expect(((await (await keyed(key, 'one')).json()) as StatusInfo).jobID).toBe(jobID);
    expect([(await keyed(key, 'two')).status, (await choose()).status]).toEqual([422, 409]);
    expect((await bed.delete(`/jobs/${jobID}`)).status).toBe(200);
    expect((await bed.delete(`/jobs/${chosen}`)).status).toBe(200);
    for (const id of [jobID, chosen]) await eventually('its end', async () => (await statusOf(`/jobs/${id}`)) === 404);
    // Removed.
    expect([(await keyed(key, 'one')).status, (await choose()).status]).toEqual([422, 409]);
    expect((await bed.delete(`/jobs/${chosen}`)).status).toBe(404);
    expect(await kubeJobOf(chosen)).toBeUndefined();
    // One that is still in the cluster.
    const live = await bed.submit('short');
    await bed.ended(live);
    await archived(live);
    await bed.removeJob(live);
    await isGone(live);
    expect(await statusOf(`/jobs/${live}`)).toBe(404);
  });

  (kind === 'postgres' ? it : it.skip)(
    'wait in the cluster while it is away, and are collected',
    async () => {
      const known = await bed.submit('short');
      await bed.ended(known);
      await archived(known);
      await deleteJob(known);
      await postgres?.kill();
      await eventually('it being away', async () => (await statusOf(`/jobs/${known}`)) === 503);
      const id = await bed.submit('short');
      expect((await bed.ended(id)).status).toBe('successful');
      expect(await bed.result(id)).toBe(`result of ${id}`);
      await bed.cluster.allReleased();
      expect((await keyed(`"${randomUUID()}"`, 'x')).status).toBe(503);
      expect((await kubeJobOf(id))?.metadata?.annotations).not.toHaveProperty([ownAnnotation.archived]);
      await postgres?.start();
      await archived(id);
      await eventually('the other being there again', async () => (await statusOf(`/jobs/${known}`)) === 200);
    },
    180_000,
  );
});

describe('the job of another, in an archive', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2e-archive-'));
    const tokens = ['ann', 'bob', 'reader', 'nobody', 'root'].map((name) => [
      `TOKEN_OF_${name.toUpperCase()}`,
      `of-${name}`,
    ]);
    bed = await TestBed.startProcess(
      { PYGEOAPI_CONFIG: 'test/fixtures/access/roles.yaml', ...(Object.fromEntries(tokens) as object) },
      { configuration: (text) => `archive:\n  url: embedded\n  folder: ${folder}\n${text}` },
    );
  });
  afterAll(() => (bed as TestBed | undefined)?.stop());

  it('is not there', async () => {
    const id = await bed.submit('seen', { text: 'go' }, { token: 'of-ann' });
    await eventually('its end', async () => (await bed.status(id, 'of-ann')).status === 'successful');
    await archived(id);
    await deleteJob(id);
    for (const path of ['', '/results', '/logs', '/request']) {
      const answers = ['of-ann', 'of-bob'].map((token) => bed.get(`/jobs/${id}${path}`, token));
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 404]);
    }
    expect((await bed.delete(`/jobs/${id}`, 'of-bob')).status).toBe(404);
    expect((await bed.get(`/jobs/${id}`, 'of-ann')).status).toBe(200);
  });
});
