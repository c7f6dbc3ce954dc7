import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { HealthChecks } from '../health/health-checks.js';
import { FakeCluster } from '../k8s/testing/fake-cluster.js';
import type { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import type { ProcessRegistry } from '../processes/registry/process-registry.js';
import { QueueCheck } from './queue-check.js';
import { QueuePlaces } from './queue-places.js';
import { usesQueues, Workloads } from './workloads.js';

const configurationOf = (jobs: object, processors: object[] = [], roles: object[] = []) =>
  ({
    server: { manager: { jobs } },
    access: { rules: { roles } },
    processes: processors.map((processor) => ({ id: 'a', processor: { name: 'x', ...processor } })),
  }) as unknown as Configuration;
const queued = configurationOf({ queueName: 'batch' });

const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'job-a', uid: 'job-uid', controller: true };
const workload = (name: string, more: object = {}) => ({
  kind: 'Workload',
  metadata: { name, namespace: 'there', uid: name, ownerReferences: [{ ...owner, ...more }] },
});

describe('Workloads', () => {
  async function workloads({ granted = true, configuration = queued } = {}) {
    const cluster = new FakeCluster();
    const asked: string[] = [];
    const client = {
      canI: (verb: string, resource: string) => {
        asked.push(`${verb} ${resource}`);
        return Promise.resolve(granted);
      },
    } as unknown as KubernetesClient;
    const health = new HealthChecks();
    const known = new Workloads(cluster.informerFactory, client, configuration, health);
    await known.onModuleInit();
    return { cluster, asked, health, known };
  }

  it('are known by their Jobs, and tell of changes', async () => {
    const { cluster, known } = await workloads();
    const changed: string[] = [];
    known.onChange((name) => changed.push(name));
    cluster.put('workloads', workload('w'));
    expect(known.of({ name: 'job-a', uid: 'job-uid' })).toMatchObject({ waiting: { reason: 'Pending' } });
    expect(known.of({ name: 'job-a', uid: 'another' })).toBeUndefined();
    cluster.take('workloads', { name: 'w', namespace: 'there' });
    expect(known.of({ name: 'job-a', uid: 'job-uid' })).toBeUndefined();
    expect(changed).toEqual(['job-a', 'job-a']);
  });

  it('are waited for at a start only where they are watched', async () => {
    for (const options of [{}, { granted: false }, { configuration: configurationOf({}) }])
      await expect((await workloads(options)).known.whenKnown()).resolves.toBeUndefined();
  });

  it('are not watched without the right to, which readiness says', async () => {
    const { cluster, health, known } = await workloads({ granted: false });
    cluster.put('workloads', workload('w'));
    expect(known.of({ name: 'job-a', uid: 'job-uid' })).toBeUndefined();
    expect(health.run()['kueue']).toMatchObject({ status: 'degraded' });
  });

  it('are not asked for where no process names a queue', async () => {
    const { asked, health } = await workloads({ configuration: configurationOf({}, [{ queue_priority: 'high' }]) });
    expect(asked).toEqual([]);
    expect(health.run()).toEqual({});
  });

  it.each([
    [{}, [{}], false],
    [{ queueName: '' }, [{ queue_name: '' }], false],
    [{}, [{}, { queue_name: 'gpu' }], true],
    [{}, [{ allowed_queues: ['gpu'] }], true],
    [{ queueName: 'batch' }, [], true],
  ])('are of use with %j and processes %j: %s', (jobs, processors, expected) => {
    expect(usesQueues(configurationOf(jobs, processors))).toBe(expected);
  });

  it('are of use where a role names a queue', () => {
    expect(usesQueues(configurationOf({}, [], [{}, { queueName: 'batch' }]))).toBe(true);
  });
});

describe('a queue', () => {
  const processes = [
    {
      jobSettings: { queueName: 'gone', queuePriority: 'low' },
      queueChoices: { names: ['gpu'], priorities: ['none'] },
    },
    { jobSettings: { queueName: '' }, queueChoices: { names: [], priorities: ['of-no-queue'] } },
  ];
  function check() {
    const cluster = new FakeCluster();
    cluster.put('localqueues', { kind: 'LocalQueue', metadata: { name: 'gpu', namespace: cluster.client.namespace } });
    cluster.put('workloadpriorityclasses', { kind: 'WorkloadPriorityClass', metadata: { name: 'low' } });
    const registry = { list: () => processes } as unknown as ProcessRegistry;
    return { cluster, check: new QueueCheck(cluster.objectClient, cluster.client, registry, configurationOf({})) };
  }

  it('that is not there is named before a job is made for it', async () => {
    const { check: queues } = check();
    await queues.assertExists({ queueName: 'gpu', queuePriority: 'low' });
    await queues.assertExists({});
    await queues.assertExists({ queueName: '', queuePriority: 'none' });
    await expect(queues.assertExists({ queueName: 'gone', queuePriority: 'none' })).rejects.toThrow(
      /no LocalQueue "gone" in namespace \S+ and no WorkloadPriorityClass "none"/,
    );
  });

  it('counts as there where it cannot be asked for', async () => {
    const { cluster, check: queues } = check();
    cluster.failures.set('get localqueues', 'forbidden');
    await queues.assertExists({ queueName: 'gone' });
  });

  it('that was found is not asked for with each job', async () => {
    const { cluster, check: queues } = check();
    await queues.assertExists({ queueName: 'gpu' });
    await queues.assertExists({ queueName: 'gpu' });
    expect(cluster.calls).toEqual(['get localqueues']);
  });
});

describe('places in a queue', () => {
  const waiting = { status: 'accepted', queue: { name: 'batch', reason: 'Pending' } };
  function places() {
    const cluster = new FakeCluster();
    const { namespace } = cluster.client;
    const items = ['job-a', 'job-b'].map((name, positionInLocalQueue) => ({
      metadata: { ownerReferences: [{ ...owner, name }] },
      positionInLocalQueue,
    }));
    cluster.put('localqueues.visibility.kueue.x-k8s.io', { metadata: { name: 'batch', namespace }, items } as object);
    return { cluster, places: new QueuePlaces(cluster.objectClient, cluster.client) };
  }

  it('are added to the status of a job that waits, with one question for all', async () => {
    const { cluster, places: queue } = places();
    const known = await Promise.all(['job-a', 'job-b', 'job-c'].map((name) => queue.addTo(waiting, { name })));
    expect(known.map((status) => status.queue)).toEqual([
      { ...waiting.queue, position: 1 },
      { ...waiting.queue, position: 2 },
      waiting.queue,
    ]);
    expect(cluster.calls).toHaveLength(1);
  });

  it('are not asked for where a job does not wait', async () => {
    const { cluster, places: queue } = places();
    for (const status of [{ status: 'running', queue: waiting.queue }, { status: 'accepted' }])
      expect(await queue.addTo(status, { name: 'job-a' })).toBe(status);
    expect(cluster.calls).toEqual([]);
  });

  it('are left out where Kueue does not say, which is not asked again at once', async () => {
    const { cluster, places: queue } = places();
    cluster.failures.set('get localqueues.visibility.kueue.x-k8s.io', 'forbidden');
    expect(await queue.addTo(waiting, { name: 'job-a' })).toBe(waiting);
    expect(
      await queue.addTo({ ...waiting, queue: { ...waiting.queue, name: 'other' } }, { name: 'job-a' }),
    ).not.toHaveProperty('queue.position');
    expect(cluster.calls).toHaveLength(1);
  });
});
