import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { HostileBed } from '../../support/hostile-bed.js';
import { TOKEN } from '../../support/test-bed.js';
import { transferConfiguration, transferEnvironment } from '../../support/transfer.js';
import { eventually } from '../../support/wait.js';

const MOST_INLINE = 32 * 1024;
const MOST_JOBS = 3;

/** With the limits of the shipped configuration, but fewer jobs. */
const configuration = (text: string) =>
  transferConfiguration(text).replace(
    '    finalizer_controller: true\n',
    `    finalizer_controller: true\n    max_inline_inputs: ${MOST_INLINE}\n    max_jobs: ${MOST_JOBS}\n`,
  );

let hostile: HostileBed;
HostileBed.forSuite((bed) => (hostile = bed), transferEnvironment, { configuration });

const jobNames = async () => (await hostile.bed.cluster.kubeJobs()).map(({ metadata }) => metadata?.name).sort();
const kubeJobOf = async (jobId: string) => {
  const found = (await hostile.bed.cluster.kubeJobs()).find(({ metadata }) => metadata?.name?.endsWith(jobId));
  if (!found) throw new Error(`there is no Job ${jobId}`);
  return found;
};
const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const inlineOf = ({ spec }: V1Job) =>
  spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === 'PYGEOAPI_K8S_MANAGER_INPUTS');

/** @returns what was answered, and whether that left a Job */
async function refused(process: string, inputs: Readonly<Record<string, unknown>>) {
  const before = await jobNames();
  const response = await hostile.bed.execute(process, inputs);
  const { type, detail } = (await response.json()) as { type: string; detail: string };
  expect([response.status, type]).toEqual([413, `${hostile.bed.url}/problems/inputs-too-large`]);
  expect(await jobNames()).toEqual(before);
  return detail;
}

describe('inputs that would fill etcd', () => {
  it('are refused beyond max_inline_inputs, by its name, and leave no Job', async () => {
    await hostile.stayingAlive(async () => {
      const detail = await refused('inputs', { text: 'x'.repeat(40 * 1024) });
      expect(detail).toContain(`at most ${MOST_INLINE} reach`);
      expect(detail).toContain(`max_inline_inputs is ${MOST_INLINE}`);
      expect(detail).toContain('Pass large data by link');
      const text = 'x'.repeat(MOST_INLINE - size({ text: '' }));
      const response = await hostile.bed.execute('inputs', { text });
      expect([response.status, await response.json()]).toEqual([200, { text }]);
    });
  });

  it('are not put there by a processor that writes them into its pod either', async () => {
    await hostile.stayingAlive(async () => {
      expect(await refused('hello', { name: 'x'.repeat(200_000) })).toContain('(max_inline_inputs)');
      expect(await (await hostile.bed.execute('hello', { name: 'x'.repeat(20_000) })).text()).toMatch(
        /^Hello x{20000}!/,
      );
    });
  });

  it('go by way of the store from 16 KiB on, where the process reads them there', async () => {
    await hostile.stayingAlive(async () => {
      for (const length of [20 * 1024, 40 * 1024]) {
        const text = 'ä'.repeat(length / 2);
        const jobId = await hostile.bed.submit('large-inputs', { text });
        const kubeJob = await kubeJobOf(jobId);
        expect(inlineOf(kubeJob)).toBeUndefined();
        expect(JSON.stringify(kubeJob)).not.toContain(text.slice(0, 9_000));
        expect(await hostile.bed.ended(jobId)).toMatchObject({ status: 'successful' });
        const digest = createHash('sha256').update(JSON.stringify({ text })).digest('hex');
        expect(JSON.parse(await hostile.bed.result(jobId))).toBe(digest);
      }
    });
  });

  it('are all of a Job that may be large, whatever else a client sends', async () => {
    await hostile.stayingAlive(async () => {
      const address = (event: string) => `https://${event}.example.org/?${'a=b&'.repeat(500)}`;
      const response = await hostile.bed.execute(
        'inputs',
        { text: 'x'.repeat(30_000) },
        {
          prefer: `${'x=y,'.repeat(200)} respond-async`,
          body: {
            outputs: { inputs: { format: { mediaType: 'application/json' } } },
            subscriber: {
              successUri: address('success'),
              inProgressUri: address('progress'),
              failedUri: address('failed'),
            },
          },
          headers: {
            traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
            tracestate: Array.from({ length: 30 }, (_, n) => `vendor${n}=${'t'.repeat(8)}`).join(','),
            'idempotency-key': `"${'k'.repeat(200)}"`,
          },
        },
      );
      expect(response.status).toBe(201);
      const kubeJob = await kubeJobOf(((await response.json()) as { jobID: string }).jobID);
      expect(size(inlineOf(kubeJob))).toBeGreaterThan(30_000);
      expect(size(kubeJob.metadata?.annotations)).toBeGreaterThan(6_000);
      // All that the API server adds to it as well, but for who has written which field.
      const { managedFields: _, ...metadata } = kubeJob.metadata ?? {};
      expect(size({ ...kubeJob, metadata }) - size(inlineOf(kubeJob))).toBeLessThan(32_000);
    });
  });

  it('are refused where what is to be kept beside them is too much', async () => {
    const outputs = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`output-${n}`, {}]));
    const before = await jobNames();
    const response = await hostile.bed.execute('no-result', {}, { body: { outputs } });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('too many outputs')]);
    expect(await jobNames()).toEqual(before);
  });
});

