import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { Webhook } from 'standardwebhooks';
import { Receiver } from '../support/receiver.js';
import { type StatusInfo, TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const SECRET = `whsec_${Buffer.from('end-to-end-secret-of-enough-size').toString('base64')}`;

/** A process whose Jobs may go as soon as they have ended. */
const FLEETING = `
  fleeting:
    type: process
    processor:
      <<: *image
      ttl_seconds_after_finished: 0
      metadata: *both
      command: [sh, -c, 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo done']
  endless-and-fleeting:
    type: process
    processor:
      <<: *image
      ttl_seconds_after_finished: 0
      metadata: *both
      command: [sh, -c, "trap 'exit 143' TERM; while true; do sleep 1; done"]
`;

interface Delivery {
  readonly event: string;
  readonly status: string;
  readonly state?: string;
  readonly attempts: number;
  readonly history: readonly { readonly answer: string }[];
}

let bed: TestBed;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.start();
  bed = await TestBed.start(
    { SUBSCRIBER_ALLOWED_HOSTS: receiver.host, SUBSCRIBER_SIGNING_SECRET: SECRET },
    { configuration: (text) => text + FLEETING },
  );
});
afterAll(async () => {
  await (bed as TestBed | undefined)?.stop();
  await (receiver as Receiver | undefined)?.down();
});

let number = 0;
/** Addresses of a job's own, with a secret in the query. */
function addresses() {
  number += 1;
  const path = (event: string) => `/${number}/${event}?key=hunter2`;
  return {
    path,
    subscriber: {
      inProgressUri: receiver.url(path('progress')),
      successUri: receiver.url(path('success')),
      failedUri: receiver.url(path('failed')),
    },
  };
}
const deliveriesOf = async (jobId: string): Promise<readonly Delivery[]> =>
  ((await bed.status(jobId)) as StatusInfo & { subscriber?: Delivery[] }).subscriber ?? [];
const settled = (jobId: string, event: string, status = 'delivered') =>
  eventually(
    `${event} of ${jobId} being ${status}`,
    async () => {
      const delivery = (await deliveriesOf(jobId)).find((candidate) => candidate.event === event);
      return delivery?.status === status ? delivery : Promise.reject(new Error(JSON.stringify(delivery)));
      // A subscriber that was away is called again after twice as long each time.
    },
    150_000,
  );

