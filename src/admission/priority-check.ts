import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Configuration } from '../config/configuration.js';
import { ProcessRegistry } from '../processes/registry/process-registry.js';
import type { RegisteredProcess } from '../processes/registry/registered-process.js';
import { AdmissionLine } from './line/admission-line.js';

/** Says at the start which priorities of jobs that wait in the server's own line mean nothing there, as one that is misspelt. */
@Injectable()
export class PriorityCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger(PriorityCheck.name);

  constructor(
    private readonly configuration: Configuration,
    private readonly processes: ProcessRegistry,
    private readonly line: AdmissionLine,
  ) {}

  onApplicationBootstrap(): void {
    const { file, server } = this.configuration;
    const known = new Set(Object.keys(server.manager.queuePriorities ?? {}));
    for (const { name, queueName, queuePriority } of this.configuration.access.rules?.roles ?? [])
      if (queuePriority && !(queueName ?? server.manager.jobs.queueName) && !known.has(queuePriority))
        this.logger.warn(
          `${file}: role "${name}" names the priority "${queuePriority}", which is not in server.manager.queue_priorities: ` +
            'in the line its jobs have priority 0',
        );
    for (const process of this.processes.list())
      for (const name of this.prioritiesOf(process))
        if (!known.has(name))
          this.logger.warn(
            `${file}: process "${process.id}" names the priority "${name}", which is not in server.manager.queue_priorities: ` +
              'in the line its jobs have priority 0',
          );
  }

  /** Of those that wait in a queue of Kueue it is a WorkloadPriorityClass. */
  private prioritiesOf(process: RegisteredProcess): ReadonlySet<string> {
    const { queueName, queuePriority } = { ...this.configuration.server.manager.jobs, ...process.jobSettings };
    const { rules } = this.configuration.access;
    const limits = [rules?.limits, ...(rules?.roles ?? []).map((role) => role.limits)];
    const limited = limits.find((each) => each?.running !== undefined)?.running;
    if (queueName || !this.line.isLimited(process, limited)) return new Set();
    return new Set([...(queuePriority ? [queuePriority] : []), ...process.queueChoices.priorities]);
  }
}
