import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type StatusInfo, TestBed, TOKEN, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

let bed: TestBed;
let replica: TestReplica;
beforeAll(async () => {
  bed = await TestBed.start();
  replica = await bed.startReplica();
});
afterAll(() => (bed as TestBed | undefined)?.stop());

interface Options {
  readonly url?: string;
  readonly name?: 'execution' | 'jobs' | 'validation';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Executes a process with a body beside its inputs. */
function post(process: string, body: object, { url = bed.url, name = 'execution', headers = {} }: Options = {}) {
  return fetch(`${url}/processes/${process}/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
    body: JSON.stringify({ inputs: {}, ...body }),
  });
}
const greeting = { inputs: { name: 'you' } };
const withToken = { authorization: `Bearer ${TOKEN}` };
const kubeJobOf = async (id: string) =>
  (await bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name === `pygeoapi-job-${id}`);

/** Keeps the Job of an id there, or does so no more, whoever deletes it. */
const hold = (id: string, finalizers: readonly string[]) =>
  bed.cluster.batch.patchNamespacedJob(
    { name: `pygeoapi-job-${id}`, namespace: bed.cluster.namespace, body: { metadata: { finalizers } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );

/** What is said of an id to everybody at both servers, without what is of one request alone. */
async function refusalsOf(id: string): Promise<string[]> {
  const asked = [bed.url, replica.url].flatMap((url) => [{}, withToken].map((headers) => ({ url, headers })));
  return Promise.all(
    asked.map(async (options) => {
      const response = await post('hello', { ...greeting, job_id: id }, options);
      const { instance: _, ...problem } = (await response.json()) as Record<string, unknown>;
      return JSON.stringify([response.status, problem]).replaceAll(id, 'ID').replaceAll(options.url, 'URL');
    }),
  );
}

describe('POST /processes/{id}/jobs', () => {
  it('executes as /execution does, at once and later', async () => {
    const later = await post('hello', greeting, { name: 'jobs' });
    expect([later.status, later.headers.get('location')]).toEqual([201, expect.stringContaining(`${bed.url}/jobs/`)]);
    await bed.until(((await later.json()) as StatusInfo).jobID, 'successful');
    const atOnce = await post('hello', greeting, { name: 'jobs', headers: { prefer: 'wait=60' } });
    expect([atOnce.status, await atOnce.text()]).toEqual([200, 'Hello you!']);
  });

  it('is marked as an alias in the API definition', async () => {
    const { paths } = (await (await bed.get('/openapi')).json()) as {
      paths: Record<string, { post: { deprecated?: boolean; description: string } }>;
    };
    expect(paths['/processes/{processId}/jobs']?.post).toMatchObject({
      deprecated: true,
      description: expect.stringContaining('`/processes/{processId}/execution`'),
    });
    expect(paths['/processes/{processId}/execution']?.post.deprecated).toBeUndefined();
  });

  it('has no other method', async () => {
    const response = await bed.get('/processes/hello/jobs');
    expect([response.status, response.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
  });
});

describe('an execute request with a job_id', () => {
  it.each(['execution', 'jobs'] as const)('gives the job of that id by /%s', async (name) => {
    const id = randomUUID();
    const response = await post('hello', { ...greeting, job_id: id }, { name });
    expect([response.status, response.headers.get('location')]).toEqual([201, `${bed.url}/jobs/${id}`]);
    expect(await response.json()).toMatchObject({ jobID: id });
    await bed.until(id, 'successful');
    expect(await (await bed.get(`/jobs/${id}/results`)).text()).toBe('Hello you!');
  });

  it.each(['my-job', 'A0000000-0000-4000-8000-000000000000', 5])(
    'is refused where it is no UUID (%j), with all other faults',
    async (id) => {
      const response = await post('hello', { inputs: { name: 5 }, job_id: id });
      expect([response.status, await response.json()]).toEqual([
        400,
        expect.objectContaining({
          errors: expect.arrayContaining([
            { pointer: '/job_id', message: expect.stringContaining("only such jobs are this manager's") },
            expect.objectContaining({ pointer: '/inputs/name' }),
          ]),
        }),
      ]);
    },
  );

  it('is refused with an Idempotency-Key, and makes nothing', async () => {
    const id = randomUUID();
    const headers = { 'idempotency-key': randomUUID() };
    const response = await post('hello', { ...greeting, job_id: id }, { headers });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({
        errors: [{ pointer: '/job_id', message: expect.stringContaining('Idempotency-Key') }],
      }),
    ]);
    expect(await kubeJobOf(id)).toBeUndefined();
  });

  it('is refused where the id is taken, in the same words whoever owns it, while it runs, ended, or goes', async () => {
    const [open, guarded, going] = [randomUUID(), randomUUID(), randomUUID()];
    expect((await post('hello', { ...greeting, job_id: open })).status).toBe(201);
    expect((await post('environment', { job_id: guarded }, { headers: withToken })).status).toBe(201);
    expect((await post('endless', { job_id: going })).status).toBe(201);
    await bed.until(open, 'successful');
    await bed.until(going, 'running');
    const answers = [await refusalsOf(open), await refusalsOf(guarded), await refusalsOf(going)];
    await hold(going, ['example.org/held']);
    expect((await bed.delete(`/jobs/${going}`)).status).toBe(200);
    answers.push(await refusalsOf(going));
    expect((await bed.delete(`/jobs/${going}`)).status).toBe(200);
    answers.push(await refusalsOf(going));
    await eventually('the Job being deleted', async () => (await kubeJobOf(going))?.metadata?.deletionTimestamp);
    answers.push(await refusalsOf(going));
    await hold(going, []);
    expect([...new Set(answers.flat())].map((text) => JSON.parse(text) as unknown)).toEqual([
      [
        409,
        expect.objectContaining({
          type: 'URL/problems/job-id-taken',
          detail: expect.stringContaining('"ID" is taken'),
        }),
      ],
    ]);
    expect(await (await bed.get(`/jobs/${open}/results`)).text()).toBe('Hello you!');
  });

  it('makes exactly one job where many send it side by side to two replicas', async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post('hello', { ...greeting, job_id: id }, { url: index % 2 === 0 ? bed.url : replica.url }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect(await kubeJobOf(id)).toBeDefined();
  });

  it('is checked by /validation, which shows the Job that would be', async () => {
    const body = { ...greeting, job_id: randomUUID() };
    const free = await post('hello', body, { name: 'validation' });
    expect(await free.json()).toMatchObject({ kubeJob: { metadata: { name: `pygeoapi-job-${body.job_id}` } } });
    expect((await post('hello', body)).status).toBe(201);
    expect((await post('hello', body, { name: 'validation' })).status).toBe(409);
  });
});
