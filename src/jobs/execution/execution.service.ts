import { Injectable, Logger } from '@nestjs/common';
import type { V1Job, V1PodSpec } from '@kubernetes/client-node';
import type { Span } from '@opentelemetry/api';
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { Configuration } from '../../config/configuration.js';
import { ClusterRights } from '../../k8s/client/cluster-rights.js';
import { KubernetesClient } from '../../k8s/client/kubernetes-client.js';
import { jobName, ownAnnotation } from '../../k8s/names.js';
import { addLogFields } from '../../logging/log-fields.js';
import { IdempotencyConflictError, InvalidRequestError, MisconfiguredError } from '../../ogc/domain-errors.js';
import {
  parseExecuteRequest,
  tokenOf,
  type ExecuteRequest,
  type Reading,
} from '../../processes/request/execute-request.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { Observer } from '../../observation/observer.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { SecurityContextPolicy } from '../../security-context/security-context.policy.js';
import { activeTrace, inSpan } from '../../tracing/tracing.js';
import { Access, type Caller } from '../../access/access.js';
import { collects } from '../model/collection.js';
import { makeExecutionJob, type ExecutionJobOptions } from './execution-job.js';
import { type Idempotency, idempotencyOf } from './idempotency.js';
import { goByAddress } from './input-size.js';
import { maskEnvironment } from './mask-environment.js';
import { JobCache } from '../model/job-cache.js';
import { JobCreation } from './job-creation.js';
import type { RequestedResponse } from '../model/job-outcome.js';
import { type JobRecord, toJobRecord } from '../model/job-record.js';
import { LiveJobs } from './live-jobs.js';
import { LinkedInputs } from './linked-inputs.js';
import { assertOutputsFit } from './outputs-size.js';
import { ProcessorsCluster } from './processors-cluster.js';
import { JobTransfers, type TransferOffer } from './job-transfers.js';
import type { Subscription } from '../model/subscription.js';
import { subscriptionOf } from './subscriber-check.js';

/** How the client would have its results where the body of its request leaves that open. */
export interface ResponseWishes {
  /** Outputs without a `transmissionMode` by reference, where the process offers that. */
  readonly byReference?: boolean;
  /** Several outputs as a document where there is no `response`; `always`: one output, too. */
  readonly asDocument?: boolean | 'always';
  /** The version that the request was written for; default 1.0. */
  readonly version?: '2.0';
}

export interface ExecuteOptions extends ResponseWishes {
  /** For the life of a Job, the same caller's same key for the same process gives that Job. */
  readonly idempotencyKey?: string;
  /** The API's address, for the links of what subscribers get. */
  readonly base?: string;
  /** How the body is read; what `"outputs": {}` asks for is otherwise as `server.outputs_empty` says. */
  readonly reading?: Reading;
  /** Aborted when nobody waits for an answer any more: what comes before the Job is made is broken off. */
  readonly gone?: AbortSignal;
}

interface Made {
  readonly job: JobRecord;
  readonly isNew: boolean;
}

/** A job that nothing has been found against so far. */
interface Wanted {
  readonly process: RegisteredProcess;
  readonly request: ExecuteRequest;
  readonly jobId: string;
  readonly idempotency: Idempotency | undefined;
  readonly subscription: Subscription | undefined;
  readonly wishes: ResponseWishes;
  readonly gone: AbortSignal | undefined;
}

/** Makes jobs of execute requests. */
@Injectable()
export class ExecutionService {
  private readonly logger = new Logger(ExecutionService.name);
  private readonly subscriberHosts: AllowedHosts;

  constructor(
    private readonly processes: ProcessRegistry,
    private readonly policy: SecurityContextPolicy,
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly creation: JobCreation,
    private readonly access: Access,
    private readonly rights: ClusterRights,
    private readonly transfers: JobTransfers,
    private readonly linked: LinkedInputs,
    private readonly live: LiveJobs,
    private readonly cluster: ProcessorsCluster,
    private readonly observer: Observer,
    private readonly configuration: Configuration,
  ) {
    this.subscriberHosts = new AllowedHosts(configuration.environment.subscribers.allowedHosts);
  }

  /**
   * Checks the request and creates its Kubernetes Job. When this rejects, nothing was created (but see UnavailableError's message).
   * @param caller who asks
   * @throws ProcessNotFoundError, UnauthorizedError, InvalidRequestError, PayloadTooLargeError, MisconfiguredError, UnavailableError; IdempotencyConflictError where the key stands for another
   * body
   */
  async execute(processId: string, body: unknown, caller: Caller, options: ExecuteOptions = {}): Promise<JobRecord> {
    const began = performance.now();
    try {
      const { job, isNew } = await inSpan('execute', { 'ogc.process.id': processId }, (span) =>
        this.start(processId, body, caller, options, span),
      );
      if (isNew) this.observer.executionAccepted(processId, (performance.now() - began) / 1000);
      return job;
    } catch (error) {
      this.observer.executionRefused(processId, error);
      throw error;
    }
  }

