import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Configuration, type JobSettings } from '../config/configuration.js';
import { KubernetesClient } from '../k8s/client/kubernetes-client.js';
import { ObjectClient } from '../k8s/client/object-client.js';
import { MisconfiguredError } from '../ogc/domain-errors.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';

/** What was found is believed so long, milliseconds. */
const BELIEVED = 10_000;

/**
 * Whether queues and priority classes exist: Kueue itself says nothing of a Job whose WorkloadPriorityClass is not there, and of one whose LocalQueue is not,
 * only that it waits. Where it cannot be asked (no right, no answer) they count as there.
 */
@Injectable()
export class QueueCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger(QueueCheck.name);
  private readonly found = new Map<string, number>();

  constructor(
    private readonly objects: ObjectClient,
    private readonly client: KubernetesClient,
    private readonly processes: ProcessRegistry,
    private readonly configuration: Configuration,
  ) {}

  /** Says in the log what is not there; nothing waits for it. */
  onApplicationBootstrap(): void {
    void this.warn();
  }

  /** @throws MisconfiguredError that names what there is not */
  async assertExists({ queueName, queuePriority }: JobSettings): Promise<void> {
    if (!queueName) return;
    const missing = await this.missing([queueName], queuePriority ? [queuePriority] : []);
    if (missing.length > 0)
      throw new MisconfiguredError(`The job would wait for ever: the cluster has no ${missing.join(' and no ')}.`);
  }

  private async warn(): Promise<void> {
    const { jobs } = this.configuration.server.manager;
    const processes = this.processes.list().map(({ jobSettings, queueChoices }) => ({
      name: jobSettings.queueName ?? jobs.queueName,
      priority: jobSettings.queuePriority ?? jobs.queuePriority,
      ...queueChoices,
    }));
    const roles = this.configuration.access.rules?.roles.filter(({ queueName }) => queueName) ?? [];
    const queued = processes.filter(({ name, names }) => name || names.length > 0);
    const all = (names: (string | undefined)[]) => new Set(names.filter((name): name is string => Boolean(name)));
    const missing = await this.missing(
      all([...queued.flatMap(({ name, names }) => [name, ...names]), ...roles.map(({ queueName }) => queueName)]),
      all([
        ...queued.flatMap(({ priority, priorities }) => [priority, ...priorities]),
        ...roles.map(({ queuePriority }) => queuePriority),
      ]),
    );
    for (const what of missing)
      this.logger.warn(`The cluster has no ${what}, which processes or roles name: their jobs are refused.`);
  }

  private async missing(queues: Iterable<string>, priorities: Iterable<string>): Promise<string[]> {
    const { namespace } = this.client;
    const checks = [
      ...[...queues].map(async (name) =>
        (await this.exists('localqueues', namespace, name)) ? [] : [`LocalQueue "${name}" in namespace ${namespace}`],
      ),
      ...[...priorities].map(async (name) =>
        (await this.exists('workloadpriorityclasses', undefined, name)) ? [] : [`WorkloadPriorityClass "${name}"`],
      ),
    ];
    return (await Promise.all(checks)).flat();
  }

  private async exists(
    resource: 'localqueues' | 'workloadpriorityclasses',
    namespace: string | undefined,
    name: string,
  ): Promise<boolean> {
    const key = `${resource}/${name}`;
    if ((this.found.get(key) ?? -Infinity) > performance.now() - BELIEVED) return true;
    const exists = await this.objects.get(resource, namespace, name).then(
      (object) => object !== undefined,
      () => true,
    );
    if (exists) this.found.set(key, performance.now());
    return exists;
  }
}
