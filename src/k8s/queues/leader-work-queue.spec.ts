import { describe, expect, it } from '@jest/globals';
import { LeaderWorkQueue } from './leader-work-queue.js';
import type { ReconcileResult } from './work-queue.js';

function queueOf(all: readonly string[], pass = async (_key: string): Promise<ReconcileResult> => undefined) {
  const told: string[] = [];
  const listeners = new Set<(isLeader: boolean) => void>();
  const leader = {
    isLeader: false,
    onChange: (listener: (isLeader: boolean) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: () => void told.push('elects'),
    stop: async () => void told.push('gives back'),
  };
  let worked: string[] = [];
  const queue = new LeaderWorkQueue({ name: 'test', concurrency: 4 }, leader, {
    addAll: () => all.forEach((key) => queue.add(key)),
    reconcile: async (key) => {
      worked.push(key);
      return pass(key);
    },
  });
  const lead = (isLeader: boolean, announced = true) => {
    leader.isLeader = isLeader;
    if (announced) for (const listener of listeners) listener(isLeader);
  };
  /** What was worked on since it was asked last. */
  const work = async () => {
    await new Promise(setImmediate);
    const done = worked.sort();
    worked = [];
    return done;
  };
  return { queue, lead, work, listeners, told };
}

describe('the work queue of the leader', () => {
  it('works once it leads and knows what there is, whichever comes first', async () => {
    for (const leadsFirst of [true, false]) {
      const { queue, lead, work } = queueOf(['a', 'b']);
      let sync = (): void => undefined;
      queue.start(new Promise<void>((resolve) => (sync = resolve)));
      queue.add('a');
      if (leadsFirst) lead(true);
      else sync();
      expect(await work()).toEqual([]);
      if (leadsFirst) sync();
      else lead(true);
      expect(await work()).toEqual(['a', 'b']);
      queue.add('b');
      expect(await work()).toEqual(['b']);
    }
  });

  it('looks at everything again where a key was passed over and leading went on without being announced', async () => {
    const { queue, lead, work } = queueOf(['a', 'b']);
    lead(true);
    queue.start(Promise.resolve());
    expect(await work()).toEqual(['a', 'b']);
    lead(false, false);
    queue.add('a');
    expect(await work()).toEqual([]);
    lead(true, false);
    queue.add('b');
    expect(new Set(await work())).toEqual(new Set(['a', 'b']));
  });

  it('works again, once it leads again, on what it had not done, which nobody else may know of', async () => {
    const passes: Record<string, () => Promise<ReconcileResult>> = {
      fails: () => Promise.reject(new Error('the store is away')),
      waits: async () => ({ requeueAfter: 60_000 }),
      'is done': async () => undefined,
    };
    const { queue, lead, work } = queueOf(['waits'], async (key) => passes[key]?.());
    lead(true);
    queue.start(Promise.resolve());
    for (const key of ['fails', 'is done']) queue.add(key);
    expect(await work()).toEqual(['fails', 'is done', 'waits']);
    lead(false);
    lead(true);
    expect(await work()).toEqual(['fails', 'waits']);
    for (const key of ['fails', 'waits']) passes[key] = async () => undefined;
    lead(true);
    expect(await work()).toEqual(['fails', 'waits']);
    lead(true);
    expect(await work()).toEqual(['waits']);
    await queue.shutDown();
  });

  it('works on nothing where the server shuts down before it knows, and listens no more after its end', async () => {
    const { queue, lead, work, listeners } = queueOf(['a']);
    lead(true);
    queue.start(Promise.reject(new Error('shut down')));
    queue.add('a');
    expect(await work()).toEqual([]);
    await queue.shutDown();
    expect(listeners.size).toBe(0);
  });

  it('starts the election where it is started, not where it only follows', () => {
    const [starting, following] = [queueOf([]), queueOf([])];
    starting.queue.start(Promise.resolve());
    following.queue.follow(Promise.resolve());
    expect([starting.told, following.told]).toEqual([['elects'], []]);
  });

  it('hands over once what feeds it has ended and the passes under way have', async () => {
    let end = (): void => undefined;
    const { queue, lead, work, told } = queueOf(['a'], () => new Promise((resolve) => (end = resolve)));
    queue.feedBy(() => void told.push('is fed no more'));
    lead(true);
    queue.follow(Promise.resolve());
    await work();
    const handedOver = queue.handOver();
    await work();
    expect(told).toEqual(['is fed no more']);
    end();
    await handedOver;
    expect(told).toEqual(['is fed no more', 'gives back']);
  });

  it('hands over without the end of a pass that outlasts its patience', async () => {
    const { queue, lead, work, told } = queueOf(['a'], () => new Promise(() => undefined));
    lead(true);
    queue.follow(Promise.resolve());
    expect(await work()).toEqual(['a']);
    await queue.handOver(1);
    expect(told).toEqual(['gives back']);
  });
});
