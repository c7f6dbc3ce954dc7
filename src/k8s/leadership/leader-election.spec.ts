import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KubernetesError } from '../client/kubernetes-error.js';
import { LeaderElection, leaseName } from './leader-election.js';
import type { Lease, LeaseRecord, LeaseStore } from './leases.js';
import { ManualClock, settle } from '../testing/manual-clock.js';

/** One Lease in memory, with the faults that the spec asks for. */
class FakeLeases {
  current?: { version: number; record: Partial<LeaseRecord> };
  writes = 0;

  store(faults: { error?: KubernetesError; hang?: boolean } = {}): LeaseStore {
    const answer = async (call: () => Lease | undefined): Promise<Lease | undefined> => {
      if (faults.hang) await new Promise(() => undefined);
      if (faults.error !== undefined) throw faults.error;
      return call();
    };
    const write = (record: Partial<LeaseRecord>): Lease => {
      this.writes += 1;
      this.current = { version: (this.current?.version ?? 0) + 1, record };
      return this.read()!;
    };
    return {
      name: 'spec',
      get: () => answer(() => this.read()),
      create: async (record) =>
        (await answer(() => {
          if (this.current !== undefined) throw new KubernetesError('already-exists', 'exists', 409);
          return write(record);
        }))!,
      update: async (lease, record) =>
        (await answer(() => {
          if (String(this.current?.version) !== lease.resourceVersion)
            throw new KubernetesError('conflict', 'conflict', 409);
          return write(record);
        }))!,
    };
  }

  read(): Lease | undefined {
    if (this.current === undefined) return undefined;
    return { resourceVersion: String(this.current.version), record: { ...this.current.record }, object: {} };
  }
}

const unavailable = new KubernetesError('unavailable', 'down');

