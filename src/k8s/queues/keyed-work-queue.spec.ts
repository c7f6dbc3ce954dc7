import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type LogFields, logFields, withLogFields } from '../../logging/log-fields.js';
import { Observer } from '../../observation/observer.js';
import { KeyedWorkQueue } from './keyed-work-queue.js';
import { KubernetesError } from '../client/kubernetes-error.js';
import type { ReconcileResult, WorkQueueOptions } from './work-queue.js';
import { ManualClock, settle } from '../testing/manual-clock.js';

/** A pass that the spec ends. */
interface Pass {
  readonly key: string;
  end(result?: ReconcileResult): Promise<void>;
  fail(error?: Error): Promise<void>;
}

describe('KeyedWorkQueue', () => {
  it('says in each line of a pass what it is about, and nothing of whoever added the key', async () => {
    const seen: LogFields[] = [];
    const look = async () => {
      seen.push(logFields());
      await Promise.resolve();
      seen.push(logFields());
    };
    const plain = new KeyedWorkQueue({ name: 'spec', concurrency: 1 }, look);
    const telling = new KeyedWorkQueue({ name: 'spec', concurrency: 1, fieldsOf: (jobId) => ({ jobId }) }, look);
    withLogFields({ requestId: 'r' }, () => plain.add('a'));
    await settle();
    withLogFields({ requestId: 'r' }, () => telling.add('b'));
    await settle();
    expect(seen).toEqual([{ resource: 'a' }, { resource: 'a' }, { jobId: 'b' }, { jobId: 'b' }]);
  });

  let clock: ManualClock;
  let passes: Pass[];

  const make = (options: Partial<WorkQueueOptions> = {}, observer?: Observer): KeyedWorkQueue =>
    new KeyedWorkQueue(
      { name: 'spec', concurrency: 1, baseDelay: 100, maxDelay: 1_000, onError: () => 'retry', ...options },
      (key) =>
        new Promise((resolve, reject) => {
          const then = async (settlePass: () => void): Promise<void> => {
            settlePass();
            await settle();
          };
          passes.push({
            key,
            end: (result) => then(() => resolve(result)),
            fail: (error = new Error('no')) => then(() => reject(error)),
          });
        }),
      clock,
      observer,
    );
  const keys = (): string[] => passes.map(({ key }) => key);

  beforeEach(() => {
    clock = new ManualClock();
    passes = [];
  });

  it('works on a waiting key once, first come first served', async () => {
    const queue = make();
    for (const key of ['a', 'b', 'c', 'b', 'c']) queue.add(key);
    expect(passes).toHaveLength(0);
    expect(queue.depth).toBe(3);
    await settle();
    for (let pass = 0; pass < 3; pass += 1) await passes[pass]!.end();
    expect(keys()).toEqual(['a', 'b', 'c']);
    expect(queue.depth).toBe(0);
    expect(queue.metrics.adds).toBe(3);
  });

  it('works again afterwards on a key that was added meanwhile, never twice at once', async () => {
    const queue = make({ concurrency: 3 });
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(keys()).toEqual(['a']);
    await passes[0]!.end();
    expect(keys()).toEqual(['a', 'a']);
    await passes[1]!.end();
    expect(keys()).toEqual(['a', 'a']);
  });

  it('works on as many keys at once as it may', async () => {
    const queue = make({ concurrency: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(keys()).toEqual(['a', 'b']);
    await passes[1]!.end();
    expect(keys()).toEqual(['a', 'b', 'c']);
  });

  it('backs off from a failing key by a rule of its user’s, where there is one', async () => {
    const queue = make({ delayAfter: (failingFor) => 10 + failingFor });
    queue.add('a');
    await settle();
    for (const delay of [10, 20, 40]) {
      await passes.at(-1)!.fail();
      expect(clock.next).toBe(delay);
      await clock.advance(delay);
    }
    expect(passes).toHaveLength(4);
  });

  it('backs off from a failing key, doubling up to the longest delay, and starts anew after a success', async () => {
    const queue = make();
    queue.add('a');
    const delays: number[] = [];
    for (let failure = 0; failure < 6; failure += 1) {
      await clock.advance(0);
      await passes.at(-1)!.fail();
      delays.push(clock.next!);
      await clock.advance(clock.next!);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    await passes.at(-1)!.end();
    queue.add('a');
    await settle();
    await passes.at(-1)!.fail();
    expect(clock.next).toBe(100);
    expect(queue.metrics.retries).toBe(7);
  });

  it('spreads retries over the upper half of the delay', async () => {
    clock.randomValue = 0;
    make().add('a');
    await settle();
    await passes[0]!.fail();
    expect(clock.next).toBe(50);
  });

  it('waits as long as the API server asks for', async () => {
    make().add('a');
    await settle();
    await passes[0]!.fail(new KubernetesError('too-many-requests', 'slow down', 429, 30));
    expect(clock.next).toBe(30_000);
  });

  it('works at once on a key that is added while it backs off', async () => {
    const queue = make();
    queue.add('a');
    await settle();
    await passes[0]!.fail();
    queue.add('a');
    await settle();
    expect(keys()).toEqual(['a', 'a']);
  });

  it('forgets a key where the error handler drops it, and tells it the failures in a row', async () => {
    const failures: number[] = [];
    const queue = make({ onError: (_key, _error, count) => (failures.push(count), count === 2 ? 'drop' : 'retry') });
    queue.add('a');
    await settle();
    await passes[0]!.fail();
    await clock.advance(100);
    await passes[1]!.fail();
    expect(failures).toEqual([1, 2]);
    expect(clock.next).toBeUndefined();
    queue.add('a');
    await settle();
    await passes[2]!.fail();
    expect(failures).toEqual([1, 2, 1]);
  });

  it('retries where the error handler itself fails', async () => {
    Logger.overrideLogger(false);
    make({
      onError: () => {
        throw new Error('handler');
      },
    }).add('a');
    await settle();
    await passes[0]!.fail();
    await clock.advance(100);
    expect(keys()).toEqual(['a', 'a']);
    Logger.overrideLogger(['error', 'warn']);
  });

  it('looks again after the time that a pass asks for', async () => {
    make().add('a');
    await settle();
    await passes[0]!.end({ requeueAfter: 5_000 });
    await clock.advance(4_999);
    expect(keys()).toEqual(['a']);
    await clock.advance(1);
    expect(keys()).toEqual(['a', 'a']);
  });

  it.each([
    ['thirty days', 30 * 24 * 3600 * 1000],
    ['no number', NaN],
  ])('looks once a day at what is to be looked at in %s: timers take no more than 24 days', async (_, time) => {
    make().addAfter('a', time);
    await clock.advance(24 * 3600 * 1000 - 1);
    expect(keys()).toEqual([]);
    await clock.advance(1);
    expect(keys()).toEqual(['a']);
  });

  it('keeps the earliest of several times', async () => {
    const queue = make();
    queue.addAfter('a', 500);
    queue.addAfter('a', 900);
    queue.addAfter('a', 200);
    expect(queue.depth).toBe(0);
    await clock.advance(200);
    expect(keys()).toEqual(['a']);
    await passes[0]!.end();
    await clock.advance(10_000);
    expect(keys()).toEqual(['a']);
  });

  it('shuts down when the passes under way have ended, starting none', async () => {
    const queue = make();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    await settle();
    let down = false;
    const shutDown = queue.shutDown().then(() => (down = true));
    queue.add('d');
    queue.add('a');
    await clock.advance(100);
    expect(down).toBe(false);
    await passes[0]!.fail();
    await shutDown;
    await clock.advance(10_000);
    expect(keys()).toEqual(['a']);
    expect(queue.depth).toBe(0);
  });

  it('measures the longest pass', async () => {
    const queue = make();
    queue.add('a');
    await settle();
    await clock.advance(40);
    await passes[0]!.end();
    expect(queue.metrics.longest).toBe(40);
  });

  it('says how it is doing, and tells of each pass how long its key waited and was worked on', async () => {
    const told: unknown[] = [];
    const observer = Object.assign(new Observer(), { queuePass: (pass: unknown) => told.push(pass) });
    const queue = make({}, observer);
    expect(queue.state).toEqual({
      name: 'spec',
      adds: 0,
      retries: 0,
      longest: 0,
      depth: 0,
      failing: 0,
      oldestWaiting: 0,
      oldestPass: 0,
      oldestFailing: 0,
    });
    queue.add('a');
    queue.add('b');
    await clock.advance(2_000);
    queue.add('a');
    await clock.advance(1_000);
    expect(queue.state).toMatchObject({ depth: 3, adds: 3, oldestWaiting: 3_000, oldestPass: 3_000, failing: 0 });
    await passes[0]?.fail();
    expect(queue.state).toMatchObject({ depth: 2, failing: 1, retries: 1, oldestPass: 0 });
    await clock.advance(50);
    expect(queue.state).toMatchObject({ oldestFailing: 50, oldestPass: 50 });
    await passes[1]?.end();
    await passes[2]?.end();
    expect(queue.state).toMatchObject({ depth: 0, failing: 0, oldestWaiting: 0, oldestPass: 0, oldestFailing: 0 });
    expect(told).toEqual([
      { queue: 'spec', waited: 0, worked: 3 },
      { queue: 'spec', waited: 3, worked: 0.05 },
      { queue: 'spec', waited: 1.05, worked: 0 },
    ]);
    await queue.shutDown();
  });
});
