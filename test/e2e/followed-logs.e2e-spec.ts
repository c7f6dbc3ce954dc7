import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { rawGet } from '../support/http.js';
import { projectFolder } from '../support/child.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

const PROCESSES = `
  quiet:
    type: process
    processor: &quiet
      name: pygeoapi_k8s_manager.process.GenericImageProcessor
      default_image: busybox
      check_auth: true
      mimetype: text/plain
      metadata: { jobControlOptions: [async-execute] }
      command: [sh, -c, 'echo "a line"; sleep 4; printf "gr\\\\303\\\\274n\\\\r10 %%\\\\n\\\\n"; sleep 4; printf "the end"']
  fails-twice:
    type: process
    processor:
      <<: *quiet
      backoff_limit: 1
      command: [sh, -c, 'echo "trying on $(hostname)"; sleep 3; exit 1']
`;

let bed: TestBed;
beforeAll(async () => {
  bed = await TestBed.start(
    { FOLLOW_MAX_SILENCE: '1', KEEP_ALIVE_TIMEOUT: '650' },
    { configuration: (text) => text + PROCESSES },
  );
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const authorization = `Bearer ${TOKEN}`;
const get = (jobId: string, query: string, headers: Record<string, string> = {}) =>
  fetch(`${bed.url}/jobs/${jobId}/logs${query}`, { headers: { authorization, ...headers } });
const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

/** What is kept of a job, one log for each attempt, once it is. */
async function stored(jobId: string, logs = 1): Promise<string[]> {
  await bed.ended(jobId);
  const keys = await eventually('the logs in the store', async () => {
    const found = (await bed.store.logs()).filter((key) => key.includes(jobId));
    return found.length === logs && found;
  });
  return Promise.all(keys.map((key) => bed.store.read(key)));
}

async function quietJob(): Promise<string> {
  const jobId = await bed.submit('quiet', {}, { token: TOKEN });
  await eventually('its first line', async () => (await bed.log(jobId, TOKEN)).includes('a line'));
  return jobId;
}

/** The helper of the examples; resolves with what it printed once it has ended. */
async function followWithHelper(url: string, jobId: string) {
  const script = 'examples/follow-log/follow-log.mjs';
  const child = spawn(process.execPath, [script, `${url}/jobs/${jobId}`], {
    cwd: projectFolder,
    env: { PATH: process.env['PATH'], TOKEN },
  });
  const [[code], out, error] = await Promise.all([once(child, 'close'), buffer(child.stdout), buffer(child.stderr)]);
  return { code: code as number, out: String(out), error: String(error) };
}

describe('the followed log of a job that is quiet, as text', () => {
  it('ends well where nothing comes, says before that it may, and goes on from where the client is', async () => {
    const jobId = await quietJob();
    const parts: string[] = [];
    let answer: Response;
    let from = 0;
    do {
      answer = await get(jobId, `?follow&attempt=1&from=${from}`);
      const part = await bytesOf(answer);
      from += part.length;
      parts.push(String(part));
      const marks = ['attempt=1', `from=${from - part.length}`];
      expect([['may-end-early', 'silence=1', ...marks].join(', '), marks.join(', ')]).toContain(
        answer.headers.get('log-follow'),
      );
    } while (answer.headers.get('log-follow')?.includes('may-end-early'));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts[0]).toMatch(/a line\n$/);
    expect([parts.join('')]).toEqual(await stored(jobId));
  });

  it('is there from any byte of it, also of what is kept, and not from beyond its end', async () => {
    const jobId = await quietJob();
    const beyond = await get(jobId, '?follow&from=100000');
    const { type } = (await beyond.json()) as { type: string };
    expect([beyond.status, type]).toEqual([416, `${bed.url}/problems/range-not-satisfiable`]);
    expect(beyond.headers.get('content-range')).toMatch(/^bytes \*\/\d\d+$/);
    const [log = ''] = await stored(jobId);
    const whole = Buffer.from(log);
    for (const from of [0, 1, whole.indexOf(0xbc), whole.length]) {
      expect([from, await bytesOf(await get(jobId, `?from=${from}`))]).toEqual([from, whole.subarray(from)]);
    }
    const size = whole.length;
    const after = await get(jobId, `?from=${size + 1}`);
    expect([after.status, after.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
    for (const query of ['?from=-1', '?from=x', '?from=']) expect((await get(jobId, query)).status).toBe(400);
  });

  it('is there before a container of the job runs', async () => {
    const jobId = await bed.submit('unschedulable');
    const answer = await get(jobId, '?follow');
    expect([answer.status, answer.headers.get('log-follow')]).toEqual([
      200,
      'may-end-early, silence=1, attempt=1, from=0',
    ]);
    await bed.delete(`/jobs/${jobId}`, TOKEN);
  });
});

describe('the followed log of a job that is quiet, as server-sent events', () => {
  const accept = 'text/event-stream';
  const dataOf = (events: string) => [...events.matchAll(/^data: (.*)$/gm)].map(([, line]) => line);
  const idOf = (events: string) => [...events.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';

  async function read(answer: Response, until: RegExp): Promise<string> {
    let events = '';
    for await (const chunk of answer.body ?? []) {
      events += Buffer.from(chunk as Uint8Array).toString();
      if (until.test(events)) break;
    }
    return events;
  }

  it('has comments as heartbeats, goes on by the last event’s id, and says how the job ended', async () => {
    const jobId = await quietJob();
    const answer = await get(jobId, '', { accept });
    const buffering = answer.headers.get('x-accel-buffering');
    expect([answer.status, answer.headers.get('content-type'), buffering]).toEqual([200, accept, 'no']);
    const first = await read(answer, /^data: a line\n\n[^]*^: .*\n\n: .*\n\n/m);
    const rest = await read(await get(jobId, '', { accept, 'last-event-id': idOf(first) }), /event: end/);
    const [log = ''] = await stored(jobId);
    const lines = log.replaceAll('\r', '\n').trimEnd().split('\n');
    expect([...dataOf(first), ...dataOf(rest)].slice(0, lines.length)).toEqual(lines);
    const all = await (await get(jobId, '', { accept })).text();
    expect(dataOf(all)).toEqual([...lines, 'successful']);
    expect(all).toMatch(new RegExp(`^id: 1-${Buffer.byteLength(log)}$`, 'm'));
    expect((await get(jobId, '', { accept, 'last-event-id': idOf(all) })).status).toBe(204);
  });

  it('refuses an id that is none of its events', async () => {
    const jobId = await bed.submit('quiet', {}, { token: TOKEN });
    await bed.ended(jobId);
    const status = async (id: string) => (await get(jobId, '', { accept, 'last-event-id': id })).status;
    expect([await status('x'), await status('1-100000'), await status('2-0')]).toEqual([400, 416, 404]);
  });

  it('is for those who ask for it, and for nobody without the token', async () => {
    const jobId = await quietJob();
    const types = ['*/*', 'text/plain, text/event-stream', 'text/html', 'text/event-stream;q=0.5, text/plain;q=0.4'];
    const given = types.map(async (type) => {
      const answer = await get(jobId, '', { accept: type });
      await answer.body?.cancel();
      return answer.headers.get('content-type');
    });
    const [text, page] = ['text/plain; charset=utf-8', 'text/html; charset=utf-8'];
    expect(await Promise.all(given)).toEqual([text, text, page, accept]);
    expect((await get(jobId, '', { accept, authorization: 'Bearer wrong' })).status).toBe(401);
  });
});

describe('an idle connection', () => {
  it('is kept for as long as is configured, which is said', async () => {
    const said = (await rawGet(`${bed.url}/health/live`, { connection: 'keep-alive' })).headers['keep-alive'];
    expect(said).toBe('timeout=650');
  });
});

describe('examples/follow-log', () => {
  it('prints the log that is kept, byte for byte, through silences and connections that break', async () => {
    const proxy = await CuttingProxy.before(bed.url, [900, 0, 1200, 1000]);
    try {
      const jobId = await bed.submit('quiet', {}, { token: TOKEN });
      const { code, out, error } = await followWithHelper(proxy.url, jobId);
      expect([code, error, proxy.cuts]).toEqual([0, '', 4]);
      expect([out]).toEqual(await stored(jobId));
    } finally {
      await proxy.stop();
    }
  });

  it('prints the log of each attempt of a job that is tried again', async () => {
    const jobId = await bed.submit('fails-twice', {}, { token: TOKEN });
    const { code, out } = await followWithHelper(bed.url, jobId);
    const logs = await stored(jobId, 2);
    expect([code, (await bed.status(jobId)).status]).toEqual([0, 'failed']);
    expect([logs.join(''), logs.toReversed().join('')]).toContain(out);
  });

  it('says what is wrong where there is no such job', async () => {
    const { code, error } = await followWithHelper(bed.url, '0198c5a0-0000-7000-8000-000000000001');
    expect([code, error]).toEqual([1, expect.stringContaining('answered 404')]);
  });
});
