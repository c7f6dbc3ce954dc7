import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Configuration } from '../config/configuration.js';
import { KubernetesError } from '../k8s/client/kubernetes-error.js';
import { InvalidRequestError, ProcessNotFoundError, UnavailableError } from '../ogc/domain-errors.js';
import { LimitExceededError } from '../ogc/limit-errors.js';
import { MetricRegistry } from './metric-registry.js';
import { MetricsObserver } from './metrics.observer.js';
import { ProcessLabel } from './process-label.js';
import { seriesOf } from './testing/series.js';

let registry: MetricRegistry;
let observer: MetricsObserver;
beforeEach(() => {
  registry = new MetricRegistry();
  const label = new ProcessLabel({ processes: [{ id: 'hello' }] } as unknown as Configuration);
  const translate = (error: unknown) => (error instanceof KubernetesError ? new UnavailableError('away') : undefined);
  observer = new MetricsObserver(registry, label, translate);
});
afterEach(() => registry.onApplicationShutdown());

const series = (name: string) => seriesOf(registry, name);

describe('what parts of the server tell', () => {
  it('makes of requests to the Kubernetes API counters by verb, resource and code, and durations', async () => {
    observer.kubernetesRequest({ verb: 'list', resource: 'jobs', status: 200, seconds: 0.02 });
    observer.kubernetesRequest({ verb: 'list', resource: 'jobs', status: undefined, seconds: 30 });
    expect(await series('kubernetes_requests_total')).toEqual({
      'verb="list",resource="jobs",code="200"': 1,
      'verb="list",resource="jobs",code="none"': 1,
    });
    expect(await series('kubernetes_request_duration_seconds_sum')).toEqual({ 'verb="list",resource="jobs"': 30.02 });
    expect(await series('kubernetes_request_duration_seconds_bucket')).toMatchObject({
      'le="0.01",verb="list",resource="jobs"': 0,
      'le="0.025",verb="list",resource="jobs"': 1,
      'le="30",verb="list",resource="jobs"': 2,
    });
  });

  it('makes of executions counters by process; ids that are not configured share one', async () => {
    observer.executionAccepted('hello', 0.1);
    observer.executionAccepted('hello', 0.3);
    observer.executionRefused('hello', new InvalidRequestError('no', []));
    for (const id of ['a', 'b', 'c']) observer.executionRefused(id, new ProcessNotFoundError(id));
    observer.executionRefused('hello', new KubernetesError('unavailable', 'down'));
    observer.executionRefused('hello', new Error('unforeseen'));
    expect(await series('executions_accepted_total')).toEqual({ 'process="hello"': 2 });
    expect(await series('executions_refused_total')).toEqual({
      'process="hello",type="invalid-request"': 1,
      'process="(other)",type="no-such-process"': 3,
      'process="hello",type="unavailable"': 1,
      'process="hello",type="http-500"': 1,
    });
    const limit = { name: 'waiting', key: 'k', limit: 1, used: 1 };
    observer.executionRefused('hello', new LimitExceededError('too many', limit, 1));
    expect(await series('caller_limits_exceeded_total')).toEqual({ 'limit="waiting"': 1 });
    expect(await series('job_submit_duration_seconds_count')).toEqual({ '': 2 });
  });

  it('makes of the store, the queue, waiting, collecting and subscribers what each needs', async () => {
    observer.storeOperation({ operation: 'create', failure: undefined, seconds: 1 });
    observer.storeOperation({ operation: 'create', failure: 'denied', seconds: 1 });
    observer.queuePass({ queue: 'finalizer', waited: 2, worked: 3 });
    observer.syncWait('ended', 4);
    observer.collectionFailed(new KubernetesError('forbidden', 'no'));
    observer.collectionFailed(Object.assign(new Error('full'), { name: 'ObjectStoreError', failure: 'full' }));
    observer.collectionFailed(new Error('whatever it says'));
    observer.subscriberCalled({ event: 'success', result: 'retry', seconds: 5 });
    observer.messagePublished('dropped');
    expect(await series('object_store_operations_total')).toEqual({
      'operation="create",result="ok"': 1,
      'operation="create",result="denied"': 1,
    });
    expect(await series('workqueue_queue_duration_seconds_sum')).toEqual({ 'queue="finalizer"': 2 });
    expect(await series('workqueue_work_duration_seconds_sum')).toEqual({ 'queue="finalizer"': 3 });
    expect(await series('sync_wait_duration_seconds_sum')).toEqual({ 'result="ended"': 4 });
    expect(await series('collection_failures_total')).toEqual({
      'reason="kubernetes-forbidden"': 1,
      'reason="object-store-full"': 1,
      'reason="other"': 1,
    });
    expect(await series('pubsub_messages_total')).toEqual({ 'result="dropped"': 1 });
    expect(await series('subscriber_calls_total')).toEqual({ 'event="success",result="retry"': 1 });
  });
});

describe('the registry', () => {
  it('tells how the process is, without a prefix, as everywhere', async () => {
    const names = await registry.names();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(names.has(name)).toBe(true);
  });

  it('forgets series that are not read any more', async () => {
    let readings: [Record<'kind', string>, number][] = [
      [{ kind: 'a' }, 1],
      [{ kind: 'b' }, 2],
    ];
    registry.gauge({ name: 'things', help: 'Things.', labels: ['kind'] }, () => readings);
    expect(await series('things')).toEqual({ 'kind="a"': 1, 'kind="b"': 2 });
    readings = [[{ kind: 'b' }, 3]];
    expect(await series('things')).toEqual({ 'kind="b"': 3 });
  });
});
