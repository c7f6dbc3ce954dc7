import { Injectable } from '@nestjs/common';
import type { V1Job } from '@kubernetes/client-node';
import { Configuration, type JobSettings } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { documentOf, holdsUnread, type JsonDocument } from '../../json/unread-value.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { jobName, ownAnnotation } from '../../k8s/names.js';
import type { ExecuteRequest } from '../../processes/request/execute-request.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { QueueCheck } from '../../queues/queue-check.js';
import { SecurityContextPolicy } from '../../security-context/security-context.policy.js';
import { collects } from '../model/collection.js';
import { parseKeptInputs } from '../model/annotations/job-annotations.js';
import { KeptInputs } from '../requests/kept-inputs.js';
import { formatsOf } from '../requests/kept-request.js';
import { makeExecution, type ExecutionJobOptions } from './execution-job.js';
import { assertPodHolds, goByAddress, inlineRoom, type InlineRoom } from '../inputs/input-size.js';
import { isSame } from './job-creation.js';
import { JobTransfers, type TransferOffer } from './job-transfers.js';
import { ProcessorsCluster } from './processors-cluster.js';
import { requestedResponse, type ResponseWishes } from './requested-response.js';

/** What a processor made of one execution. */
export type MadePod = Pick<ExecutionJobOptions, 'jobId' | 'inputs' | 'podSpec' | 'notes'>;
/** What else a Job is made of. */
export type Accompaniment = Pick<
  ExecutionJobOptions,
  'idempotencyDigest' | 'lineCaller' | 'callerRunning' | 'owner' | 'subscription' | 'trace'
> & {
  /** What of its queue the caller's roles say. */
  readonly queueOfRoles?: RoleQueue;
};

/** `queue_name` and `queue_priority` of a role. */
export type RoleQueue = Pick<JobSettings, 'queueName' | 'queuePriority'>;

/** A Job that is not in the cluster yet, and what stands in the store for it. */
export interface PreparedJob {
  readonly kubeJob: V1Job;
  readonly transfer?: TransferOffer;
  /** Key of inputs that are kept. */
  readonly inputsKey?: string;
}

/** What a Job is made of: which way its inputs go, its pod, the files that it may exchange. Nothing of it is in the cluster yet. */
@Injectable()
export class JobPreparation {
  constructor(
    private readonly policy: SecurityContextPolicy,
    private readonly client: KubernetesClient,
    private readonly rights: ClusterRights,
    private readonly transfers: JobTransfers,
    private readonly cluster: ProcessorsCluster,
    private readonly queues: QueueCheck,
    private readonly inputs: KeptInputs,
    private readonly configuration: Configuration,
  ) {}

  /**
   * The inputs as JSON where they go by address; undefined where they stand in a variable.
   * @throws InputsTooLargeError where they do neither
   */
  largeInputs(process: RegisteredProcess, inputs: ExecuteRequest['inputs']): JsonDocument | undefined {
    const document = documentOf(inputs);
    const goes = goByAddress(process, document.size, this.exchangesFiles(), this.maxInline(process));
    return goes || holdsUnread(inputs) ? document : undefined;
  }

  /** What the Job itself may hold of inputs; undefined where more goes by address. */
  inlineRoom(process: RegisteredProcess): InlineRoom | undefined {
    return inlineRoom(process, this.exchangesFiles(), this.maxInline(process));
  }

  /**
   * The hardened pod.
   * @throws InvalidRequestError, InputsTooLargeError, MisconfiguredError
   */
  async makePod(process: RegisteredProcess, jobId: string, inputs: ExecuteRequest['inputs']): Promise<MadePod> {
    const execution = { jobId, inputs, time: new Date() };
    const podSpec = this.policy.harden(await process.makePodSpec(execution, this.cluster), {
      pod: process.podSecurityContext,
      container: process.containerSecurityContext,
    });
    assertPodHolds(podSpec, JSON.stringify(inputs), this.maxInline(process));
    return { jobId, inputs, podSpec, notes: await process.notes(execution) };
  }

  /**
   * The Job with what it exchanges files by, where it does.
   * @throws as {@link makeKubeJob}, with nothing left in the store; ObjectStoreError where it does not take large inputs now
   */
  async makeWithTransfer(
    process: RegisteredProcess,
    request: ExecuteRequest,
    made: MadePod & Accompaniment,
    largeInputs: JsonDocument | undefined,
    wishes: ResponseWishes,
  ): Promise<PreparedJob> {
    const transfer = await this.offerTransfer(process, made.jobId, largeInputs);
    try {
      const name = jobName(this.configuration.environment.jobNamePrefix, made.jobId);
      const inputsKey = this.keepsInputs(process) ? this.inputs.keyFor(name, new Date()) : undefined;
      const options = this.optionsOf(process, request, { ...made, transfer, inputsKey }, wishes);
      const { kubeJob, omitted } = makeExecution(options);
      if (inputsKey === undefined || omitted.length === 0) return { kubeJob, transfer };
      await this.inputs.keep(inputsKey, name, omitted);
      return { kubeJob, transfer, inputsKey };
    } catch (error) {
      await transfer?.withdraw().catch(() => undefined);
      throw error;
    }
  }

