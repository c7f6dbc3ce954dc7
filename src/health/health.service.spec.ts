import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import type { ListWatchInformerFactory } from '../k8s/informer.factory.js';
import type { LeaderElection } from '../k8s/leader-election.js';
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
    { isLeader: false, observedHolder: 'another' } as unknown as LeaderElection,
    { check: () => fault } as unknown as SecurityContextPolicy,
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
        leader: { status: 'ok', detail: 'the leader is another' },
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
