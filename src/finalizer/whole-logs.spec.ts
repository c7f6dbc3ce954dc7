import { describe, expect, it, jest } from '@jest/globals';
import { at } from '../jobs/testing/records.js';
import { ownAnnotation } from '../k8s/names.js';
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

const MAIN = `${POD}/main`;
const running = { running: { startedAt: at(2) } };
const LATE = '2026-01-01T12:00:05.123456789Z';
const AT_ONCE = '2026-01-01T12:00:02.987654321Z';
const noted = JSON.stringify({ pod: 'pod-uid', first: LATE });

function bed(annotations: Record<string, string> = {}) {
  const all = setUp();
  all.cluster.addJob(aKubeJob(annotations));
  const end = async (log: string, stamp?: string, seconds = 30) => {
    all.cluster.logs.set(MAIN, log);
    if (stamp === undefined) all.cluster.stamps.delete(MAIN);
    else all.cluster.stamps.set(MAIN, stamp);
    const state = { terminated: { exitCode: 0, containerID: 'x', startedAt: at(2), finishedAt: at(2 + seconds) } };
    all.cluster.addPod(aKubePod('Succeeded', { main: state }));
    await all.reconcilePod();
    return all.outcome();
  };
  const run = async (stamp?: string) => {
    if (stamp !== undefined) all.cluster.stamps.set(MAIN, stamp);
    all.cluster.addPod(aKubePod('Running', { main: running }));
    await all.reconcilePod();
    // The note is taken in the background.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  const wait = async () => {
    all.cluster.addPod(aKubePod('Pending', { main: { waiting: { reason: 'ContainerCreating' } } }));
    await all.reconcilePod();
  };
  return { ...all, end, run, wait };
}

describe('a log that was rotated while its pod ran', () => {
  it.each([
    [
      'lost its result, fails with that reason',
      'the end\n',
      { status: 'failed', log: 'cut', cause: { type: 'result-lost' } },
    ],
    [
      'still has its result, is a success that says so',
      `the middle\n${RESULT}x\n`,
      { status: 'successful', log: 'cut' },
    ],
    ['is empty, fails with that reason', '', { status: 'failed', log: 'cut', cause: { type: 'result-lost' } }],
  ])('and %s', async (_, left, expected) => {
    const { run, end, store, heads } = bed();
    await run(AT_ONCE);
    expect(await end(left, left === '' ? undefined : LATE)).toMatchObject(expected);
    expect(store.text(LOG_KEY)).toContain(`${left}[the beginning of this log is missing: the node rotates logs`);
    expect(heads.ageOf('pod-uid', 0)).toBeUndefined();
  });

  it('is known for that by another server, too', async () => {
    const { end } = bed({ [ownAnnotation.logStart]: noted });
    expect(await end('x\n', '2026-01-01T12:00:05.123456790Z')).toMatchObject({ status: 'failed', log: 'cut' });
  });
});

describe('a log', () => {
  it.each([
    ['began at once', {}, AT_ONCE],
    ['began when it was noted to', { [ownAnnotation.logStart]: noted }, LATE],
  ])('that %s is whole', async (_, annotations, stamp) => {
    const { end, store } = bed(annotations);
    expect(await end('all\n', stamp)).not.toHaveProperty('log');
    expect(store.text(LOG_KEY)).toBe(`Logs of pod '${POD}'\nContainer 'main'\nall\n`);
  });

  it('that began late before the eyes of the server is whole', async () => {
    const { wait, run, end } = bed();
    await wait();
    await run(LATE);
    expect(await end('all\n', LATE)).not.toHaveProperty('log');
  });

  it('that has nothing is whole where the server saw that nothing came', async () => {
    const { wait, run, end } = bed();
    await wait();
    await run();
    expect(await end('')).not.toHaveProperty('log');
  });

  it('of a container that ran for a moment is whole, without a question', async () => {
    const { end, cluster } = bed();
    expect(await end('all\n', LATE, 1)).not.toHaveProperty('log');
    expect(cluster.calls).not.toContain('readStamp');
  });
});

describe('a log of which nobody knows whether it is whole', () => {
  it.each([
    ['began late', 'x\n', LATE],
    ['has nothing', '', undefined],
  ])('for it %s fails its job where a result is missing, and is flagged', async (_, log, stamp) => {
    const { end, declared, store } = bed();
    declared.set('table', undefined);
    expect(await end(log, stamp)).toMatchObject({
      status: 'failed',
      log: 'unknown',
      cause: { type: 'result-lost', message: expect.stringContaining('not known to be whole') },
    });
    expect(store.text(LOG_KEY)).toContain('[the beginning of this log may be missing: the node rotates logs');
  });

  it('is flagged where the result is there', async () => {
    const { end, declared } = bed();
    declared.set('table', undefined);
    expect(await end(`${RESULT}x\n`, LATE)).toMatchObject({ status: 'successful', log: 'unknown' });
  });
});