  /** @throws InvalidRequestError, InputsTooLargeError where it would keep too much of the request */
  makeKubeJob(
    process: RegisteredProcess,
    request: ExecuteRequest,
    made: MadePod & Accompaniment & Pick<ExecutionJobOptions, 'transfer'>,
    wishes: ResponseWishes = {},
  ): V1Job {
    return makeExecution(this.optionsOf(process, request, made, wishes)).kubeJob;
  }

  private optionsOf(
    process: RegisteredProcess,
    request: ExecuteRequest,
    made: MadePod & Accompaniment & Pick<ExecutionJobOptions, 'inputsKey' | 'transfer'>,
    wishes: ResponseWishes,
  ): ExecutionJobOptions {
    const { environment } = this.configuration;
    return {
      ...made,
      namespace: this.client.namespace,
      prefix: environment.jobNamePrefix,
      processId: process.id,
      mainContainerName: process.mainContainerName,
      maskedInputs: maskSecrets(request.inputs),
      asked: { ...wishes.asked, formats: formatsOf(request.outputs), queue: request.queue },
      ...(Object.keys(process.description.outputs).length > 0 ? { requestedOutputs: request.outputs } : {}),
      podMetadata: process.podMetadata,
      mimetype: process.mimetype,
      tags: request.tags,
      request: requestedResponse(process, request, wishes),
      collected: collects(this.configuration, this.rights),
      archived: this.configuration.archive !== undefined,
      settings: this.settingsOf(process, request, made.queueOfRoles),
      now: new Date(),
    };
  }

  /** @throws MisconfiguredError where the job would wait in a queue that there is not */
  assertQueue(process: RegisteredProcess, request: ExecuteRequest, ofRoles?: RoleQueue): Promise<void> {
    return this.queues.assertExists(this.settingsOf(process, request, ofRoles));
  }

  /** What the client chose lies over what the process says, and that over what is said of roles, and of all processes. */
  settingsOf({ jobSettings }: RegisteredProcess, { queue }: ExecuteRequest, ofRoles?: RoleQueue): JobSettings {
    return {
      ...this.configuration.server.manager.jobs,
      ...ofRoles,
      ...jobSettings,
      ...(queue?.name === undefined ? {} : { queueName: queue.name }),
      ...(queue?.priority === undefined ? {} : { queuePriority: queue.priority }),
    };
  }

  /** Takes back what a Job was given that was not made. Where it is not known whether it was made after all, that stays. */
  async withdraw(prepared: PreparedJob): Promise<void> {
    if (!prepared.transfer && prepared.inputsKey === undefined) return;
    const name = prepared.kubeJob.metadata?.name ?? '';
    const existing = await this.client.getJob(name).catch(() => prepared.kubeJob);
    await this.withdrawFrom(existing, prepared).catch(() => undefined);
  }

  /**
   * Takes back what a Job was given that is another's, of the same request, say. @param existing the Job of this name
   * @throws ObjectStoreError
   */
  async withdrawFrom(existing: V1Job | undefined, { kubeJob, transfer, inputsKey }: PreparedJob): Promise<void> {
    if (!existing || !isSame(existing, kubeJob)) await transfer?.withdraw();
    if (inputsKey !== undefined && keptInputsOf(existing) !== inputsKey)
      await this.inputs.remove({ keptInputs: inputsKey });
  }

  private async offerTransfer(
    { description }: RegisteredProcess,
    jobId: string,
    largeInputs: JsonDocument | undefined,
  ): Promise<TransferOffer | undefined> {
    if (!this.exchangesFiles()) return undefined;
    return this.transfers.offer({
      jobId,
      jobName: jobName(this.configuration.environment.jobNamePrefix, jobId),
      now: new Date(),
      outputs: description.outputs,
      largeInputs,
    });
  }

  private exchangesFiles(): boolean {
    return collects(this.configuration, this.rights) && this.transfers.isAvailable;
  }

  /** Somebody has to remove them again. */
  private keepsInputs({ jobSettings }: RegisteredProcess): boolean {
    const keeps = jobSettings.keepInputs ?? this.configuration.server.manager.jobs.keepInputs ?? false;
    return keeps && this.inputs.isAvailable && collects(this.configuration, this.rights);
  }

  private maxInline(process: RegisteredProcess): number | undefined {
    return process.jobSettings.maxInlineInputs ?? this.configuration.server.manager.jobs.maxInlineInputs;
  }
}

function keptInputsOf(kubeJob: V1Job | undefined): string | undefined {
  return parseKeptInputs(kubeJob?.metadata?.annotations?.[ownAnnotation.shownRequest]);
}