describe('jobs of processes that ask for no token', () => {
  let going: string[] = [];
  const submit = () => hostile.bed.execute('endless', {}, { prefer: 'respond-async' });
  /** As the server sees it. */
  const free = async () => {
    const response = await hostile.bed.get('/jobs?status=accepted,running', TOKEN);
    return ((await response.json()) as { jobs: unknown[] }).jobs.length === 0;
  };
  beforeAll(() => eventually('the end of the jobs before', free));
  afterEach(async () => {
    for (const jobId of going) await hostile.bed.delete(`/jobs/${jobId}`, TOKEN);
    going = [];
    await eventually('the end of all jobs', free);
  });

  it('are as many as max_jobs says, also of requests that come at once; beyond that 429, until one has ended', async () => {
    await hostile.stayingAlive(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, submit));
      const accepted = answers.filter(({ status }) => status === 201);
      going = await Promise.all(accepted.map(async (answer) => ((await answer.json()) as { jobID: string }).jobID));
      const others = answers.filter(({ status }) => status !== 201);
      expect(accepted).toHaveLength(MOST_JOBS);
      expect(new Set(others.map(({ status, headers }) => [status, headers.get('retry-after')].join()))).toEqual(
        new Set(['429,10']),
      );
      const problem = (await others[0]?.json()) as { type: string; detail: string };
      expect(problem.type).toBe(`${hostile.bed.url}/problems/too-many-jobs`);
      expect(problem.detail).toContain(`${MOST_JOBS} may be (server.manager.max_jobs)`);
      const made = (await hostile.bed.cluster.kubeJobs()).filter(
        ({ metadata }) => metadata?.annotations?.['pygeoapi.io/process_id'] === 'endless',
      );
      expect(made).toHaveLength(MOST_JOBS);

      // Neither those that ask for the token are held up, nor those that only read.
      expect((await hostile.bed.execute('environment', {}, { token: TOKEN })).status).toBe(200);
      expect((await hostile.bed.get('/jobs')).status).toBe(200);

      expect((await hostile.bed.delete(`/jobs/${going.shift()}`, TOKEN)).status).toBe(200);
      const next = await eventually('room for another job', async () => {
        const answer = await submit();
        return answer.status === 201 && answer;
      });
      going.push(((await next.json()) as { jobID: string }).jobID);
      expect((await submit()).status).toBe(429);
    });
  });

  it('that have ended take no room, though their Jobs are still there', async () => {
    for (let n = 0; n < MOST_JOBS - 1; n += 1) going.push(await hostile.bed.submit('endless'));
    for (let n = 0; n < 3; n += 1) {
      const answer = await eventually('room for another job', async () => {
        const tried = await hostile.bed.execute('instant');
        return tried.status !== 429 && tried;
      });
      expect(answer.status).toBe(200);
    }
    const instant = (await hostile.bed.cluster.kubeJobs()).filter(
      ({ metadata }) => metadata?.annotations?.['pygeoapi.io/process_id'] === 'instant',
    );
    expect(instant).toHaveLength(3);
  });
});
