import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { KubernetesObject } from '@kubernetes/client-node';
import { systemClock } from '../time/clock.js';
import type { Change } from './informer.js';
import { informerTimings } from './informer-timings.js';
import type { InformerTimings } from './informer-timings.js';
import { ListWatchInformer } from './list-watch.informer.js';
import { eventually, failure, list, object, ScriptedApi, ScriptedWatch } from '../testing/scripted-api.js';

type Kept = { uid: string; version: string; note?: string };
type Kube = KubernetesObject;

const quick: InformerTimings = { ...informerTimings, baseDelay: 1, maxDelay: 20, shortWatch: 0 };

describe('ListWatchInformer', () => {
  let api: ScriptedApi;
  let informer: ListWatchInformer<Kube, Kept>;
  let changes: string[];

  const keep = ({ metadata }: Kube): Kept | undefined =>
    metadata?.annotations?.ignored
      ? undefined
      : { uid: metadata?.uid ?? '', version: metadata?.resourceVersion ?? '', note: metadata?.annotations?.note };
  const tell = ({ name, record, previous }: Change<Kept>): string =>
    `${name}: ${previous?.version ?? '-'} > ${record?.version ?? '-'}`;
  const make = (timings: InformerTimings = quick): void => {
    informer = new ListWatchInformer<Kube, Kept>(
      api.transport(),
      'here',
      { resource: 'jobs', labelSelector: 'a=b', transform: keep },
      timings,
      systemClock,
    );
    informer.subscribe((change) => changes.push(tell(change)));
  };
  const startWith = async (...items: object[]): Promise<ScriptedWatch> => {
    const watch = new ScriptedWatch();
    api.answer(list(10, items), watch.answer);
    informer.start();
    await watch.opened;
    changes.length = 0;
    return watch;
  };

  beforeEach(async () => {
    Logger.overrideLogger(false);
    api = await new ScriptedApi().start();
    changes = [];
    make();
  });
  afterEach(async () => {
    await informer.stop();
    await api.stop();
    Logger.overrideLogger(['error', 'warn']);
  });

  it('lists in chunks, then watches from the version of the list', async () => {
    const watch = new ScriptedWatch();
    api.answer(list(10, [object('a', 3)], 'more'), list(10, [object('b', 4)]), watch.answer);
    expect(informer.synced).toBe(false);
    informer.start();
    await informer.whenSynced();
    const parameters = await watch.opened;

    expect(informer.synced).toBe(true);
    expect(informer.size).toBe(2);
    expect([...informer.values()].map(({ uid }) => uid)).toEqual(['uid-a', 'uid-b']);
    expect(api.requests.map(({ url }) => url.pathname)).toEqual(Array(3).fill('/apis/batch/v1/namespaces/here/jobs'));
    expect(Object.fromEntries(api.requests[0]!.url.searchParams)).toEqual({ labelSelector: 'a=b', limit: '250' });
    expect(api.requests[1]!.url.searchParams.get('continue')).toBe('more');
    expect(parameters.get('resourceVersion')).toBe('10');
    expect(parameters.get('allowWatchBookmarks')).toBe('true');
    const timeout = Number(parameters.get('timeoutSeconds'));
    expect(timeout).toBeGreaterThanOrEqual(300);
    expect(timeout).toBeLessThanOrEqual(600);
    expect(changes).toEqual(['a: - > 3', 'b: - > 4']);
  });

  it('announces what the watch brings, once', async () => {
    const watch = await startWith(object('a', 3));
    watch.send('ADDED', object('b', 11));
    watch.send('MODIFIED', object('a', 12));
    watch.send('MODIFIED', object('a', 12));
    watch.send('DELETED', object('b', 13));
    await eventually(() => changes.length === 3, 'three changes');
    expect(changes).toEqual(['b: - > 11', 'a: 3 > 12', 'b: 11 > -']);
    expect(informer.get('b')).toBeUndefined();
    expect(informer.get('a')).toMatchObject({ version: '12' });
  });

  it('reads events cut anywhere, within a character too', async () => {
    const watch = await startWith();
    const note = 'Größe 測試 🌍'.repeat(2_000);
    const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: object('a', 11, 'u', { note }) })}\n`);
    for (let start = 0; start < bytes.length; start += 777) watch.write(bytes.subarray(start, start + 777));
    await eventually(() => changes.length === 1, 'the object');
    expect(informer.get('a')?.note).toBe(note);
  });

  it('does not read a state a second time that an answer of the API has brought', async () => {
    const watch = await startWith();
    informer.observe(object('a', 11));
    const line = (version: number, rest: string) =>
      watch.write(
        Buffer.from(
          '{"type":"ADDED","object":{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"a","namespace":"here",' +
            `"uid":"uid-a","resourceVersion":"${version}"${rest}\n`,
        ),
      );
    line(11, ' and what is no JSON');
    line(12, '}}}');
    await eventually(() => changes.length === 2, 'the answer and the next state');
    expect(changes).toEqual(['a: - > 11', 'a: 11 > 12']);
    expect(informer.version).toBe('12');
    expect(informer.failed).toBe(0);
  });

  it('drops what is of no interest any more', async () => {
    const watch = await startWith(object('a', 3));
    watch.send('MODIFIED', object('a', 11, 'uid-a', { ignored: 'yes' }));
    watch.send('MODIFIED', object('a', 12));
    await eventually(() => changes.length === 2, 'both changes');
    expect(changes).toEqual(['a: 3 > -', 'a: - > 12']);
  });

  it('starts the list over where its continuation has expired', async () => {
    const watch = new ScriptedWatch();
    api.answer(list(10, [object('a', 3), object('gone', 4)], 'more'), failure(410, 'Expired'));
    api.answer(list(20, [object('a', 15)], 'more'), list(20, [object('b', 16)]), watch.answer);
    informer.start();
    await watch.opened;
    expect(api.requests[2]!.url.searchParams.has('continue')).toBe(false);
    expect([...informer.values()].map(({ version }) => version)).toEqual(['15', '16']);
    expect(changes).toEqual(['a: - > 3', 'gone: - > 4', 'a: 3 > 15', 'b: - > 16', 'gone: 4 > -']);
  });

  it.each([
    ['an answer', failure(410, 'Expired')],
    [
      'an event',
      ((response) =>
        void response.end(
          `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`,
        )) as typeof ScriptedWatch.prototype.answer,
    ],
  ])('lists again after 410 as %s, and announces what changed meanwhile', async (_, expired) => {
    const first = await startWith(
      object('same', 1),
      object('changed', 2),
      object('deleted', 3),
      object('recreated', 4),
    );
    const second = new ScriptedWatch();
    api.answer(expired);
    api.answer(
      list(50, [object('same', 1), object('changed', 20), object('recreated', 30, 'other'), object('new', 40)]),
    );
    api.answer(second.answer);
    first.end();
    expect((await second.opened).get('resourceVersion')).toBe('50');
    expect(changes).toEqual([
      'changed: 2 > 20',
      'recreated: 4 > -',
      'recreated: - > 30',
      'new: - > 40',
      'deleted: 3 > -',
    ]);
    expect(informer.lists).toBe(2);
  });

  it('goes on from the last version, a bookmark too, when the watch ends or its connection is cut within a line', async () => {
    const first = await startWith();
    const second = new ScriptedWatch();
    const third = new ScriptedWatch();
    api.answer(second.answer, third.answer);
    first.send('BOOKMARK', { metadata: { resourceVersion: '70' } });
    first.end();
    expect((await second.opened).get('resourceVersion')).toBe('70');
    second.send('ADDED', object('a', 71));
    second.write('{"type":"ADDED","object":{"meta');
    await eventually(() => changes.length === 1, 'a');
    second.cut();
    expect((await third.opened).get('resourceVersion')).toBe('71');
    third.send('ADDED', object('b', 72));
    await eventually(() => changes.length === 2, 'b');
    expect(informer.lists).toBe(1);
  });

  it('outlives a server that is down for a while', async () => {
    await startWith(object('a', 3));
    await api.stop();
    await eventually(() => informer.watches > 3, 'some tries');
    const watch = new ScriptedWatch();
    await api.answer(watch.answer).start();
    expect((await watch.opened).get('resourceVersion')).toBe('10');
    watch.send('MODIFIED', object('a', 11));
    await eventually(() => changes.length === 1, 'the change');
    expect(informer.lists).toBe(1);
  });

  it('waits for the first list until the server is there', async () => {
    api.answer(
      failure(403, 'Forbidden'),
      failure(500, 'InternalError'),
      failure(503, 'ServiceUnavailable'),
      list(1, []),
    );
    informer.start();
    await informer.whenSynced();
    expect(api.requests.length).toBeGreaterThanOrEqual(4);
  });

  it('notices a watch that says nothing any more', async () => {
    make({ ...quick, idleTimeout: 200 });
    await startWith();
    const second = new ScriptedWatch();
    api.answer(second.answer);
    expect((await second.opened).get('resourceVersion')).toBe('10');
  });

  it('backs off from a server that ends each watch at once', async () => {
    make({ ...quick, shortWatch: 60_000, baseDelay: 15, maxDelay: 120 });
    const started = performance.now();
    api.answer(list(10, []), ...Array.from({ length: 4 }, () => (response: { end(): unknown }) => void response.end()));
    informer.start();
    await eventually(() => informer.watches >= 5, 'five watches');
    expect(performance.now() - started).toBeGreaterThanOrEqual((15 + 30 + 60 + 120) / 2 - 5);
  });

  it('is not disturbed by a listener or a transform that throws', async () => {
    informer.subscribe(() => {
      throw new Error('no');
    });
    const seen: string[] = [];
    informer.subscribe((change) => seen.push(change.name));
    const watch = await startWith();
    watch.send('ADDED', object('a', 11));
    watch.send('ADDED', { metadata: { name: 'unreadable' } });
    watch.send('ADDED', object('b', 12));
    await eventually(() => seen.length === 2, 'both');
    expect(seen).toEqual(['a', 'b']);
  });

  it('rejects those waiting for the first list when it is stopped, and announces nothing afterwards', async () => {
    informer.start();
    const waiting = expect(informer.whenSynced()).rejects.toThrow('jobs: stopped before the first list');
    await informer.stop();
    await waiting;
  });

  describe('observing an answer', () => {
    it('takes it over at once, and does not announce it again when the watch brings it', async () => {
      const watch = await startWith();
      informer.observe(object('a', 15));
      expect(informer.get('a')).toMatchObject({ version: '15' });
      watch.send('ADDED', object('a', 12));
      watch.send('MODIFIED', object('a', 15));
      watch.send('MODIFIED', object('a', 16));
      await eventually(() => changes.length >= 2, 'the next change');
      expect(changes).toEqual(['a: - > 15', 'a: 15 > 16']);
    });

    it('ignores an answer that is older than what is known, by number and not by text', async () => {
      const watch = await startWith(object('a', 3));
      watch.send('MODIFIED', object('a', 100));
      await eventually(() => changes.length === 1, 'the change');
      informer.observe(object('a', 99));
      expect(informer.get('a')).toMatchObject({ version: '100' });
    });

    it('never resurrects what was deleted, nor what was replaced', async () => {
      const watch = await startWith(object('a', 3), object('b', 4));
      watch.send('DELETED', object('a', 20));
      watch.send('DELETED', object('b', 21));
      watch.send('ADDED', object('b', 22, 'second'));
      await eventually(() => changes.length === 3, 'the changes');
      informer.observe(object('a', 19));
      informer.observe(object('b', 18));
      expect(informer.get('a')).toBeUndefined();
      expect(informer.get('b')).toMatchObject({ uid: 'second' });
      expect(changes).toHaveLength(3);
    });

    it('keeps what was made since the list was read, and drops it when its deletion comes', async () => {
      const watch = new ScriptedWatch();
      api.answer((response) => {
        informer.observe(object('late', 12));
        informer.observe(object('gone', 9));
        list(10, [])(response, api.requests[0]!);
      }, watch.answer);
      informer.start();
      await watch.opened;
      expect([...informer.values()].map(({ version }) => version)).toEqual(['12']);
      watch.send('ADDED', object('late', 12));
      watch.send('DELETED', object('late', 13));
      await eventually(() => informer.size === 0, 'the deletion');
      expect(changes).toEqual(['late: - > 12', 'gone: - > 9', 'gone: 9 > -', 'late: 12 > -']);
    });

    it('does not let an older event bring back what an answer made uninteresting', async () => {
      const watch = await startWith(object('a', 3));
      informer.observe(object('a', 15, 'uid-a', { ignored: 'yes' }));
      watch.send('MODIFIED', object('a', 12));
      watch.send('ADDED', object('b', 13));
      await eventually(() => informer.get('b') !== undefined, 'b');
      expect(changes).toEqual(['a: 3 > -', 'b: - > 13']);
    });

    it('leaves versions that have no order to the watch', async () => {
      const watch = await startWith();
      informer.observe(object('a', 'x7f'));
      expect(informer.size).toBe(0);
      watch.send('ADDED', object('a', 'x7f'));
      await eventually(() => informer.size === 1, 'a');
    });
  });
});
