import { afterEach, describe, expect, it } from '@jest/globals';
import { ManualClock, settle as settled } from '../k8s/testing/manual-clock.js';
import { Observer } from '../observation/observer.js';
import { Broker, BrokerError, type Message } from './broker.js';
import type { CloudEvent } from './cloud-event.js';
import { Outbox, type OutboxState } from './outbox.js';

/** A broker that takes, refuses, or does not answer. */
class FakeBroker extends Broker {
  readonly taken: string[] = [];
  isConnected = false;
  away = false;
  refuses = new Set<string>();
  /** While set, messages are with the broker, which does not answer. */
  silence: PromiseWithResolvers<void> | undefined;
  closed = 0;
  connections = 0;
  /** Each, as soon as it is there. */
  endsConnections = false;
  private lost = (): void => undefined;

  onLost(lost: () => void): void {
    this.lost = lost;
  }
  lose(): void {
    this.isConnected = false;
    this.lost();
  }
  async connect(): Promise<void> {
    if (this.away) throw new BrokerError('connection refused');
    this.connections += 1;
    this.isConnected = true;
    // Never more than a test can take.
    if (this.endsConnections && this.connections < 100) this.lose();
  }
  async publish({ event }: Message, signal: AbortSignal): Promise<void> {
    if (this.away) {
      this.isConnected = false;
      throw new BrokerError('connection lost');
    }
    if (this.silence) {
      const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      await Promise.race([this.silence.promise, aborted]);
    }
    if (this.refuses.has(event.id)) throw new BrokerError('it answers 413', true);
    this.taken.push(event.id);
  }
  async close(): Promise<void> {
    this.closed += 1;
    this.isConnected = false;
  }
}

const message = (id: string): Message => ({ address: 'a', event: { id } as CloudEvent });

let outbox: Outbox | undefined;
afterEach(() => outbox?.stop(0));

function setUp({ room = 3 } = {}) {
  const broker = new FakeBroker();
  const clock = new ManualClock();
  const counted = { published: 0, dropped: 0 };
  const observer = new (class extends Observer {
    override messagePublished(result: 'published' | 'dropped'): void {
      counted[result] += 1;
    }
  })();
  const said: [string | undefined, OutboxState][] = [];
  const leading = { is: true };
  outbox = new Outbox({
    broker,
    clock,
    observer,
    room,
    mayPublish: () => leading.is,
    onChange: (problem, state) => said.push([problem, state]),
  });
  return { broker, clock, counted, said, leading, outbox };
}

describe('messages for the broker', () => {
  it('are published one after another, as they were added', async () => {
    const { broker, outbox, counted, said } = setUp();
    outbox.start();
    for (const id of ['1', '2', '3']) outbox.add(message(id));
    await settled();
    expect([broker.taken, counted, said]).toEqual([['1', '2', '3'], { published: 3, dropped: 0 }, []]);
  });

  it('wait while it is away, and keep their order; that is said once', async () => {
    const { broker, clock, outbox, said } = setUp();
    broker.away = true;
    outbox.start();
    outbox.add(message('1'));
    await settled();
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(60_000);
      await settled();
    }
    outbox.add(message('2'));
    expect(outbox.state).toEqual({ waiting: 2, dropped: 0, problem: 'connection refused' });
    broker.away = false;
    await clock.advance(60_000);
    await settled();
    expect(broker.taken).toEqual(['1', '2']);
    expect(said.map(([problem]) => problem)).toEqual(['connection refused', undefined]);
    expect(outbox.state).toEqual({ waiting: 0, dropped: 0 });
  });

  it('make room for newer ones, but for the one that is with the broker', async () => {
    const { broker, outbox, counted } = setUp({ room: 3 });
    broker.silence = Promise.withResolvers();
    outbox.start();
    outbox.add(message('1'));
    await settled();
    for (const id of ['2', '3', '4', '5']) outbox.add(message(id));
    expect([outbox.state, counted.dropped]).toEqual([{ waiting: 3, dropped: 2 }, 2]);
    broker.silence.resolve();
    broker.silence = undefined;
    await settled();
    expect(broker.taken).toEqual(['1', '4', '5']);
  });

  it('that are refused for what they are hold up no others', async () => {
    const { broker, outbox, counted } = setUp();
    broker.refuses.add('1');
    outbox.start();
    for (const id of ['1', '2']) outbox.add(message(id));
    await settled();
    expect([broker.taken, counted]).toEqual([['2'], { published: 1, dropped: 1 }]);
  });

  it('are left to who publishes in the place of this replica', async () => {
    const { broker, clock, outbox, leading } = setUp();
    broker.away = true;
    outbox.start();
    outbox.add(message('1'));
    await settled();
    leading.is = false;
    broker.away = false;
    await clock.advance(60_000);
    await settled();
    expect([broker.taken, outbox.state.waiting, broker.closed]).toEqual([[], 0, 1]);
    leading.is = true;
    outbox.add(message('2'));
    await settled();
    expect(broker.taken).toEqual(['2']);
  });
});

describe('a connection that ends by itself', () => {
  it('is noticed and made again without a message', async () => {
    const { broker, clock, outbox, said } = setUp();
    outbox.start();
    await settled();
    broker.away = true;
    broker.lose();
    await settled();
    expect(outbox.state.problem).toBe('connection refused');
    broker.away = false;
    await clock.advance(60_000);
    await settled();
    expect([broker.isConnected, said.length]).toEqual([true, 2]);
  });
});

describe('a broker that ends each connection as soon as it has taken it', () => {
  it('is not asked for the next at once, but for a message', async () => {
    const { broker, clock, outbox } = setUp();
    broker.endsConnections = true;
    outbox.start();
    await settled();
    await clock.advance(900);
    await settled();
    expect(broker.connections).toBe(2);
    await clock.advance(100);
    await settled();
    expect(broker.connections).toBe(3);
    broker.endsConnections = false;
    await clock.advance(1_000);
    await settled();
    expect([broker.connections, broker.isConnected]).toEqual([4, true]);
    outbox.add(message('1'));
    await settled();
    expect(broker.taken).toEqual(['1']);
  });
});

describe('the end of the server', () => {
  it('waits for what is under way, not for a broker that is away', async () => {
    const { broker, outbox } = setUp();
    outbox.start();
    outbox.add(message('1'));
    await outbox.stop(1_000);
    expect(broker.taken).toEqual(['1']);
    const other = setUp();
    other.broker.away = true;
    other.outbox.start();
    other.outbox.add(message('1'));
    await settled();
    await other.outbox.stop(1_000);
    expect(other.broker.taken).toEqual([]);
  });
});
