import { Injectable } from '@nestjs/common';
import type { V1Job, V1Secret } from '@kubernetes/client-node';
import { Access, type Caller } from '../../access/access.js';
import { AdmissionLine } from '../../admission/line/admission-line.js';
import type { JobSettings } from '../../config/configuration.js';
import { ownAnnotation } from '../../k8s/names.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { JobCreation } from './job-creation.js';

/** Which jobs wait for their turn in the server's own line before they run, and room in it. */
@Injectable()
export class JobAdmission {
  constructor(
    private readonly line: AdmissionLine,
    private readonly access: Access,
    private readonly creation: JobCreation,
  ) {}

  /** @returns the keyed hash of the caller for whose job limits hold; undefined where none do, or where its queue decides */
  async lineCaller(
    process: Pick<RegisteredProcess, 'id' | 'maxRunning'>,
    { queueName }: JobSettings,
    caller: Caller,
    inputToken: string | undefined,
  ): Promise<string | undefined> {
    if (queueName || !this.line.isLimited(process)) return undefined;
    return this.access.hashOf(process.id, caller, inputToken);
  }

  /** @throws TooManyJobsError where the job is to wait, and no further may */
  assertRoom(lineCaller: string | undefined): void {
    if (lineCaller !== undefined) this.line.assertRoom();
  }

  /** As {@link JobCreation.create}. @throws TooManyJobsError where the Job is to wait for its turn, and no further may */
  async create(kubeJob: V1Job, processId: string, secret?: V1Secret): Promise<V1Job> {
    const { name = '', annotations } = kubeJob.metadata ?? {};
    if (annotations?.[ownAnnotation.admission] === undefined) return this.creation.create(kubeJob, processId, secret);
    const leave = this.line.enter(name);
    try {
      return await this.creation.create(kubeJob, processId, secret);
    } finally {
      // By then the cache knows it.
      setImmediate(leave);
    }
  }
}
