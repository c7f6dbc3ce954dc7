import { afterEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { PodRecord } from '../jobs/model/pod-record.js';
import { Spool } from '../jobs/results/spool.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { NoRoomError } from './collection-room.js';
import { CutLog } from './cut-log.js';
import { LogFollower } from './log-follower.js';
import {
  aKubeJob,
  aKubePod,
  HELD,
  JOB,
  LOG_KEY,
  POD,
  RELEASED,
  RESULT,
  setUp,
  terminated,
} from './testing/finalizer-bed.js';
import { at } from '../jobs/testing/records.js';

const MAIN = `${POD}/main`;
const PER_POD = 100_000;
const lines = (count: number) => Array.from({ length: count }, (_, n) => `line ${n}\n`).join('');
const LONG = lines(30_000);
const NOTE = /\n\[(\d+) bytes of this log are left out here: (.*)\]\n/;

/** A pod may have {@link PER_POD}; all together are so many times that. */
function bed(times = 4) {
  const all = setUp({ perPod: PER_POD, inAll: times * PER_POD });
  all.cluster.addJob(aKubeJob());
  const end = (log: string, metadata = {}) => {
    all.cluster.logs.set(MAIN, log);
    all.cluster.addPod(aKubePod('Succeeded', { main: terminated(0) }, metadata));
    return all.reconcilePod();
  };
  /** Of a pod that is asked to end, and prints this before it does. */
  const endFollowed = async (log: string) => {
    all.cluster.logs.set(MAIN, log);
    const metadata = { deletionTimestamp: at(4) };
    all.cluster.addPod(aKubePod('Running', { main: { running: { startedAt: at(2) } } }, metadata));
    await all.reconcilePod();
    while (all.follower.session('pod-uid')?.active) await new Promise(setImmediate);
    await end('', metadata);
    return all.outcome();
  };
  return { ...all, end, endFollowed };
}

describe('a log that is larger than a pod’s may be', () => {
  it('is cut where that is said, and changes nothing of how its job ended', async () => {
    const { end, store, outcome, finalizers } = bed();
    const log = `${LONG}${RESULT}42\n`;
    await end(log);
    expect(outcome()).toMatchObject({ status: 'successful' });
    expect(outcome()).not.toHaveProperty('log');
    expect(finalizers()).toEqual(RELEASED);
    const stored = store.text(LOG_KEY) ?? '';
    expect(stored.length).toBeLessThan(PER_POD + 20_000);
    const [note, left, why] = NOTE.exec(stored) ?? [];
    expect(why).toBe(`a pod may have ${PER_POD} bytes (server.manager.collected_logs.per_pod)`);
    // Nothing is missing but what is said to be.
    const [heading, rest] = [`Logs of pod '${POD}'\nContainer 'main'\n`, stored.split(note ?? '')];
    const begin = `${rest[0]}\n`.slice(heading.length);
    expect(log.startsWith(begin) && log.endsWith(rest[1] ?? '?')).toBe(true);
    expect(begin.length + (rest[1]?.length ?? 0) + Number(left)).toBe(log.length);
  });

  it('is whole where only its last lines are too many', async () => {
    const { end, store } = bed();
    const log = LONG.slice(0, PER_POD + 5_000);
    await end(log);
    expect(store.text(LOG_KEY)).toContain(`\n${log}`);
  });

  it('fails its job for its result alone, where that is too large', async () => {
    const { end, outcome, store } = bed();
    await end(`${RESULT}${LONG}`);
    expect(outcome()).toMatchObject({
      status: 'failed',
      cause: { type: 'result-too-large', message: expect.stringContaining('server.manager.collected_logs.per_pod') },
    });
    expect(store.text(LOG_KEY)).toMatch(NOTE);
  });
});

describe('a log that was followed while its pod was being ended, and is too large', () => {
  it('is cut where that is said', async () => {
    const { endFollowed, store } = bed();
    expect(await endFollowed(LONG)).toMatchObject({ status: 'successful' });
    const stored = store.text(LOG_KEY) ?? '';
    expect(stored.length).toBeLessThan(PER_POD + 20_000);
    const [, left] = NOTE.exec(stored) ?? [];
    expect(Number(left)).toBeGreaterThan(100_000);
    expect(stored.endsWith(LONG.slice(-1_000))).toBe(true);
  });

  it('gives no result that lacks something', async () => {
    expect(await bed().endFollowed(`${RESULT}${LONG}`)).toMatchObject({
      status: 'failed',
      cause: { type: 'result-too-large' },
    });
  });

  it('gives a result that comes last, and fails for one that may have been in what is left out', async () => {
    const well = bed();
    expect(await well.endFollowed(`${LONG}${RESULT}42\n`)).toMatchObject({ status: 'successful' });
    expect(well.cluster.annotationsOf(JOB)['pygeoapi.io/result-value']).toBe('42');
    const owing = bed();
    owing.declared.set('table', undefined);
    expect(await owing.endFollowed(LONG)).toMatchObject({ status: 'failed', cause: { type: 'result-lost' } });
  });

  it('leaves room for those of other pods once it is stored', async () => {
    const { endFollowed, room } = bed();
    await endFollowed(LONG);
    const [one, other] = [room.forFollowing(), room.forFollowing()];
    expect([one.take(PER_POD), other.take(PER_POD)]).toEqual([PER_POD, PER_POD]);
    const [read, result] = [room.forReading(true), room.forReading(true)];
    expect([read.take(PER_POD), result.take(PER_POD)]).toEqual([PER_POD, PER_POD]);
  });
});

describe('a log of which following broke off', () => {
  it('has all of its room again when it is followed anew, and leaves it to others in the end', async () => {
    const { room } = bed();
    const most = Buffer.alloc(PER_POD - 1, 'a line\n');
    const breaking = async function* () {
      yield most;
      throw new Error('the connection broke');
    };
    const streams = [breaking(), breaking(), [most]].map((source) => Readable.from(source, { objectMode: false }));
    const client = { readLog: () => Promise.resolve(streams.shift()) } as unknown as KubernetesClient;
    const follower = new LogFollower(client, room);
    const pod = { uid: 'uid', name: 'pod', containers: [{ name: 'main', hasRun: true, state: 'running' }] };
    while (streams.length > 0) {
      await follower.ensure(pod as unknown as PodRecord, () => undefined);
      while (follower.session('uid')?.active) await new Promise(setImmediate);
    }
    expect(follower.session('uid')?.containers.get('main')).toMatchObject({ state: 'complete', log: { leftOut: 0 } });
    await follower.forget('uid');
    const [one, other] = [room.forFollowing(), room.forFollowing()];
    expect([one.take(PER_POD), other.take(PER_POD)]).toEqual([PER_POD, PER_POD]);
  });
});

describe('logs that are larger together than all may be', () => {
  it('wait where they can be read again, and lose nothing', async () => {
    const { room, end, store, finalizers, reconcilePod } = bed();
    const others = [room.forReading(true), room.forReading(true)];
    for (const other of others) other.take(PER_POD);
    await expect(end('all\n')).rejects.toThrow(NoRoomError);
    expect(finalizers()).toEqual(HELD);
    for (const other of others) other.leave();
    await reconcilePod();
    expect(finalizers()).toEqual(RELEASED);
    expect(store.text(LOG_KEY)).toMatch(/\nall\n$/);
  });

  it('are cut where they cannot', async () => {
    const { room, end, store } = bed();
    for (const other of [room.forReading(true), room.forReading(true)]) other.take(PER_POD);
    await end(LONG, { deletionTimestamp: at(4) });
    expect(NOTE.exec(store.text(LOG_KEY) ?? '')?.[2]).toContain('server.manager.collected_logs.in_all');
  });

  it('never keep those that are followed from being read', () => {
    const { room } = bed();
    for (let pods = 0; pods < 10; pods += 1) room.forFollowing().take(PER_POD);
    expect(room.forFollowing().take(1)).toBe(0);
    expect(room.forReading(true).take(PER_POD)).toBe(PER_POD);
  });
});

describe('a log on its way', () => {
  const spool = new Spool();
  afterEach(() => spool.dispose());

  it('says at the end of a line what is left out, and tells the same however often it is asked', async () => {
    const { room } = bed();
    const place = room.forReading(true);
    place.take(PER_POD - 10);
    const log = new CutLog(spool, place);
    await log.write(Buffer.from('a line that is longer than there is room for'));
    await log.skip(5, 'for a test');
    await log.write(Buffer.from('rest of a line\nthe end\n'));
    const rest = log.rest();
    expect(log.rest()).toEqual(rest);
    expect(String(rest.end)).toBe('the end\n');
    await log.finish();
    expect(String(await spool.bytes())).toMatch(
      /^a line tha\n\[54 bytes of this log are left out here: .*\]\nthe end\n$/,
    );
    expect(log.leftOut).toBe(54);
  });
});
