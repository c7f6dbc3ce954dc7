import { Injectable } from '@nestjs/common';
import type { V1PodSpec } from '@kubernetes/client-node';
import { v7 as uuidv7 } from 'uuid';
import { Configuration } from '../config/configuration.js';
import { ClusterRights } from '../k8s/cluster-rights.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { environmentVariable, jobName } from '../k8s/names.js';
import { IdempotencyConflictError, PayloadTooLargeError } from '../ogc/domain-errors.js';
import { parseExecuteRequest, tokenOf } from '../processes/execute-request.js';
import { ProcessRegistry } from '../processes/process-registry.js';
import type { RegisteredProcess } from '../processes/registered-process.js';
import { AllowedHosts } from '../outbound/allowed-hosts.js';
import { maskSecrets } from '../processes/secrets.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { Access, type Caller } from './access.js';
import { collects } from './collection.js';
import { makeExecutionJob } from './execution-job.js';
import { type Idempotency, idempotencyOf } from './idempotency.js';
import { JobCache } from './job-cache.js';
import { JobCreation } from './job-creation.js';
import { type JobRecord, toJobRecord } from './job-record.js';
import { subscriptionOf } from './subscriber-check.js';

/** Linux gives one environment variable at most 32 pages (MAX_ARG_STRLEN), its name, `=` and final NUL included. */
export const MAX_INPUTS_BYTES = 32 * 4096 - environmentVariable.inputs.length - 2;

/** Makes jobs of execute requests. */
@Injectable()
export class ExecutionService {
  private readonly subscriberHosts: AllowedHosts;

  constructor(
    private readonly processes: ProcessRegistry,
    private readonly policy: SecurityContextPolicy,
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly creation: JobCreation,
    private readonly access: Access,
    private readonly rights: ClusterRights,
    private readonly configuration: Configuration,
  ) {
    this.subscriberHosts = new AllowedHosts(configuration.environment.subscribers.allowedHosts);
  }

  /**
   * Checks the request and creates its Kubernetes Job. When this rejects, nothing was created (but see UnavailableError's message).
   * @param caller who asks
   * @param idempotencyKey for the life of a Job, the same caller's same key for the same process gives that Job
   * @param base the API's address, for the links of what subscribers get
   * @throws ProcessNotFoundError, UnauthorizedError, InvalidRequestError, PayloadTooLargeError, MisconfiguredError, UnavailableError; IdempotencyConflictError where the key stands for another
   * body
   */
  async execute(
    processId: string,
    body: unknown,
    caller: Caller,
    idempotencyKey?: string,
    base = '',
  ): Promise<JobRecord> {
    const process = this.processes.get(processId);
    const inputToken = tokenOf(process, body);
    await this.access.demand(processId, caller, { operation: 'execute', inputToken });
    const request = parseExecuteRequest(process, body);
    assertInputsFit(request.inputs);
    const subscription = subscriptionOf(request.subscriber, body, this.subscriberHosts, base);
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : idempotencyOf(idempotencyKey, {
            caller: await this.access.identify(processId, caller, inputToken),
            processId,
            body,
            token: inputToken,
          });
    const jobId = idempotency?.jobId ?? uuidv7();
    const known = idempotency && this.cache.jobs.get(jobName(this.configuration.environment.jobNamePrefix, jobId));
    if (known) return sameRequest(known, idempotency);
    const podSpec = await this.makePodSpec(process, jobId, request.inputs);
    const { environment, server } = this.configuration;
    const kubeJob = makeExecutionJob({
      namespace: this.client.namespace,
      prefix: environment.jobNamePrefix,
      jobId,
      processId,
      mainContainerName: process.mainContainerName,
      podSpec,
      inputs: request.inputs,
      maskedInputs: maskSecrets(request.inputs),
      mimetype: process.mimetype,
      request: { response: request.response, ...(request.outputs ? { outputs: Object.keys(request.outputs) } : {}) },
      collected: collects(this.configuration, this.rights),
      settings: { ...server.manager.jobs, ...process.jobSettings },
      now: new Date(),
      idempotencyDigest: idempotency?.digest,
      subscription,
    });
    const created = await this.creation.create(kubeJob, processId);
    this.cache.observe(created);
    const job = toJobRecord(environment.jobNamePrefix, created) as JobRecord;
    return idempotency ? sameRequest(job, idempotency) : job;
  }

  private async makePodSpec(
    process: RegisteredProcess,
    jobId: string,
    inputs: Readonly<Record<string, unknown>>,
  ): Promise<V1PodSpec> {
    return this.policy.harden(await process.makePodSpec({ jobId, inputs }), {
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

function assertInputsFit(inputs: Readonly<Record<string, unknown>>): void {
  const size = Buffer.byteLength(JSON.stringify(inputs));
  if (size > MAX_INPUTS_BYTES) {
    throw new PayloadTooLargeError(
      `The inputs have ${size} bytes as JSON; at most ${MAX_INPUTS_BYTES} reach a container, for they are passed in an environment variable. Pass large data by link.`,
    );
  }
}