async function annotate(jobId: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
  await bed.cluster.batch.patchNamespacedJob(
    {
      name: `pygeoapi-job-${jobId}`,
      namespace: bed.cluster.namespace,
      body: { metadata: { annotations } },
    },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

describe('a subscriber', () => {
  it('/req/callback/job-callback: is told that the job runs, and its results, signed', async () => {
    const { path, subscriber } = addresses();
    const jobId = await bed.submit('short', {}, { body: { subscriber } });
    await settled(jobId, 'success');
    const [progress] = receiver.at(path('progress'));
    expect(JSON.parse(progress?.body ?? '')).toMatchObject({ jobID: jobId, status: 'running' });
    const [success, ...more] = receiver.at(path('success'));
    expect([more, receiver.at(path('failed'))]).toEqual([[], []]);
    expect(Object.values(JSON.parse(success?.body ?? '') as object)).toEqual([
      { value: `result of ${jobId}`, mediaType: 'text/plain' },
    ]);
    expect(success?.headers).toMatchObject({
      'content-type': 'application/json',
      link: `<${bed.url}/jobs/${jobId}>; rel="monitor"`,
    });
    for (const call of [progress, success])
      expect(() => new Webhook(SECRET).verify(call?.body ?? '', call?.headers as Record<string, string>)).not.toThrow();
    expect(progress?.id).not.toBe(success?.id);

    const status = JSON.stringify(await bed.status(jobId));
    expect(JSON.parse(status)).toMatchObject({
      subscriber: [
        { event: 'inProgress', status: 'delivered' },
        { event: 'success', status: 'delivered', state: 'successful', attempts: 1, history: [{ answer: '204' }] },
      ],
    });
    expect(status + JSON.stringify(await (await bed.get('/jobs')).json()) + (await bed.output())).not.toContain(
      'hunter2',
    );
  });

  it('is told why the job failed', async () => {
    const { path, subscriber } = addresses();
    const jobId = await bed.submit('hello-failing', { name: 'x' }, { body: { subscriber } });
    await settled(jobId, 'failed');
    expect(JSON.parse(receiver.at(path('failed'))[0]?.body ?? '')).toMatchObject({
      jobID: jobId,
      status: 'failed',
      cause: { type: 'non-zero-exit', exitCode: 1 },
    });
    expect(receiver.at(path('success'))).toEqual([]);
  });

  it('is told of progress, and of nothing once the job is dismissed', async () => {
    const { path, subscriber } = addresses();
    const jobId = await bed.submit('endless-and-fleeting', {}, { body: { subscriber } });
    await eventually('the first call', () => receiver.at(path('progress')).length > 0);
    await annotate(jobId, { 'pygeoapi.io/progress': '40' });
    const call = await eventually('the progress', () =>
      receiver.at(path('progress')).find(({ body }) => (JSON.parse(body) as StatusInfo).progress === 40),
    );
    expect(call.id).toMatch(/_running-40$/);
    await bed.delete(`/jobs/${jobId}`);
    // Its time to live is 0, and counts though nobody was told of its end.
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect([...receiver.at(path('success')), ...receiver.at(path('failed'))]).toEqual([]);
  });

  it('may name its addresses as the 1.0 schema does, and is called for a synchronous execution, too', async () => {
    const { path, subscriber } = addresses();
    const response = await bed.execute(
      'hello',
      { name: 'you' },
      { body: { subscriber: { successUrl: subscriber.successUri } } },
    );
    expect(await response.text()).toBe('Hello you!');
    await eventually('the call', () => receiver.at(path('success')).length === 1);
  });

  it('that answers badly is called again with the same id, and no redirect is followed', async () => {
    const { path, subscriber } = addresses();
    const moods = [500, 302];
    receiver.answer = ({ path: called }, response) => {
      const status = called === path('success') ? (moods.shift() ?? 200) : 204;
      response.writeHead(status, status === 302 ? { location: receiver.url('/elsewhere') } : {}).end();
    };
    const jobId = await bed.submit('hello', { name: 'you' }, { body: { subscriber } });
    const delivery = await settled(jobId, 'success');
    expect(delivery).toMatchObject({ attempts: 3, history: [{ answer: '500' }, { answer: '302' }, { answer: '200' }] });
    expect(new Set(receiver.at(path('success')).map(({ id }) => id)).size).toBe(1);
    expect(receiver.at('/elsewhere')).toEqual([]);
  });

  it('that is away, while the server is killed, is told once it is back', async () => {
    receiver.answer = (_call, response) => response.writeHead(204).end();
    const jobs = Array.from({ length: 5 }, addresses);
    await receiver.down();
    const ids = await Promise.all(
      jobs.map(({ subscriber }) => bed.submit('hello', { name: 'you' }, { body: { subscriber } })),
    );
    for (const id of ids)
      expect((await settled(id, 'success', 'pending')).history[0]?.answer).toBe('connection-refused');
    await bed.replaceServer();
    await receiver.up();
    for (const id of ids) await settled(id, 'success');
    for (const { path } of jobs) {
      const seen = new Set(receiver.at(path('success')).map(({ id }) => id));
      expect([seen.size, receiver.at(path('success')).length]).toEqual([1, 1]);
    }
  });

  it('that is away keeps the Job from being removed until it was told', async () => {
    const { path, subscriber } = addresses();
    await receiver.down();
    const jobId = await bed.submit('fleeting', {}, { body: { subscriber: { successUri: subscriber.successUri } } });
    const unheld = await bed.submit('fleeting');
    await settled(jobId, 'success', 'pending');
    // That of the other is over meanwhile.
    await eventually('the other job being gone', async () => (await bed.get(`/jobs/${unheld}`)).status === 404);
    expect(await bed.status(jobId)).toMatchObject({ status: 'successful' });
    receiver.answer = (_call, response) => response.writeHead(204).end();
    await receiver.up();
    await eventually('the job being gone', async () => (await bed.get(`/jobs/${jobId}`)).status === 404, 150_000);
    expect(receiver.at(path('success'))).toHaveLength(1);
    expect((await bed.store.logs()).filter((key) => key.includes(jobId))).toHaveLength(1);
  });

  it('sees each state once by its id, even where the server is killed while it answers', async () => {
    const { path, subscriber } = addresses();
    let isHanging = false;
    await receiver.up();
    receiver.answer = ({ path: called }, response) => {
      if (called === path('success') && receiver.at(called).length === 1) isHanging = true;
      else response.writeHead(204).end();
    };
    const jobId = await bed.submit('hello', { name: 'you' }, { body: { subscriber } });
    await eventually('the call', () => isHanging);
    await bed.replaceServer();
    await settled(jobId, 'success');
    const calls = receiver.at(path('success'));
    expect([calls.length, new Set(calls.map(({ id }) => id)).size]).toEqual([2, 1]);
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
  });
});

describe('an address that may not be called', () => {
  it('is refused at once where that can be seen, with its place', async () => {
    const response = await bed.execute(
      'hello',
      { name: 'x' },
      {
        body: {
          subscriber: {
            successUri: 'http://169.254.169.254/latest/meta-data',
            failedUrl: 'http://[::ffff:10.0.0.1]/',
            inProgressUri: 'http://localhost.evil.example/',
          },
        },
      },
    );
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: { pointer: string; message: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/subscriber/successUri', '/subscriber/failedUrl']);
    expect(errors[0]?.message).toContain('may not be sent to');
  });

  it('is not called even where it stands on the Job', async () => {
    const { subscriber } = addresses();
    const jobId = await bed.submit('short', {}, { body: { subscriber: { successUri: subscriber.successUri } } });
    const before = receiver.calls.length;
    const forged = { base: bed.url, uris: { success: receiver.url('/hostile').replace(receiver.host, '127.0.0.2') } };
    // Without its signature it is what an older version may have written.
    await annotate(jobId, {
      'processes.pygeoapi.io/subscriber': JSON.stringify(forged),
      'signature.processes.pygeoapi.io/subscriber': null,
    });
    expect(await settled(jobId, 'success', 'given-up')).toMatchObject({
      attempts: 1,
      history: [{ answer: 'address-not-allowed' }],
    });
    expect(receiver.calls).toHaveLength(before);
  });
});

it('the conformance class is declared, and the request documented', async () => {
  const { conformsTo } = (await (await bed.get('/conformance')).json()) as { conformsTo: string[] };
  expect(conformsTo).toContain('http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/callback');
  const { paths } = (await (await bed.get('/openapi')).json()) as {
    paths: Record<string, { post: { requestBody: { content: Record<string, { schema: { properties: object } }> } } }>;
  };
  const schema = paths['/processes/hello/execution']?.post.requestBody.content['application/json']?.schema;
  expect(schema?.properties).toMatchObject({
    subscriber: { properties: { successUri: {}, failedUri: {}, inProgressUri: {} } },
  });
});