  private async start(
    processId: string,
    body: unknown,
    caller: Caller,
    { idempotencyKey, base = '', reading, gone, ...wishes }: ExecuteOptions,
    span: Span,
  ): Promise<Made> {
    const process = this.processes.get(processId);
    const inputToken = tokenOf(process, body);
    await this.access.demand(processId, caller, { operation: 'execute', inputToken });
    const request = await inSpan('validate', {}, async () => this.parse(process, body, reading));
    const subscription = subscriptionOf(request.subscriber, body, this.subscriberHosts, base);
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : idempotencyOf(idempotencyKey, {
            caller: await this.access.identify(processId, caller, inputToken),
            processId,
            // `{}` that asks for none is another request than `{}` that asks for all.
            body: isEmpty(request.outputs) ? { ...(body as object), outputs: null } : body,
            token: inputToken,
          });
    const jobId = idempotency?.jobId ?? uuidv7();
    addLogFields({ jobId });
    span.setAttribute('ogc.job.id', jobId);
    const known = idempotency && this.cache.jobs.get(jobName(this.configuration.environment.jobNamePrefix, jobId));
    if (known) return { job: sameRequest(known, idempotency), isNew: false };
    const done = this.live.reserve(process);
    try {
      return await this.make({ process, request, jobId, idempotency, subscription, wishes, gone });
    } finally {
      done();
    }
  }

  private async make({ process, request, jobId, idempotency, subscription, wishes, gone }: Wanted): Promise<Made> {
    const largeInputs = this.largeInputs(process, request.inputs);
    await this.linked.assertValid(process.id, request.links, gone);
    const podSpec = await inSpan('make pod', {}, () => this.makePodSpec(process, jobId, request.inputs));
    const notes = await process.notes({ jobId, inputs: request.inputs });
    const transfer = await this.offerTransfer(process, jobId, largeInputs);
    const idempotencyDigest = idempotency?.digest;
    const made = { jobId, podSpec, inputs: request.inputs, notes, idempotencyDigest, transfer, subscription };
    const options = { ...made, trace: activeTrace() };
    const kubeJob = this.makeKubeJob(process, request, options, wishes);
    const created = await this.creation.create(kubeJob, process.id).catch(async (error: unknown) => {
      await this.withdraw(kubeJob, transfer);
      throw error;
    });
    if (!isSame(kubeJob, created)) await transfer?.withdraw();
    this.logger.log(`Job ${kubeJob.metadata?.name} is created`);
    this.cache.observe(created);
    const job = toJobRecord(this.configuration.environment.jobNamePrefix, created) as JobRecord;
    return { job: idempotency ? sameRequest(job, idempotency) : job, isNew: true };
  }

  /**
   * Checks the request as {@link execute} does, and creates nothing.
   * @returns the Kubernetes Job that executing would create, made of inputs whose secrets are masked; its environment variables with secret names are,
   * too. Undefined where the processor refuses masked inputs, so that nothing can be shown
   * @throws as {@link execute}, but for what the cluster has against the Job
   */
  async preview(
    processId: string,
    body: unknown,
    caller: Caller,
    { reading, gone }: Pick<ExecuteOptions, 'reading' | 'gone'> = {},
  ): Promise<V1Job | undefined> {
    const process = this.processes.get(processId);
    await this.access.demand(processId, caller, { operation: 'execute', inputToken: tokenOf(process, body) });
    const request = this.parse(process, body, reading);
    subscriptionOf(request.subscriber, body, this.subscriberHosts, '');
    this.largeInputs(process, request.inputs);
    await this.linked.assertValid(processId, request.links, gone);
    const jobId = uuidv7();
    const make = async (inputs: ExecuteRequest['inputs']) => {
      const podSpec = await this.makePodSpec(process, jobId, inputs);
      const notes = await process.notes({ jobId, inputs });
      return maskEnvironment(this.makeKubeJob(process, request, { jobId, podSpec, inputs, notes }));
    };
    // Finds what the processor has against the inputs; what it makes of them may hold secrets in any shape.
    const real = await make(request.inputs);
    const masked = maskSecrets(request.inputs);
    if (isDeepStrictEqual(masked, request.inputs)) return real;
    try {
      return await make(masked);
    } catch (error) {
      if (error instanceof InvalidRequestError || error instanceof MisconfiguredError) return undefined;
      throw error;
    }
  }