describe('LeaderElection', () => {
  let clock: ManualClock;
  let leases: FakeLeases;
  const elect = (identity: string, faults = {}, itsClock = clock): LeaderElection =>
    new LeaderElection(leases.store(faults), undefined, itsClock, identity);

  beforeEach(() => {
    Logger.overrideLogger(false);
    clock = new ManualClock();
    leases = new FakeLeases();
  });
  afterEach(() => Logger.overrideLogger(['error', 'warn']));

  it('names the lease after the job prefix', () => {
    expect(leaseName('pygeoapi-job-')).toBe('pygeoapi-job-manager');
    expect(leaseName('x--')).toBe('x-manager');
    expect(leaseName('')).toBe('manager');
  });

  it('acquires a lease that nobody has, and renews it', async () => {
    const one = elect('one');
    const changes: boolean[] = [];
    one.onChange((isLeader) => changes.push(isLeader));
    expect(one.isLeader).toBe(false);
    one.start();
    await settle();
    expect(one.isLeader).toBe(true);
    expect(leases.current?.record).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      renewTime: expect.stringMatching(/\.\d{6}Z$/),
      leaseTransitions: 0,
    });
    await clock.advance(60_000);
    expect(leases.writes).toBe(31);
    expect(one.isLeader).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('says who holds the lease since when, and for how long nobody was seen to', async () => {
    const faults: { error?: KubernetesError } = {};
    const one = elect('one');
    const two = elect('two', faults);
    expect([two.isStarted, two.unknownFor, two.heldSince]).toEqual([false, 0, undefined]);
    one.start();
    await settle();
    two.start();
    await settle();
    expect([two.lease, two.isStarted, two.observedHolder, two.unknownFor]).toEqual(['spec', true, 'one', 0]);
    expect(two.heldSince?.toISOString()).toBe(new Date(leases.current?.record.acquireTime ?? NaN).toISOString());
    faults.error = unavailable;
    await clock.advance(60_000);
    expect(two.unknownFor).toBeGreaterThanOrEqual(57_000);
    expect(two.heldSince).toBeUndefined();
    delete faults.error;
    await clock.advance(3_000);
    expect(two.unknownFor).toBeLessThanOrEqual(3_000);
    await one.stop();
    await two.stop();
    expect(two.unknownFor).toBe(0);
  });

  it('leaves a lease alone while its holder renews it, whatever the timestamps in it say', async () => {
    const one = elect('one');
    const two = elect('two');
    one.start();
    await settle();
    two.start();
    for (let minute = 0; minute < 3; minute += 1) {
      await clock.advance(60_000);
      leases.current!.record = { ...leases.current!.record, renewTime: `1999-01-01T00:0${minute}:00.000000Z` };
    }
    expect([one.isLeader, two.isLeader]).toEqual([true, false]);
  });

  it('takes over a lease that was not renewed for its duration, never before', async () => {
    const faults: { hang?: boolean } = {};
    const one = elect('one', faults);
    const two = elect('two');
    one.start();
    await settle();
    two.start();
    await clock.advance(6_000);
    faults.hang = true;
    let last = 0;
    for (let tick = 0; tick < 200 && !two.isLeader; tick += 1) {
      await clock.advance(100);
      expect(one.isLeader && two.isLeader).toBe(false);
      if (one.isLeader) last = clock.now();
    }
    expect(two.isLeader).toBe(true);
    expect(clock.now() - last).toBeGreaterThanOrEqual(5_000 - 100);
    expect(leases.current?.record).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('does not lead any more by the clock, even where no timer came', async () => {
    const one = elect('one');
    one.start();
    await settle();
    clock.jump(10_000);
    expect(one.isLeader).toBe(false);
  });

  it('outlives failures shorter than the deadline, and loses after it, telling so', async () => {
    const faults: { error?: KubernetesError } = {};
    const one = elect('one', faults);
    const changes: boolean[] = [];
    one.onChange((isLeader) => changes.push(isLeader));
    one.start();
    await clock.advance(4_000);
    faults.error = unavailable;
    await clock.advance(7_000);
    faults.error = undefined;
    await clock.advance(2_500);
    expect(changes).toEqual([true]);
    faults.error = unavailable;
    await clock.advance(12_500);
    expect(changes).toEqual([true, false]);
    faults.error = undefined;
    await clock.advance(3_000);
    expect(changes).toEqual([true, false, true]);
  });

  it('stops leading as soon as it sees another holder', async () => {
    const one = elect('one');
    one.start();
    await settle();
    leases.current = { version: 99, record: { ...leases.current!.record, holderIdentity: 'thief' } };
    await clock.advance(4_100);
    expect(one.isLeader).toBe(false);
  });

  it('hands over at once when it stops', async () => {
    const one = elect('one');
    const two = elect('two');
    one.start();
    await settle();
    two.start();
    await clock.advance(5_000);
    await one.stop();
    expect(one.isLeader).toBe(false);
    expect(leases.current?.record).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(2_500);
    expect(two.isLeader).toBe(true);
    expect(leases.current?.record.leaseTransitions).toBe(1);
  });

  it('releases the lease also where its last renewal failed, but not what another has taken since', async () => {
    const faults: { error?: KubernetesError } = {};
    const one = elect('one', faults);
    one.start();
    await settle();
    faults.error = unavailable;
    await clock.advance(2_000);
    delete faults.error;
    await one.stop();
    expect(leases.current?.record.holderIdentity).toBe('');

    const two = elect('two', faults);
    two.start();
    await settle();
    faults.error = unavailable;
    await clock.advance(2_000);
    delete faults.error;
    leases.current = { version: 99, record: { holderIdentity: 'three' } };
    await two.stop();
    expect(leases.current.record.holderIdentity).toBe('three');
  });

  it('does not release a lease of another, and makes no request before it is started', async () => {
    const one = elect('one');
    one.start();
    await settle();
    const two = elect('two');
    await clock.advance(100);
    await two.stop();
    two.start();
    await clock.advance(100);
    expect(leases.current?.record.holderIdentity).toBe('one');
    expect(two.isLeader).toBe(false);
  });

  it('lets one of two that start together lead', async () => {
    const both = [elect('one'), elect('two')];
    for (const election of both) election.start();
    await clock.advance(10_000);
    expect(both.filter(({ isLeader }) => isLeader)).toHaveLength(1);
  });

  it('acts as the only replica where leases are forbidden from the start', async () => {
    const one = elect('one', { error: new KubernetesError('forbidden', 'no', 403) });
    const changes: boolean[] = [];
    one.onChange((isLeader) => changes.push(isLeader));
    one.start();
    await clock.advance(60_000);
    expect(one.isLeader).toBe(true);
    expect(changes).toEqual([true]);
    await one.stop();
    expect(one.isLeader).toBe(false);
  });

  it('does not act as the only replica where leases have worked before', async () => {
    const faults: { error?: KubernetesError } = {};
    const one = elect('one', faults);
    one.start();
    await settle();
    faults.error = new KubernetesError('forbidden', 'no', 403);
    await clock.advance(20_000);
    expect(one.isLeader).toBe(false);
  });

  it('tells all listeners, one that throws or not', async () => {
    const one = elect('one');
    const told: boolean[] = [];
    one.onChange(() => {
      throw new Error('no');
    });
    const unsubscribe = one.onChange((isLeader) => told.push(isLeader));
    one.start();
    await settle();
    unsubscribe();
    await one.stop();
    expect(told).toEqual([true]);
  });
});
