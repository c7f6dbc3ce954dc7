import { describe, expect, it } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { RangeNotSatisfiableError } from '../../ogc/domain-errors.js';
import { configuration, jobCacheOf } from '../testing/job-cache-of.js';
import type { JobRecord } from '../model/job-record.js';
import { FakeCluster } from '../../k8s/testing/fake-cluster.js';
import { FakeStore } from '../testing/fake-store.js';
import { at, JOB_ID } from '../testing/records.js';
import { JobLogs } from './job-logs.js';
import type { LogPart } from './log-parts.js';
import { LogEvents, parsePosition } from './log-events.js';

const NAME = `pygeoapi-job-${JOB_ID}`;
const [KEPT, FIRST] = ['logs', 'logs.first'].map((part) => `logs/2026-01-01_${NAME}-${part}.txt`) as [string, string];
const OWN = 'processes.pygeoapi.io/';
const HEADING = `Logs of pod '${NAME}-abcde'\nContainer 'main'\n`;

function arrange(annotations: Record<string, string> = {}) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const cache = jobCacheOf(cluster);
  /** What each following of the log in turn gives. */
  const follows: Readable[] = [];
  const client = Object.assign(cluster.client, {
    readLog: (_pod: string, _container: string, { follow }: { follow?: boolean }) =>
      Promise.resolve((follow ? follows.shift() : undefined) ?? Readable.from([Buffer.from('so far\n')])),
  });
  const note = (more: Record<string, string>) =>
    cluster.addJob({
      metadata: { name: NAME, creationTimestamp: at(0), annotations: { [`${OWN}collection`]: 'pending', ...more } },
      spec: { backoffLimit: 1, template: {} },
    });
  note(annotations);
  cluster.addPod({
    metadata: { name: `${NAME}-abcde`, uid: 'pod-uid', creationTimestamp: at(1), labels: { 'job-name': NAME } },
    spec: { nodeName: 'node', containers: [{ name: 'main' }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] as never },
  });
  const put = (key: string, log: string) =>
    store.port.create(key, () => Readable.from([Buffer.from(log)]), { contentType: 'text/plain', size: log.length });
  const end = async (log: string) => {
    await put(KEPT, log);
    const outcome = JSON.stringify({ status: 'successful', finished: at(9).toISOString() });
    note({ ...annotations, [`${OWN}outcome`]: outcome, [`${OWN}log-key`]: KEPT, [`${OWN}collection`]: 'done' });
  };
  const logs = new JobLogs(cache, client, store.port, configuration);
  const gone = new AbortController();
  const follow = (attempt: number, from: number, heartbeat = 5, only = false, part: LogPart = {}) =>
    new LogEvents(logs).follow(cache.list()[0] as JobRecord, { attempt, from }, { only, heartbeat, part }, gone.signal);
  return { follows, follow, end, put, gone, logs };
}

describe('the events of a log', () => {
  it('have comments while nothing comes, and go on where following broke off, to the end of the log that was kept', async () => {
    const { follows, follow, end } = arrange();
    const [first, second] = [new PassThrough(), new PassThrough()];
    follows.push(first, second);
    let events = '';
    for await (const chunk of await follow(1, 0)) {
      const before = events;
      events += String(chunk);
      const passes = (mark: string) => events.includes(mark) && !before.includes(mark);
      if (passes(': the job goes on\n')) first.write('one\n');
      // The kubelet, or the API server before it, is gone.
      if (passes('data: one\n')) {
        second.write('one\ntwo\n');
        first.end();
      }
      if (passes('data: two\n')) await end(`${HEADING}one\ntwo\nthree\n`).then(() => second.end());
    }
    const lines = `${HEADING}one\ntwo\nthree\n`.trimEnd().split('\n');
    expect(events.match(/(?<=^data: ).*$/gm)).toEqual([...lines, 'successful']);
    expect(events.match(/(?<=^id: ).*$/gm)?.slice(-2)).toEqual([`1-${HEADING.length + 14}`, 'end']);
    expect(events).toMatch(/event: end\nid: end\ndata: successful\n\n$/);
  });

  it('go on with the next attempt, unless one was asked for', async () => {
    const attempt = { pod: 'p', uid: 'other', finished: at(1).toISOString(), cause: { type: 'evicted', message: 'x' } };
    const { follow, end, put } = arrange({
      [`${OWN}attempts`]: JSON.stringify({ attempts: [{ ...attempt, logKey: FIRST }] }),
    });
    await put(FIRST, 'tried\n');
    await end('done\n');
    expect(await text(await follow(1, 2))).toBe(
      'retry: 1000\n\nid: 1-6\ndata: ied\n\nid: 2-5\ndata: done\n\nevent: end\nid: end\ndata: successful\n\n',
    );
    expect(await text(await follow(1, 0, 5, true))).toBe(
      'retry: 1000\n\nid: 1-6\ndata: tried\n\nevent: end\nid: end\ndata: successful\n\n',
    );
  });

  it('of the last lines have no ids, end where the log may go on, and have their end where it is over', async () => {
    const { follows, follow, end } = arrange();
    follows.push(Readable.from([Buffer.from('one\n')]));
    const before = await text(await follow(1, 0, 5, false, { tail: 1 }));
    expect(before).toMatch(/^retry: 1000\n\ndata: Logs of pod .*\ndata: Container 'main'\n\ndata: one\n\n/);
    expect(before).not.toMatch(/^(?:id|event):/m);
    await end(`${HEADING}one\ntwo\nthree\n`);
    expect(await text(await follow(1, 0, 5, false, { tail: 2 }))).toBe(
      `retry: 1000\n\n${HEADING.trimEnd().replace(/^/gm, 'data: ')}\n\ndata: two\ndata: three\n\n` +
        'event: end\nid: end\ndata: successful\n\n',
    );
  });

  it('are of one container alone, by its own bytes', async () => {
    const { follow, end } = arrange();
    const other = "Container 'other'\nx\n";
    await end(`${HEADING}one\n${other}`);
    const events = await text(await follow(1, other.length - 2, 5, false, { container: 'other' }));
    expect(events).toBe('retry: 1000\n\nid: 1-20\ndata: x\n\nevent: end\nid: end\ndata: successful\n\n');
    await expect(follow(1, 0, 5, false, { container: 'none' })).rejects.toThrow('has no container "none"');
  });

  it('end without a last one where the server shuts down', async () => {
    const { follows, follow, logs } = arrange();
    follows.push(new PassThrough());
    let events = '';
    for await (const chunk of await follow(1, 0)) {
      events += String(chunk);
      if (events.includes('goes on')) {
        logs.beforeApplicationShutdown();
        break;
      }
    }
    expect(events).not.toContain('event: end');
  });

  it('are refused after what was not written yet, at once, though the job may go on for days', async () => {
    const { follows, follow } = arrange();
    follows.push(new PassThrough());
    const beyond = follow(1, HEADING.length + 'so far\n'.length + 1, 600_000);
    await expect(beyond).rejects.toThrow(RangeNotSatisfiableError);
    await expect(beyond).rejects.toMatchObject({ size: HEADING.length + 'so far\n'.length });
  });
});

describe('the id of an event', () => {
  it.each([
    ['1-0', { attempt: 1, from: 0 }],
    ['12-3456', { attempt: 12, from: 3456 }],
    ['0-1', undefined],
    ['1-01', undefined],
    ['1', undefined],
    ['end', undefined],
    ['1--1', undefined],
  ])('%s is %j', (id, position) => expect(parsePosition(id)).toEqual(position));
});
