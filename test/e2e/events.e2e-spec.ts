import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { type ReadEvent, EventReader } from '../support/event-reader.js';
import { type StatusInfo, TestBed, type TestReplica, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const LISTENERS = 1_000;
const authorization = `Bearer ${TOKEN}`;
const PROCESSES = `
  guarded:
    type: process
    processor:
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: true
      results: token
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute] }
      command: [sh, -c, 'sleep 600']
`;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.startProcess(
    { FOLLOW_MAX_SILENCE: '1' },
    {
      configuration: (text) =>
        text.replace('  limits:', `  listeners: { at_once: 1200, per_caller: 1100 }\n  limits:`) + PROCESSES,
    },
  );
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const opened: EventReader[] = [];
afterEach(() => {
  for (const reader of opened.splice(0)) reader.leave();
});
async function listen(path: string, headers: Record<string, string> = {}, url = bed.url): Promise<EventReader> {
  const reader = await EventReader.open(url + path, headers);
  opened.push(reader);
  return reader;
}

/** As a job would say it. */
async function say(jobId: string, annotations: Readonly<Record<string, string>>): Promise<void> {
  const named = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`pygeoapi.io/${key}`, value]));
  const job = { name: `pygeoapi-job-${jobId}`, namespace: bed.cluster.namespace };
  await bed.cluster.batch.patchNamespacedJob(
    { ...job, body: { metadata: { annotations: named } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
}

async function running(process = 'endless'): Promise<string> {
  const jobId = await bed.submit(process, {}, { token: TOKEN });
  await bed.until(jobId, 'running');
  return jobId;
}
const of = (jobId: string, more: object) => (event: ReadEvent) =>
  event.data['jobID'] === jobId && Object.entries(more).every(([key, value]) => event.data[key] === value);
const dismiss = (jobId: string) => bed.delete(`/jobs/${jobId}`, TOKEN);

describe('the events of a job', () => {
  it('are documents as its status is, from its present state to its end; who then comes again is told not to', async () => {
    const jobId = await running();
    const reader = await listen(`/jobs/${jobId}/events`, { 'accept-encoding': 'gzip' });
    expect([reader.status, reader.headers]).toMatchObject([
      200,
      {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
        vary: expect.stringContaining('Accept'),
      },
    ]);
    expect([reader.headers.etag, reader.headers['content-encoding']]).toEqual([undefined, undefined]);
    await reader.event('present state', of(jobId, { status: 'running' }));
    await say(jobId, { progress: '40', message: 'half of it' });
    const told = await reader.event('progress', of(jobId, { progress: 40, message: 'half of it' }));
    const { links, ...status } = await bed.status(jobId);
    expect(told.data).toMatchObject(status);
    expect(links).toEqual(expect.arrayContaining(told.data['links'] as StatusInfo['links'][number][]));
    expect(told.id).toMatch(/^\d+$/);
    await dismiss(jobId);
    await reader.end();
    expect(reader.events.slice(-2)).toEqual([
      expect.objectContaining({ type: 'status', data: expect.objectContaining({ status: 'dismissed' }) }),
      { type: 'end', id: 'end', data: {} },
    ]);
    const again = await listen(`/jobs/${jobId}/events`, { 'last-event-id': 'end' });
    expect(again.status).toBe(204);
  });

  it('have comments while nothing changes', async () => {
    const jobId = await running();
    const reader = await listen(`/jobs/${jobId}/events`);
    await eventually('heartbeats', () => reader.others.filter((text) => text.startsWith(':')).length >= 2);
    await dismiss(jobId);
  });

  it('of one that is over are its state and the end', async () => {
    const jobId = await bed.submit('instant');
    await bed.ended(jobId);
    const reader = await listen(`/jobs/${jobId}/events`);
    await reader.end();
    expect(reader.events.map(({ type, data }) => [type, data['status']])).toEqual([
      ['status', 'successful'],
      ['end', undefined],
    ]);
  });

  it('are read by a client library to the end, which then comes no more', async () => {
    const jobId = await bed.submit('short');
    const source = new EventSource(`${bed.url}/jobs/${jobId}/events`);
    try {
      const seen: string[] = [];
      source.addEventListener('status', ({ data }) => seen.push((JSON.parse(data as string) as StatusInfo).status));
      await eventually('the library being told to stop', () => source.readyState === EventSource.CLOSED);
      expect(seen.at(-1)).toBe('successful');
    } finally {
      source.close();
    }
  });

  it('are refused where there is no such job, where the client takes none, and with parameters that there are not', async () => {
    const jobId = await bed.submit('instant');
    const status = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(bed.url + path, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await status('/jobs/0198c5a0-0000-7000-8000-000000000001/events')).toBe(404);
    expect(await status(`/jobs/${jobId}/events`, { accept: 'application/json' })).toBe(406);
    expect(await status(`/jobs/${jobId}/events?limit=1`)).toBe(400);
    expect(await status('/jobs/events?limit=1')).toBe(400);
    expect(await status('/jobs/events?status=none')).toBe(400);
    const head = await fetch(`${bed.url}/jobs/${jobId}/events`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('tell those without the right only how far it is', async () => {
    const jobId = await running('guarded');
    const [anybody, owner] = [
      await listen(`/jobs/${jobId}/events`),
      await listen(`/jobs/${jobId}/events`, { authorization }),
    ];
    await say(jobId, { message: 'a secret', progress: '10' });
    await owner.event('what is said', of(jobId, { message: 'a secret', progress: 10 }));
    await dismiss(jobId);
    await anybody.end();
    expect(JSON.stringify(anybody.events)).not.toContain('secret');
    expect(anybody.events.map(({ data }) => data['status'])).toEqual(['running', 'dismissed', undefined]);
  });
});

describe('the events of all jobs', () => {
  it('begin with those that go on, and tell of each that comes, changes and goes', async () => {
    const jobId = await running();
    const reader = await listen('/jobs/events');
    await reader.event('present', ({ type }) => type === 'present');
    expect(reader.events.some(of(jobId, { status: 'running' }))).toBe(true);
    const next = await bed.submit('instant');
    await reader.event('of the next one', of(next, { status: 'successful' }));
    await bed.delete(`/jobs/${next}`);
    await reader.event('that it is gone', ({ type, data }) => type === 'gone' && data['jobID'] === next);
    await dismiss(jobId);
  });

  it('are of those that match, and say of one that it does no longer', async () => {
    const reader = await listen('/jobs/events?status=running&processID=endless');
    const jobId = await running();
    await bed.ended(await bed.submit('instant'));
    await reader.event('that it runs', of(jobId, { status: 'running' }));
    await dismiss(jobId);
    const left = await reader.event(
      'that it does no longer',
      ({ type, data }) => type === 'left' && data['jobID'] === jobId,
    );
    expect(left.data).toMatchObject({ status: 'dismissed' });
    expect(reader.events.filter(({ data }) => data['processID'] !== undefined)).toEqual(
      reader.events.filter(({ data }) => data['processID'] === 'endless'),
    );
  });

  it('by their ids end when those have, and name the one that there is not', async () => {
    const none = '0198c5a0-0000-7000-8000-000000000002';
    const [one, other] = [await bed.submit('instant'), await bed.submit('short')];
    const reader = await listen(`/jobs/events?id=${one},${none}&id=${other}`);
    await reader.end();
    expect(reader.events.filter(({ type }) => type === 'gone')).toEqual([{ type: 'gone', data: { jobID: none } }]);
    for (const id of [one, other]) expect(reader.events.some(of(id, { status: 'successful' }))).toBe(true);
    expect(reader.last).toEqual({ type: 'end', id: 'end', data: {} });
  });
});

describe('two replicas', () => {
  let other: TestReplica;
  beforeAll(async () => {
    other = await bed.startReplica();
  });

  it('tell the same; who comes to the other has the present state first, and what has ended meanwhile', async () => {
    const [kept, ended] = [await running(), await running()];
    const reader = await listen('/jobs/events');
    await reader.event('present', ({ type }) => type === 'present');
    await say(kept, { progress: '1' });
    const { id = '' } = await reader.event('with an id', ({ id }) => id !== undefined);
    reader.leave();
    await dismiss(ended);
    await say(kept, { progress: '2' });
    const again = await listen('/jobs/events', { 'last-event-id': id }, other.url);
    await again.event('of what goes on', of(kept, { progress: 2 }));
    await again.event('of what has ended', of(ended, { status: 'dismissed' }));
    const single = await listen(`/jobs/${kept}/events`, { 'last-event-id': id }, other.url);
    await single.event('present state', of(kept, { status: 'running' }));
    await dismiss(kept);
    await single.end();
  });

  it('end their streams when they are asked to end, which is not held up by them', async () => {
    const jobId = await running();
    const readers = await Promise.all(
      ['/jobs/events', `/jobs/${jobId}/events`].map((path) => listen(path, {}, other.url)),
    );
    for (const reader of readers) await reader.event('present state', of(jobId, { status: 'running' }));
    expect(await other.process.end('SIGTERM')).toBe(0);
    for (const reader of readers) {
      await reader.end();
      expect(reader.others.at(-1)).toMatch(/^retry: \d{4}$/);
      expect(reader.last?.type).not.toBe('end');
    }
    await dismiss(jobId);
  });
});

describe(`${LISTENERS} listeners`, () => {
  it('are all told of a change by one replica, which answers others meanwhile', async () => {
    const jobId = await running();
    const readers: EventReader[] = [];
    for (let n = 0; n < LISTENERS; n += 50)
      readers.push(...(await Promise.all(Array.from({ length: 50 }, () => listen(`/jobs/${jobId}/events`)))));
    expect(new Set(readers.map(({ status }) => status))).toEqual(new Set([200]));
    let answered = 0;
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        expect((await bed.get('/health/live')).status).toBe(200);
        answered += 1;
      }
    })();
    await say(jobId, { progress: '77' });
    for (const reader of readers) await reader.event('progress', of(jobId, { progress: 77 }));
    isOver = true;
    await asking;
    expect(answered).toBeGreaterThan(0);
    await dismiss(jobId);
    for (const reader of readers) await reader.end();
  });
});