  private parse(process: RegisteredProcess, body: unknown, reading: Reading = {}): ExecuteRequest {
    return parseExecuteRequest(process, body, { emptyOutputs: this.configuration.server.outputsEmpty, ...reading });
  }

  private makeKubeJob(
    process: RegisteredProcess,
    request: ExecuteRequest,
    options: Pick<
      ExecutionJobOptions,
      'jobId' | 'podSpec' | 'inputs' | 'notes' | 'idempotencyDigest' | 'transfer' | 'subscription' | 'trace'
    >,
    wishes: ResponseWishes = {},
  ): V1Job {
    const { environment, server } = this.configuration;
    const response = requestedResponse(process, request, wishes);
    assertOutputsFit(response, Object.keys(process.description.outputs));
    return makeExecutionJob({
      ...options,
      namespace: this.client.namespace,
      prefix: environment.jobNamePrefix,
      processId: process.id,
      mainContainerName: process.mainContainerName,
      maskedInputs: maskSecrets(request.inputs),
      ...(Object.keys(process.description.outputs).length > 0 ? { requestedOutputs: request.outputs } : {}),
      podMetadata: process.podMetadata,
      mimetype: process.mimetype,
      request: response,
      collected: collects(this.configuration, this.rights),
      settings: { ...server.manager.jobs, ...process.jobSettings },
      now: new Date(),
    });
  }

  private exchangesFiles(): boolean {
    return collects(this.configuration, this.rights) && this.transfers.isAvailable;
  }

  /**
   * The inputs as JSON where they go by address; undefined where they fit a variable.
   * @throws InputsTooLargeError where they do neither
   */
  private largeInputs(process: RegisteredProcess, inputs: ExecuteRequest['inputs']): string | undefined {
    const text = JSON.stringify(inputs);
    const { maxInlineInputs } = { ...this.configuration.server.manager.jobs, ...process.jobSettings };
    return goByAddress(process, text, this.exchangesFiles(), maxInlineInputs) ? text : undefined;
  }

  /** @throws ObjectStoreError where the store does not take large inputs now */
  private async offerTransfer(
    { description }: RegisteredProcess,
    jobId: string,
    largeInputs: string | undefined,
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

  /** Where it is not known whether the Job was made after all, what it was offered stays. */
  private async withdraw(kubeJob: V1Job, transfer: TransferOffer | undefined): Promise<void> {
    if (!transfer) return;
    const existing = await this.client.getJob(kubeJob.metadata?.name ?? '').catch(() => kubeJob);
    if (!existing || !isSame(existing, kubeJob)) await transfer.withdraw().catch(() => undefined);
  }

  private async makePodSpec(
    process: RegisteredProcess,
    jobId: string,
    inputs: Readonly<Record<string, unknown>>,
  ): Promise<V1PodSpec> {
    return this.policy.harden(await process.makePodSpec({ jobId, inputs }, this.cluster), {
      pod: process.podSecurityContext,
      container: process.containerSecurityContext,
    });
  }
}

/** @throws IdempotencyConflictError where the job was made of another request */
function sameRequest(job: JobRecord, { digest }: Idempotency): JobRecord {
  if (job.idempotencyDigest === digest) return job;
  throw new IdempotencyConflictError(
    `The Idempotency-Key was used with another body before, for job "${job.jobId}"; it stands for that as long as the job exists. Use a new key for a new request.`,
  );
}

function requestedResponse(
  { description }: RegisteredProcess,
  { response, outputs }: ExecuteRequest,
  { byReference = false, asDocument = false, version }: ResponseWishes,
): RequestedResponse {
  const ids = Object.keys(outputs ?? description.outputs);
  const otherwise = byReference && description.outputTransmission.includes('reference') ? 'reference' : 'value';
  const references = ids.filter((id) => (outputs?.[id]?.transmissionMode ?? otherwise) === 'reference');
  return {
    response: response ?? (asDocument === 'always' || (asDocument && ids.length > 1) ? 'document' : 'raw'),
    ...(outputs ? { outputs: ids } : {}),
    ...(references.length > 0 ? { references } : {}),
    ...(version ? { version } : {}),
  };
}

function isEmpty(outputs: ExecuteRequest['outputs']): boolean {
  return outputs !== undefined && Object.keys(outputs).length === 0;
}

/** Whether the Job was made of this very request, not of an earlier one with its `Idempotency-Key`. */
function isSame(one: V1Job, other: V1Job): boolean {
  const transferOf = ({ metadata }: V1Job) => metadata?.annotations?.[ownAnnotation.transfer];
  return transferOf(one) === transferOf(other);
}