describe('when a log began', () => {
  it('is written to the Job once, and only where the container goes on', async () => {
    const { run, cluster, reconcilePod } = bed();
    await run(AT_ONCE);
    const again = await reconcilePod();
    expect(again?.requeueAfter).toBeGreaterThan(5_000);
    expect(cluster.calls).not.toContain('patchJob');
  });

  it('is written after ten seconds, for whoever collects it', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    try {
      const { run, cluster, reconcilePod } = bed();
      await run(AT_ONCE);
      clock.mockReturnValue(11_000);
      expect(await reconcilePod()).toBeUndefined();
      expect(cluster.annotationsOf(JOB)[ownAnnotation.logStart]).toBe(
        JSON.stringify({ pod: 'pod-uid', first: AT_ONCE }),
      );
      await reconcilePod();
      expect(cluster.calls.filter((call) => call === 'patchJob')).toHaveLength(1);
    } finally {
      clock.mockRestore();
    }
  });

  it('is not written where the server came late and cannot know', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    try {
      const { run, cluster, reconcilePod } = bed();
      await run(LATE);
      clock.mockReturnValue(11_000);
      expect(await reconcilePod()).toBeUndefined();
      expect(cluster.calls).not.toContain('patchJob');
    } finally {
      clock.mockRestore();
    }
  });

  it('is not asked again once it is known', async () => {
    const { run, cluster, reconcilePod } = bed({ [ownAnnotation.logStart]: noted });
    await run(LATE);
    expect(await reconcilePod()).toBeUndefined();
    expect(cluster.calls.filter((call) => call === 'readStamp')).toHaveLength(1);
  });
});

describe('a log that may lack its end, for its container has ended', () => {
  const ended = (all: ReturnType<typeof bed>, log: string, side?: string) => {
    all.cluster.logs.set(MAIN, log);
    all.cluster.logs.set(`${POD}/side`, side ?? '');
    const states = side === undefined ? { main: terminated(0) } : { main: terminated(0), side: terminated(0) };
    all.cluster.addPod(aKubePod('Succeeded', states));
  };

  it.each([
    ['is empty', '', 'all\n'],
    ['ends in the middle of a line', 'al', 'all\n'],
    [
      'has a part of a result',
      'PYGEOAPI_K8S_MANAGER_RESULT_START bytes=4\nx\n',
      'PYGEOAPI_K8S_MANAGER_RESULT_START bytes=4\nxyz\n',
    ],
  ])('and %s is read again, and nothing is kept before', async (_, first, then) => {
    const all = bed();
    ended(all, first);
    expect(await all.reconcilePodPatiently()).toEqual({ requeueAfter: 100 });
    expect([all.outcome(), all.finalizers(), all.store.objects.size]).toEqual([null, HELD, 0]);
    ended(all, then);
    expect(await all.reconcilePodPatiently()).toBeUndefined();
    expect([all.outcome(), all.finalizers()]).toMatchObject([{ status: 'successful' }, RELEASED]);
    expect(all.store.text(LOG_KEY)).toContain(then);
  });

  it('is believed after a while', async () => {
    const all = bed();
    ended(all, 'PYGEOAPI_K8S_MANAGER_RESULT_START bytes=4\nx\n');
    const waits: (number | undefined)[] = [];
    for (let again = 0; again < 6; again += 1) waits.push((await all.reconcilePodPatiently())?.requeueAfter);
    expect(waits).toEqual([100, 300, 800, 1600, 3200, undefined]);
    expect([all.outcome(), all.finalizers()]).toMatchObject([{ cause: { type: 'result-damaged' } }, RELEASED]);
  });

  it('of another container keeps nobody waiting for the result', async () => {
    const all = bed();
    ended(all, `${RESULT}x\n`, '');
    expect(await all.reconcilePodPatiently()).toEqual({ requeueAfter: 100 });
    expect([all.outcome(), all.finalizers(), all.store.objects.size]).toMatchObject([
      { status: 'successful' },
      HELD,
      0,
    ]);
    ended(all, `${RESULT}x\n`, 'from side\n');
    expect(await all.reconcilePodPatiently()).toBeUndefined();
    expect(all.store.text(LOG_KEY)).toContain(`Container 'side'\nfrom side\n`);
  });

  it('is believed at once where its result is verified', async () => {
    const verified = bed();
    ended(verified, 'PYGEOAPI_K8S_MANAGER_RESULT_START bytes=3\nabc');
    expect(await verified.reconcilePodPatiently()).toBeUndefined();
  });
});
