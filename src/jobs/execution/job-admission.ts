import { Injectable } from '@nestjs/common';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import { Access, type Caller } from '../../access/access.js';
import type { RunningLimit } from '../../admission/line/admission.js';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import { runningLimitOf } from '../../admission/line/caller-running.js';
import { Configuration, type JobSettings } from '../../config/configuration.js';
import { ownAnnotation } from '../../k8s/names.js';
import type { Identity } from '../../ogc/requests/identity.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { LimitedCallers, type WaitingPlace } from '../limits/limited-callers.js';
import { JobCreation } from './job-creation.js';

/** How a job that is asked for comes to run. */
export interface Entry {
  /** Who asks, where roles decide. */
  readonly identity?: Identity;
  /** Where it waits; absent: it does not. */
  readonly place?: WaitingPlace;
  /** Whose it is for the line, as its label says it; absent: it waits somewhere else, or not at all. */
  readonly lineCaller?: string;
  /** How many jobs of theirs may run at once; absent: there are no roles. */
  readonly callerRunning?: RunningLimit;
}

/** Which jobs wait for their turn in the server's own line before they run, and room in it. */
@Injectable()
export class JobAdmission {
  constructor(
    private readonly line: AdmissionLine,
    private readonly access: Access,
    private readonly creation: JobCreation,
    private readonly limits: LimitedCallers,
    private readonly configuration: Configuration,
  ) {}

  async entryOf(
    process: Pick<RegisteredProcess, 'id' | 'maxRunning'>,
    { queueName }: JobSettings,
    caller: Caller,
    inputToken: string | undefined,
  ): Promise<Entry> {
    const { rules } = this.access;
    const { identity } = caller;
    const asking = identity ? { identity } : {};
    if (queueName) return { ...asking, place: 'queue' };
    const { maxRunningPerCaller } = this.configuration.server.manager;
    const callerRunning = rules && runningLimitOf(rules, identity, maxRunningPerCaller);
    if (!this.line.isLimited(process, callerRunning)) return asking;
    const lineCaller = await this.access.hashOf(process.id, caller, inputToken);
    return { ...asking, place: 'line', lineCaller, ...(callerRunning === undefined ? {} : { callerRunning }) };
  }

  /** @throws TooManyJobsError, LimitExceededError where the job is to wait, and no further may */
  assertRoom({ identity, place }: Entry): void {
    if (place === 'line') this.line.assertRoom();
    this.limits.assertRoom(identity, place);
  }

  /** As {@link JobCreation.create}. @throws as {@link assertRoom} */
  create(
    kubeJob: V1Job,
    processId: string,
    secret?: V1Secret,
    { identity, place }: Entry = {},
    beforePost?: () => Promise<void>,
  ): Promise<V1Job> {
    const { name = '', annotations } = kubeJob.metadata ?? {};
    const create = () => this.creation.create(kubeJob, processId, secret, beforePost);
    return this.limits.make(identity, place, name, async () => {
      if (annotations?.[ownAnnotation.admission] === undefined) return create();
      const leave = this.line.enter(name);
      try {
        return await create();
      } finally {
        // By then the cache knows it.
        setImmediate(leave);
      }
    });
  }
}
