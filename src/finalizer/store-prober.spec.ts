import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { HealthChecks } from '../health/health-checks.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import { ObjectStoreError } from '../object-store/object-store.js';
import { KnownStore, unknownCapabilities, type StoreCapabilities } from '../object-store/store-capabilities.js';
import { StoreFindings } from '../object-store/store-findings.js';
import { StoreProber } from './store-prober.js';

const found: StoreCapabilities = { ...unknownCapabilities, ranges: 'yes', dropsCutParts: 'no' };
const away = new ObjectStoreError('unreachable', 'the bucket does not answer', true);

/** What a store keeps of what was found out. */
class Kept extends StoreFindings {
  readonly description = 'bucket logs';
  recordedFindings: StoreCapabilities | undefined;
  failure: Error | undefined;
  looks = 0;
  probes = 0;

  override async recorded(): Promise<StoreCapabilities | undefined> {
    this.looks += 1;
    if (this.failure) throw this.failure;
    return this.recordedFindings;
  }

  override async find(): Promise<StoreCapabilities> {
    this.probes += 1;
    this.recordedFindings = found;
    return found;
  }
}

describe('the prober', () => {
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  let prober: StoreProber | undefined;
  beforeEach(() => {
    jest.useFakeTimers();
    log.mockClear();
    warn.mockClear();
  });
  afterEach(async () => {
    await prober?.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  function replica(findings: Kept | undefined, isLeader = false) {
    const known = new KnownStore();
    const checks = new HealthChecks();
    const listeners: (() => void)[] = [];
    const leader = { isLeader, onChange: (listener: () => void) => (listeners.push(listener), () => undefined) };
    prober = new StoreProber(known, leader as unknown as LeaderElection, checks, findings);
    prober.onApplicationBootstrap();
    const lead = () => {
      leader.isLeader = true;
      for (const listener of listeners) listener();
    };
    return { known, checks, lead };
  }

  it('tries the store once, where this replica leads, and says what it found', async () => {
    const kept = new Kept();
    const { known, checks, lead } = replica(kept);
    await jest.advanceTimersByTimeAsync(0);
    expect([kept.probes, known.capabilities()]).toEqual([0, unknownCapabilities]);
    expect(checks.run()).toEqual({
      objectStoreProbe: { status: 'ok', detail: 'what the store does is not found out yet' },
    });
    lead();
    await jest.advanceTimersByTimeAsync(0);
    expect(known.capabilities()).toEqual(found);
    const { detail } = checks.run()['objectStoreProbe'] ?? {};
    expect(detail).toMatch(/^holds: ranges; does not hold: cut parts are dropped; not known: If-None-Match of a PUT, /);
    expect(log.mock.calls).toEqual([[`Found out about bucket logs: ${detail}`]]);
    await jest.advanceTimersByTimeAsync(24 * 3_600_000);
    expect([kept.probes, log.mock.calls.length]).toEqual([1, 1]);
  });

  it('tries nothing where it is recorded, or another replica leads: then it waits for the record', async () => {
    const kept = new Kept();
    const { known } = replica(kept);
    await jest.advanceTimersByTimeAsync(600_000);
    kept.recordedFindings = found;
    await jest.advanceTimersByTimeAsync(60_000);
    expect([kept.probes, known.capabilities()]).toEqual([0, found]);
  });

  it('goes on looking at a store that is away, says so once, and degrades nothing', async () => {
    const kept = new Kept();
    kept.failure = away;
    const { known, checks } = replica(kept, true);
    await jest.advanceTimersByTimeAsync(300_000);
    expect(kept.looks).toBeGreaterThan(4);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(checks.run()).toEqual({ objectStoreProbe: { status: 'ok', detail: 'the bucket does not answer' } });
    kept.failure = undefined;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(known.capabilities()).toEqual(found);
  });

  it('says nothing of an error that nobody foresaw', async () => {
    const kept = new Kept();
    kept.failure = new Error('secret');
    const { checks } = replica(kept, true);
    await jest.advanceTimersByTimeAsync(0);
    expect(JSON.stringify([checks.run(), warn.mock.calls])).not.toContain('secret');
  });

  it('is not there where the store is a folder', () => {
    expect(replica(undefined).checks.run()).toEqual({});
  });
});
