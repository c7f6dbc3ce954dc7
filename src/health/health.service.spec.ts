import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import type { ListWatchInformerFactory } from '../k8s/informers/informer.factory.js';
import type { WorkQueueState } from '../k8s/queues/keyed-work-queue.js';
import type { LeaderElection } from '../k8s/leadership/leader-election.js';
import type { WorkQueues } from '../k8s/queues/work-queues.js';
import { ObjectStoreError, type ObjectStore } from '../object-store/object-store.js';
import type { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { HealthChecks } from './health-checks.js';
import { HealthService } from './health.service.js';

function healthWith({
  synced = true,
  silence = 0,
  fault = undefined as string | undefined,
  background = false,
  store = undefined as Error | undefined,
} = {}) {
  let checks = 0;
  const others = new HealthChecks();
  const health = new HealthService(
    {
      statistics: () => [{ resource: 'pods', synced, background, lastContact: new Date(Date.now() - silence) }],
    } as unknown as ListWatchInformerFactory,
    {
      isLeader: false,
      isStarted: true,
      unknownFor: 0,
      observedHolder: 'another',
      heldSince: new Date('2026-01-01T12:00:00Z'),
    } as unknown as LeaderElection,
    { check: () => fault } as unknown as SecurityContextPolicy,
    { states: () => [] } as unknown as WorkQueues,
    others,
    { environment: { shutdownDelay: 0 } } as Configuration,
    {
      description: 'a store',
      check: () => ((checks += 1), store ? Promise.reject(store) : Promise.resolve()),
    } as unknown as ObjectStore,
  );
  return { health, others, checks: () => checks };
}

describe('readiness', () => {
  it('is ok with all that the server needs', async () => {
    expect(await healthWith().health.readiness()).toEqual({
      status: 'ok',
      checks: {
        informers: { status: 'ok' },
        securityContext: { status: 'ok' },
        objectStore: { status: 'ok', detail: 'a store' },
        leader: { status: 'ok', detail: 'the leader is another since 2026-01-01T12:00:00.000Z' },
        queues: { status: 'ok' },
      },
    });
  });

  it('is only degraded without the store, or with a wrong security context', async () => {
    const away = new ObjectStoreError('unreachable', 'the bucket does not answer', true);
    expect(await healthWith({ store: away }).health.readiness()).toMatchObject({
      status: 'degraded',
      checks: { objectStore: { status: 'degraded', detail: 'the bucket does not answer' } },
    });
    expect(await healthWith({ fault: 'X is no JSON' }).health.readiness()).toMatchObject({
      status: 'degraded',
      checks: { securityContext: { detail: 'nothing can be executed: X is no JSON' } },
    });
  });

  it('is degraded where nothing was heard of the API server for minutes, or where another module says so', async () => {
    expect(await healthWith({ silence: 200_000 }).health.readiness()).toMatchObject({
      status: 'degraded',
      checks: { informers: { detail: 'the API server was heard of 200 seconds ago last' } },
    });
    const { health, others } = healthWith();
    others.add('finalizer', () => ({ status: 'degraded', detail: 'not collected' }));
    expect(await health.readiness()).toMatchObject({
      status: 'degraded',
      checks: { finalizer: { status: 'degraded', detail: 'not collected' } },
    });
  });

  it('is missing until the first lists are in, and once the server shuts down', async () => {
    expect((await healthWith({ synced: false }).health.readiness()).status).toBe('unavailable');
    const { health } = healthWith();
    await health.onModuleDestroy();
    expect((await health.readiness()).status).toBe('unavailable');
  });

  it('is degraded while only what runs in the background has no first list', async () => {
    expect(await healthWith({ synced: false, background: true }).health.readiness()).toMatchObject({
      status: 'degraded',
      checks: { informers: { status: 'degraded', detail: 'the first list of pods is not in' } },
    });
  });

  it('says nothing of an error that nobody foresaw, and does not ask the store at each probe', async () => {
    const { health, checks } = healthWith({ store: new Error('secret') });
    for (let probe = 0; probe < 3; probe += 1) expect(JSON.stringify(await health.readiness())).not.toContain('secret');
    expect(checks()).toBe(1);
  });
});

/** What the checks stand on, as it is at the moment. */
function changingHealth() {
  const now = {
    synced: true,
    lastContact: new Date(),
    fault: undefined as string | undefined,
    store: undefined as Error | undefined,
    leader: { lease: 'jobs', isLeader: true, isStarted: true, unknownFor: 0 } as Partial<LeaderElection>,
    queue: { name: 'finalizer', depth: 3, oldestWaiting: 0, oldestPass: 0 } as WorkQueueState,
  };
  const informers = () => [{ resource: 'pods', background: false, synced: now.synced, lastContact: now.lastContact }];
  const health = new HealthService(
    { statistics: informers } as unknown as ListWatchInformerFactory,
    new Proxy({} as LeaderElection, { get: (_, property) => now.leader[property as keyof LeaderElection] }),
    { check: () => now.fault } as unknown as SecurityContextPolicy,
    { states: () => [now.queue] } as unknown as WorkQueues,
    new HealthChecks(),
    { environment: { shutdownDelay: 0 } } as Configuration,
    {
      description: 'a store',
      check: () => (now.store ? Promise.reject(now.store) : Promise.resolve()),
    } as unknown as ObjectStore,
  );
  return { now, health };
}

describe('each check', () => {
  beforeEach(() => void jest.useFakeTimers({ now: new Date('2026-01-01T12:00:00Z') }));
  afterEach(() => void jest.useRealTimers());

  type State = ReturnType<typeof changingHealth>['now'];
  const since = new Date('2026-01-01T11:00:00Z');
  it.each<[string, Partial<State>, string, string]>([
    ['informers', { synced: false }, 'unavailable', 'the first list of pods is not in'],
    [
      'informers',
      { lastContact: new Date('2026-01-01T11:57:00Z') },
      'degraded',
      'the API server was heard of 191 seconds ago last',
    ],
    ['securityContext', { fault: 'X is no JSON' }, 'degraded', 'nothing can be executed: X is no JSON'],
    ['objectStore', { store: new ObjectStoreError('denied', 'it refuses', true) }, 'degraded', 'it refuses'],
    [
      'leader',
      { leader: { lease: 'jobs', isLeader: false, isStarted: true, unknownFor: 31_000 } },
      'degraded',
      'nobody has been seen to hold the Lease jobs for 31 seconds, so nothing is collected',
    ],
    [
      'leader',
      { leader: { isLeader: false, isStarted: true, unknownFor: 29_000 } },
      'ok',
      'the leader is not known yet',
    ],
    ['leader', { leader: { isLeader: false, isStarted: false, unknownFor: 0 } }, 'ok', 'nothing needs a leader'],
    [
      'leader',
      { leader: { isLeader: true, isStarted: true, unknownFor: 0, heldSince: since } },
      'ok',
      'this replica leads since 2026-01-01T11:00:00.000Z',
    ],
    [
      'queues',
      { queue: { name: 'finalizer', depth: 3, oldestWaiting: 301_000, oldestPass: 0 } as WorkQueueState },
      'degraded',
      'finalizer: one of 3 has waited 301 seconds for its turn',
    ],
    [
      'queues',
      { queue: { name: 'finalizer', depth: 3, oldestWaiting: 0, oldestPass: 1_801_000 } as WorkQueueState },
      'degraded',
      'finalizer: one has been worked on for 1801 seconds',
    ],
  ])('%s: %j is %s, and heals', async (check, change, status, detail) => {
    const { now, health } = changingHealth();
    const well = { ...now };
    expect((await health.readiness()).status).toBe('ok');
    Object.assign(now, change);
    jest.advanceTimersByTime(11_000);
    const bad = await health.readiness();
    expect([bad.status, bad.checks[check]]).toEqual([
      status,
      // Whoever has no token is told that something is wrong, wherever it is.
      { status, detail, ...(status === 'ok' ? {} : { hint: expect.stringMatching(/./) }) },
    ]);
    Object.assign(now, well, { lastContact: new Date() });
    jest.advanceTimersByTime(11_000);
    expect((await health.readiness()).status).toBe('ok');
  });
});
