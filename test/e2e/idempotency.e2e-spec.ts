import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { onRealCluster } from '../support/cluster.js';
import { type StatusInfo, TestBed, TOKEN, type TestReplica } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

let bed: TestBed;
let replica: TestReplica;
beforeAll(async () => {
  bed = await TestBed.start(
    {},
    {
      configuration: (text) =>
        text
          .replace('finalizer_controller: true', 'finalizer_controller: true\n    sync_max_wait: 120')
          .replace(/(?<=\n {2}sync-only:\n.*\n {4}processor:\n)/, '      sync_max_wait: 2\n'),
    },
  );
  replica = await bed.startReplica({ SYNC_MAX_WAIT: '1' });
});
afterAll(() => (bed as TestBed | undefined)?.stop());

interface Options {
  readonly url?: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

function execute(process: string, inputs: object, { url = bed.url, key, prefer, token, signal }: Options) {
  return fetch(`${url}/processes/${process}/execution`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(prefer === undefined ? {} : { prefer }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ inputs }),
    signal,
  });
}
const jobOf = async (response: Response): Promise<string> => {
  expect(response.status).toBe(201);
  return ((await response.json()) as StatusInfo).jobID;
};
const kubeJobsOf = async (process: string) =>
  (await bed.cluster.kubeJobs()).filter(
    ({ metadata }) => metadata?.annotations?.['pygeoapi.io/process_id'] === process,
  );

