import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { rawGet } from '../support/http.js';
import { type LogLine, logLines } from '../support/log-lines.js';
import { Receiver } from '../support/receiver.js';
import { type StatusInfo, TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const SIGNING = `whsec_${Buffer.from('another-secret-of-enough-size').toString('base64')}`;

let bed: TestBed;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  bed = await TestBed.startProcess(
    {
      SUBSCRIBER_ALLOWED_HOSTS: '127.0.0.1',
      SUBSCRIBER_SIGNING_SECRET: SIGNING,
      INTERNAL_URL: 'http://127.0.0.1:0',
    },
    { configuration: (text) => text.replace('logging: { level: WARNING }', 'logging: { level: DEBUG }') },
  );
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await (receiver as Receiver | undefined)?.down();
});

const lines = () => logLines(bed.server?.output);
const lineOf = (what: string, fits: (line: LogLine) => boolean) => eventually(what, async () => lines().find(fits));

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

const submit = async (process: string, { headers = {}, body = {} }: Asked = {}) => {
  const answer = await fetch(`${bed.url}/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async', ...headers },
    body: JSON.stringify({ inputs: {}, ...body }),
  });
  expect(answer.status).toBe(201);
  return { answer, jobId: ((await answer.json()) as StatusInfo).jobID };
};

/** Of a job that has ended, once it is collected and its subscriber told. */
async function wholeJob(
  asked: Asked & { readonly path: string },
): Promise<{ jobId: string; requestId: string | null }> {
  const subscriber = { successUri: receiver.url(asked.path) };
  const { answer, jobId } = await submit('environment', {
    headers: { authorization: `Bearer ${TOKEN}`, ...asked.headers },
    body: { subscriber, ...asked.body },
  });
  await eventually('the subscriber being told', async () => receiver.at(asked.path).length === 1);
  await lineOf('that it was told', (line) => line.jobId === jobId && line.msg.includes('subscriber'));
  return { jobId, requestId: answer.headers.get('x-request-id') };
}

describe('the log of a server', () => {
  it('tells of a job, from the request to its end, under its id', async () => {
    const { jobId, requestId } = await wholeJob({ path: '/a', headers: { 'x-request-id': 'client-1' } });
    expect(requestId).toBe('client-1');
    const request = await lineOf('the request', (line) => line.requestId === 'client-1' && line.http !== undefined);
    expect(request).toMatchObject({
      level: 'debug',
      logger: 'HttpRequest',
      jobId,
      processId: 'environment',
      http: { method: 'POST', path: '/processes/environment/execution', status: 201 },
    });
    const own = lines().filter((line) => line.jobId === jobId);
    expect(own).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ requestId: 'client-1', logger: 'ExecutionService', processId: 'environment' }),
        expect.objectContaining({
          level: 'info',
          logger: 'OutcomeRecorder',
          processId: 'environment',
          resource: expect.stringMatching(/^pod\//),
          msg: `Job pygeoapi-job-${jobId} is successful`,
        }),
        expect.objectContaining({
          logger: 'SubscriberReconciler',
          resource: `job/pygeoapi-job-${jobId}`,
          msg: expect.stringMatching(/204$/),
        }),
      ]),
    );
    for (const line of own) {
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      if (line.resource !== undefined) expect(line).not.toHaveProperty('requestId');
    }
    for (const line of lines()) if (line.msg.includes(jobId)) expect(line.jobId).toBe(jobId);
  });

  it('has the same job’s failure and dismissal', async () => {
    const failing = await submit('hello-failing', { body: { inputs: { name: 'x' } } });
    await lineOf(
      'the failure',
      (line) => line.jobId === failing.jobId && line.msg.endsWith('is failed: non-zero-exit'),
    );
    const id = randomUUID();
    const answer = await fetch(`${bed.url}/jobs/${failing.jobId}`, {
      method: 'DELETE',
      headers: { 'x-request-id': id, authorization: `Bearer ${TOKEN}` },
    });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, id]);
    const dismissed = await lineOf('the dismissal', (line) => line.requestId === id && line.logger === 'JobsService');
    expect(dismissed.jobId).toBe(failing.jobId);
  });

  it('holds the id of every request, which its answer has, too', async () => {
    const refused = await rawGet(`${bed.url}/%ff`);
    const answers = [await fetch(`${bed.url}/nothing`), await fetch(`${bed.url}/jobs/x`), await fetch(bed.url)];
    const ids = [...answers.map(({ headers }) => headers.get('x-request-id')), refused.headers['x-request-id']];
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    for (const id of ids.slice(0, 3))
      await lineOf(`request ${id}`, (line) => line.requestId === id && line.http !== undefined);
  });

  it('shows no secret: no token, no address of a subscriber, no capability of a job', async () => {
    await wholeJob({ path: '/told?key=hunter2', body: { inputs: { token: TOKEN } } });
    const { jobId } = await submit('lines');
    await bed.ended(jobId);
    const pod = (await bed.cluster.pods()).find(({ metadata }) => metadata?.labels?.['job-name']?.endsWith(jobId));
    const environment = JSON.stringify(pod?.spec?.containers[0]?.env);
    const capability = /capability=([\w-]{43})/.exec(environment)?.[1] ?? '';
    expect(capability).toHaveLength(43);
    await fetch(`${bed.url}/transfer/${jobId}/inputs?capability=${capability}`, {
      headers: { 'x-request-id': 'last' },
    });
    await lineOf('the last request', (line) => line.requestId === 'last' && line.http !== undefined);
    for (const secret of [TOKEN, 'hunter2', '/told', capability, SIGNING]) {
      expect(bed.server?.output).not.toContain(secret);
    }
  });
});
