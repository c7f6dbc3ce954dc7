import { Inject, Injectable } from '@nestjs/common';
import { Observer } from '../observation/observer.js';
import type { KubernetesRequest, QueuePass, StoreOperation, SubscriberCall } from '../observation/observer.js';
import { exceededBy } from '../ogc/limit-errors.js';
import { toProblem } from '../ogc/problem-mapper.js';
import { ANSWER_BUCKETS, REQUEST_BUCKETS } from './buckets.js';
import { MetricRegistry } from './metric-registry.js';
import { ProcessLabel } from './process-label.js';

/** Says failures of what the server stands on in the domain's words, as where requests are answered. */
export type FailureTranslation = (error: unknown) => unknown;
export const FAILURE_TRANSLATION = Symbol('FailureTranslation');

/** Counts and times what the parts of the server tell. */
@Injectable()
export class MetricsObserver extends Observer {
  readonly #kubernetesRequests;
  readonly #kubernetesDurations;
  readonly #queueWaits;
  readonly #queueWork;
  readonly #storeOperations;
  readonly #storeDurations;
  readonly #accepted;
  readonly #refused;
  readonly #limits;
  readonly #submits;
  readonly #syncWaits;
  readonly #collectionFailures;
  readonly #subscriberCalls;
  readonly #subscriberDurations;
  readonly #messages;

  constructor(
    registry: MetricRegistry,
    private readonly processLabel: ProcessLabel,
    @Inject(FAILURE_TRANSLATION) private readonly translate: FailureTranslation,
  ) {
    super();
    this.#kubernetesRequests = registry.counter({
      name: 'kubernetes_requests_total',
      help: 'Requests to the Kubernetes API, by HTTP status; code "none": no answer came.',
      labels: ['verb', 'resource', 'code'],
    });
    this.#kubernetesDurations = registry.histogram(
      {
        name: 'kubernetes_request_duration_seconds',
        help: 'How long the Kubernetes API took to answer; of watches and logs to the beginning of the answer.',
        labels: ['verb', 'resource'],
      },
      REQUEST_BUCKETS,
    );
    this.#queueWaits = registry.histogram(
      {
        name: 'workqueue_queue_duration_seconds',
        help: 'How long keys of a work queue waited to be worked on.',
        labels: ['queue'],
      },
      ANSWER_BUCKETS,
    );
    this.#queueWork = registry.histogram(
      {
        name: 'workqueue_work_duration_seconds',
        help: 'How long passes over keys of a work queue took.',
        labels: ['queue'],
      },
      ANSWER_BUCKETS,
    );
    this.#storeOperations = registry.counter({
      name: 'object_store_operations_total',
      help: 'Calls of the object store, by result: ok, or the kind of failure.',
      labels: ['operation', 'result'],
    });
    this.#storeDurations = registry.histogram(
      {
        name: 'object_store_operation_duration_seconds',
        help: 'How long calls of the object store took; of reading to the first byte.',
        labels: ['operation'],
      },
      REQUEST_BUCKETS,
    );
    this.#accepted = registry.counter({
      name: 'executions_accepted_total',
      help: 'Execute requests of which a job was made.',
      labels: ['process'],
    });
    this.#refused = registry.counter({
      name: 'executions_refused_total',
      help: 'Execute requests of which no job was made, by the type of the problem that they were answered with.',
      labels: ['process', 'type'],
    });
    this.#limits = registry.counter({
      name: 'caller_limits_exceeded_total',
      help: 'Execute requests that were refused because who asked had as much as one may have, by the limit.',
      labels: ['limit'],
    });
    this.#submits = registry.histogram(
      {
        name: 'job_submit_duration_seconds',
        help: 'From an execute request having been read to its Kubernetes Job being there.',
      },
      REQUEST_BUCKETS,
    );
    this.#syncWaits = registry.histogram(
      {
        name: 'sync_wait_duration_seconds',
        help: 'How long synchronous requests waited for their job: until it had ended, until they were answered although it was running, or until it was gone.',
        labels: ['result'],
      },
      ANSWER_BUCKETS,
    );
    this.#collectionFailures = registry.counter({
      name: 'collection_failures_total',
      help: 'Tries to collect what an ended job leaves behind (log, results) that failed, by reason. Each is repeated until one succeeds.',
      labels: ['reason'],
    });
    this.#subscriberCalls = registry.counter({
      name: 'subscriber_calls_total',
      help: 'Calls of subscribers, by result: delivered, retry (called again later), give-up (not called again).',
      labels: ['event', 'result'],
    });
    this.#subscriberDurations = registry.histogram(
      { name: 'subscriber_call_duration_seconds', help: 'How long subscribers took to answer, or not to.' },
      REQUEST_BUCKETS,
    );
    this.#messages = registry.counter({
      name: 'pubsub_messages_total',
      help: 'Messages for the broker of pubsub (by the leader): published, dropped (refused by it, or without room to wait in).',
      labels: ['result'],
    });
  }

  override kubernetesRequest({ verb, resource, status, seconds }: KubernetesRequest): void {
    this.#kubernetesRequests.inc({ verb, resource, code: String(status ?? 'none') });
    this.#kubernetesDurations.observe({ verb, resource }, seconds);
  }

  override queuePass({ queue, waited, worked }: QueuePass): void {
    this.#queueWaits.observe({ queue }, waited);
    this.#queueWork.observe({ queue }, worked);
  }

  override storeOperation({ operation, failure, seconds }: StoreOperation): void {
    this.#storeOperations.inc({ operation, result: failure ?? 'ok' });
    this.#storeDurations.observe({ operation }, seconds);
  }

  override executionAccepted(processId: string, seconds: number): void {
    this.#accepted.inc({ process: this.processLabel.of(processId) });
    this.#submits.observe(seconds);
  }

  override executionRefused(processId: string, error: unknown): void {
    this.#refused.inc({ process: this.processLabel.of(processId), type: this.problemType(error) });
    const exceeded = exceededBy(error);
    if (exceeded) this.#limits.inc({ limit: exceeded.name });
  }

  override syncWait(result: 'ended' | 'running' | 'gone', seconds: number): void {
    this.#syncWaits.observe({ result }, seconds);
  }

  override collectionFailed(error: unknown): void {
    this.#collectionFailures.inc({ reason: reasonOf(error) });
  }

  override subscriberCalled({ event, result, seconds }: SubscriberCall): void {
    this.#subscriberCalls.inc({ event, result });
    this.#subscriberDurations.observe(seconds);
  }

  override messagePublished(result: 'published' | 'dropped'): void {
    this.#messages.inc({ result });
  }

  /** The last segment of the type's address; of a problem without a type its status. */
  private problemType(error: unknown): string {
    const { status, problem } = toProblem(this.translate(error) ?? error) ?? { status: 500, problem: undefined };
    const type = problem?.type ?? 'about:blank';
    return type === 'about:blank' ? `http-${status}` : (type.split('/').at(-1) ?? type);
  }
}

/** Errors of Kubernetes and of the object store say what kind of failure they are. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || !('failure' in error)) return 'other';
  const source = error.name === 'ObjectStoreError' ? 'object-store' : 'kubernetes';
  return `${source}-${String(error.failure)}`;
}