describe('a request with an Idempotency-Key', () => {
  it('gives one job however often it is sent, also synchronously', async () => {
    const key = `"${randomUUID()}"`;
    const jobId = await jobOf(await execute('hello', { name: 'you' }, { key, prefer: 'respond-async' }));
    expect(await jobOf(await execute('hello', { name: 'you' }, { key, prefer: 'respond-async' }))).toBe(jobId);
    const sync = await execute('hello', { name: 'you' }, { key });
    expect([sync.status, await sync.text()]).toEqual([200, 'Hello you!']);
    expect(sync.headers.get('link')).toContain(jobId);
    expect((await kubeJobsOf('hello')).map(({ metadata }) => metadata?.name)).toEqual([`pygeoapi-job-${jobId}`]);
  });

  it('is refused with another body, and starts nothing', async () => {
    const key = randomUUID();
    const jobId = await jobOf(
      await execute('with-init', {}, { key }).then(async (first) => {
        expect(first.status).toBe(200);
        return execute('with-init', {}, { key, prefer: 'respond-async' });
      }),
    );
    const other = await fetch(`${bed.url}/processes/with-init/execution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ inputs: {}, response: 'document' }),
    });
    expect([other.status, await other.json()]).toEqual([
      422,
      expect.objectContaining({ detail: expect.stringContaining(jobId) }),
    ]);
    expect(await kubeJobsOf('with-init')).toHaveLength(1);
  });

  it('gives another caller another job', async () => {
    const key = randomUUID();
    const options = { key, prefer: 'respond-async' };
    const mine = await jobOf(await execute('unicode', {}, options));
    expect(await jobOf(await execute('unicode', {}, { ...options, token: TOKEN }))).not.toBe(mine);
    expect(await jobOf(await execute('unicode', {}, { ...options, token: 'unknown' }))).toBe(mine);
  });

  it('gives one job where many send it at the same time to two replicas', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        execute('lines', {}, { key, prefer: 'respond-async', url: index % 2 === 0 ? bed.url : replica.url }),
      ),
    );
    const ids = new Set(await Promise.all(answers.map(jobOf)));
    expect(ids.size).toBe(1);
    expect(await kubeJobsOf('lines')).toHaveLength(1);
  });

  it('frees its key when its job is removed', async () => {
    const key = randomUUID();
    const options = { key, prefer: 'respond-async' };
    const jobId = await jobOf(await execute('no-result', {}, options));
    const uidOf = async () => (await kubeJobsOf('no-result'))[0]?.metadata?.uid;
    const uid = await uidOf();
    await bed.ended(jobId);
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    await eventually('the Job being gone', async () => (await uidOf()) === undefined);
    await eventually('the list without it', async () => (await bed.get(`/jobs/${jobId}`)).status === 404);
    expect(await jobOf(await execute('no-result', {}, options))).toBe(jobId);
    expect(await uidOf()).not.toBe(uid);
  });

  it('names a dismissed job until that is removed', async () => {
    const key = randomUUID();
    const options = { key, prefer: 'respond-async' };
    const jobId = await jobOf(await execute('endless', {}, options));
    expect((await bed.delete(`/jobs/${jobId}`)).status).toBe(200);
    const again = await execute('endless', {}, options);
    expect([again.status, await again.json()]).toEqual([
      201,
      expect.objectContaining({ jobID: jobId, status: 'dismissed' }),
    ]);
    expect((await execute('endless', {}, { key, prefer: 'wait=600' })).status).toBe(410);
    await bed.removeJob(jobId);
    expect(await jobOf(await execute('endless', {}, options))).toBe(jobId);
    expect((await bed.status(jobId)).status).not.toBe('dismissed');
    await bed.delete(`/jobs/${jobId}`);
  });

  it.each(['a b', '"', 'x'.repeat(256)])('that is malformed (%s) is refused', async (key) => {
    const response = await execute('hello', { name: 'x' }, { key });
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: 'Idempotency-Key' })] }),
    ]);
  });
});

describe('a job list', () => {
  it('is in the order of the requests, page by page, whatever the ids are', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1)
      ids.push(
        await jobOf(
          await execute('two-outputs', {}, { prefer: 'respond-async', ...(index % 2 ? { key: randomUUID() } : {}) }),
        ),
      );
    const listed: string[] = [];
    let path: string | undefined = '/jobs?processID=two-outputs&limit=5';
    while (path !== undefined) {
      const page = (await (await bed.get(path)).json()) as {
        jobs: StatusInfo[];
        links: { rel: string; href: string }[];
      };
      listed.push(...page.jobs.map(({ jobID }) => jobID));
      path = page.links.find(({ rel }) => rel === 'next')?.href.slice(bed.url.length);
    }
    expect(listed).toEqual(ids.reverse());
  });
});

describe('a synchronous request', () => {
  it('is answered as an asynchronous one when it has waited as long as it may', async () => {
    const response = await execute('short', {}, { url: replica.url });
    expect([response.status, response.headers.get('location')]).toEqual([201, expect.stringContaining('/jobs/')]);
    expect(response.headers.get('link')).toBeNull();
  });

  it('is told where its job is, where its process offers nothing else', async () => {
    const response = await execute('sync-only', {}, { url: replica.url });
    const { detail } = (await response.json()) as { detail: string };
    expect(response.status).toBe(504);
    const address = /http\S+$/.exec(detail)?.[0] ?? '';
    expect(response.headers.get('link')).toBe(`<${address}>; rel="monitor"`);
    const jobId = address.slice(-36);
    expect((await bed.ended(jobId)).status).toBe('successful');
    expect(await (await bed.get(`/jobs/${jobId}/results`)).text()).toBe(`result of ${jobId}`);
  });

  it('whose client disconnects does not end its job', async () => {
    const gone = new AbortController();
    const key = randomUUID();
    const before = new Set((await kubeJobsOf('short')).map(({ metadata }) => metadata?.name));
    const waiting = execute('short', {}, { key, signal: gone.signal });
    await eventually('the job', async () => (await kubeJobsOf('short')).length > before.size);
    gone.abort();
    await expect(waiting).rejects.toThrow();
    const jobId = await jobOf(await execute('short', {}, { key, prefer: 'respond-async' }));
    expect((await bed.ended(jobId)).status).toBe('successful');
  });
});

(onRealCluster ? describe : describe.skip)('with the quota of the namespace used up', () => {
  it('an execution is to be tried again later', async () => {
    const { namespace } = bed.cluster;
    const body = { metadata: { name: 'none' }, spec: { hard: { 'count/jobs.batch': '0' } } };
    await bed.cluster.core.createNamespacedResourceQuota({ namespace, body });
    await eventually(
      'the quota in force',
      async () =>
        (await bed.cluster.core.readNamespacedResourceQuota({ namespace, name: 'none' })).status?.hard !== undefined,
    );
    try {
      const response = await execute('hello', { name: 'x' }, {});
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
      expect(((await response.json()) as { detail: string }).detail).toContain('quota');
    } finally {
      await bed.cluster.core.deleteNamespacedResourceQuota({ namespace, name: 'none' });
    }
  });
});
