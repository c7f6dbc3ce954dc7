import { Inject, Injectable } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { HealthService } from '../health/health.service.js';
import { ListWatchInformerFactory, type InformerStatistics } from '../k8s/informers/informer.factory.js';
import type { WorkQueueState } from '../k8s/queues/keyed-work-queue.js';
import { LeaderElections } from '../k8s/leadership/leader-elections.js';
import { WorkQueues } from '../k8s/queues/work-queues.js';
import { MetricRegistry, type Reading } from './metric-registry.js';

/** Token of the package's version. */
export const PACKAGE_VERSION = Symbol('PackageVersion');

const HEALTH = ['ok', 'degraded', 'unavailable'] as const;

/** What the server's parts know of themselves, read when the metrics are. */
@Injectable()
export class ServerMetrics {
  constructor(
    private readonly registry: MetricRegistry,
    private readonly informers: ListWatchInformerFactory,
    private readonly queues: WorkQueues,
    private readonly elections: LeaderElections,
    private readonly health: HealthService,
    @Inject(PACKAGE_VERSION) packageVersion: string,
    { environment }: Configuration,
  ) {
    const { version = packageVersion, commit = 'unknown' } = environment.build;
    registry.gauge(
      {
        name: 'build_info',
        help: 'Always 1; the labels say what runs.',
        labels: ['version', 'commit', 'node_version'],
      },
      () => [[{ version, commit, node_version: process.version }, 1]],
    );
    registry.gauge({ name: 'leader', help: 'Whether this replica holds the Lease.', labels: ['lease'] }, () =>
      this.elections.started().map(({ lease, isLeader }) => [{ lease }, Number(isLeader)]),
    );
    registry.gauge(
      {
        name: 'health_check_status',
        help: 'What readiness says of each thing that the server stands on: 1 for the status that it has, 0 for the others.',
        labels: ['check', 'status'],
      },
      () => this.healthChecks(),
    );
    this.addInformers();
    this.addQueues();
  }

  private addInformers(): void {
    const labels = ['resource', 'scope'] as const;
    const read = (value: (statistics: InformerStatistics) => number) => (): Reading<'resource' | 'scope'>[] =>
      this.informers.statistics().map((statistics) => {
        const { resource, scope } = statistics;
        return [{ resource, scope }, value(statistics)];
      });
    this.registry.gauge(
      { name: 'informer_synced', help: 'Whether the first list is in.', labels },
      read(({ synced }) => Number(synced)),
    );
    this.registry.gauge(
      { name: 'informer_objects', help: 'Objects in memory.', labels },
      read(({ size }) => size),
    );
    this.registry.gauge(
      {
        name: 'informer_last_contact_timestamp_seconds',
        help: 'When the API server last delivered a list or an event of the watch (at the latest every minute); 0: never.',
        labels,
      },
      read(({ lastContact }) => (lastContact?.getTime() ?? 0) / 1000),
    );
    this.registry.countedElsewhere(
      {
        name: 'informer_lists_total',
        help: 'Full lists read: one at the start, and one where a watch could not go on where it had ended.',
        labels,
      },
      read(({ lists }) => lists),
    );
    this.registry.countedElsewhere(
      {
        name: 'informer_watches_total',
        help: 'Watches opened. The API server ends each after five to ten minutes.',
        labels,
      },
      read(({ watches }) => watches),
    );
    this.registry.countedElsewhere(
      { name: 'informer_failures_total', help: 'Lists and watches that failed and were begun again.', labels },
      read(({ failed }) => failed),
    );
  }

  private addQueues(): void {
    const labels = ['queue'] as const;
    const read = (value: (state: WorkQueueState) => number) => (): Reading<'queue'>[] =>
      this.queues.states().map((state) => [{ queue: state.name }, value(state)]);
    this.registry.gauge(
      { name: 'workqueue_depth', help: 'Keys that wait or are worked on.', labels },
      read(({ depth }) => depth),
    );
    this.registry.gauge(
      { name: 'workqueue_failing', help: 'Keys whose last pass failed; each is tried again.', labels },
      read(({ failing }) => failing),
    );
    this.registry.gauge(
      {
        name: 'workqueue_oldest_waiting_seconds',
        help: 'How long the key has waited that has waited longest for its turn.',
        labels,
      },
      read(({ oldestWaiting }) => oldestWaiting / 1000),
    );
    this.registry.gauge(
      {
        name: 'workqueue_oldest_pass_seconds',
        help: 'How long the pass has been going on that began first.',
        labels,
      },
      read(({ oldestPass }) => oldestPass / 1000),
    );
    this.registry.countedElsewhere(
      { name: 'workqueue_adds_total', help: 'Keys taken in; those that waited already are not counted.', labels },
      read(({ adds }) => adds),
    );
    this.registry.countedElsewhere(
      { name: 'workqueue_retries_total', help: 'Passes that failed and are repeated.', labels },
      read(({ retries }) => retries),
    );
  }

  private async healthChecks(): Promise<Reading<'check' | 'status'>[]> {
    const { checks } = await this.health.readiness();
    return Object.entries(checks).flatMap(([check, found]) =>
      HEALTH.map((status): Reading<'check' | 'status'> => [{ check, status }, Number(found.status === status)]),
    );
  }
}
