import { Injectable } from '@nestjs/common';
import type { V1PodSpec } from '@kubernetes/client-node';
import { v7 as uuidv7 } from 'uuid';
import { Configuration } from '../config/configuration.js';
import { ClusterRights } from '../k8s/cluster-rights.js';
import { KubernetesClient } from '../k8s/kubernetes-client.js';
import { environmentVariable } from '../k8s/names.js';
import { KubernetesError } from '../k8s/kubernetes-error.js';
import { MisconfiguredError, PayloadTooLargeError, UnavailableError } from '../ogc/domain-errors.js';
import { parseExecuteRequest, tokenOf } from '../processes/execute-request.js';
import { ProcessRegistry } from '../processes/process-registry.js';
import type { RegisteredProcess } from '../processes/registered-process.js';
import { maskSecrets } from '../processes/secrets.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { Access, type Caller } from './access.js';
import { collects } from './collection.js';
import { makeExecutionJob } from './execution-job.js';
import { JobCache } from './job-cache.js';
import { type JobRecord, toJobRecord } from './job-record.js';

/** Linux gives one environment variable at most 32 pages (MAX_ARG_STRLEN), its name, `=` and final NUL included. */
export const MAX_INPUTS_BYTES = 32 * 4096 - environmentVariable.inputs.length - 2;

/** Makes jobs of execute requests. */
@Injectable()
export class ExecutionService {
  constructor(
    private readonly processes: ProcessRegistry,
    private readonly policy: SecurityContextPolicy,
    private readonly client: KubernetesClient,
    private readonly cache: JobCache,
    private readonly access: Access,
    private readonly rights: ClusterRights,
    private readonly configuration: Configuration,
  ) {}

  /**
   * Checks the request and creates its Kubernetes Job. When this rejects, nothing was created.
   * @param caller who asks
   * @throws ProcessNotFoundError, UnauthorizedError, InvalidRequestError, PayloadTooLargeError, MisconfiguredError, UnavailableError
   */
  async execute(processId: string, body: unknown, caller: Caller): Promise<JobRecord> {
    const process = this.processes.get(processId);
    await this.access.demand(processId, caller, { operation: 'execute', inputToken: tokenOf(process, body) });
    const request = parseExecuteRequest(process, body);
    assertInputsFit(request.inputs);
    const jobId = uuidv7();
    const podSpec = await this.makePodSpec(process, jobId, request.inputs);
    const { environment, server } = this.configuration;
    const kubeJob = makeExecutionJob({
      namespace: this.client.namespace,
      prefix: environment.jobNamePrefix,
      jobId,
      processId,
      mainContainerName: process.mainContainerName,
      podSpec,
      notes: await process.notes({ jobId, inputs: request.inputs }),
      inputs: request.inputs,
      maskedInputs: maskSecrets(request.inputs),
      mimetype: process.mimetype,
      request: { response: request.response, ...(request.outputs ? { outputs: Object.keys(request.outputs) } : {}) },
      collected: collects(this.configuration, this.rights),
      settings: { ...server.manager.jobs, ...process.jobSettings },
      now: new Date(),
    });
    const created = await this.client.createJob(kubeJob).catch((error: unknown) => rejectCreation(processId, error));
    this.cache.observe(created);
    return toJobRecord(environment.jobNamePrefix, created) as JobRecord;
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

function assertInputsFit(inputs: Readonly<Record<string, unknown>>): void {
  const size = Buffer.byteLength(JSON.stringify(inputs));
  if (size > MAX_INPUTS_BYTES) {
    throw new PayloadTooLargeError(
      `The inputs have ${size} bytes as JSON; at most ${MAX_INPUTS_BYTES} reach a container, for they are passed in an environment variable. Pass large data by link.`,
    );
  }
}

function rejectCreation(processId: string, error: unknown): never {
  if (!(error instanceof KubernetesError)) throw error;
  switch (error.failure) {
    case 'forbidden':
      if (/exceeded quota/i.test(error.message))
        throw new UnavailableError('The quota of the namespace is used up; try again when jobs have ended.', 30);
      throw new MisconfiguredError(`The cluster does not let this server create the job: ${error.message}`);
    case 'invalid':
    case 'bad-request':
      throw new MisconfiguredError(`The cluster refuses the job that process "${processId}" makes: ${error.message}`);
    case 'unauthorized':
    case 'not-found':
      throw new MisconfiguredError(`The cluster refuses this server: ${error.message}`);
    default:
      throw new UnavailableError('The cluster does not answer now; nothing was created.', error.retryAfterSeconds);
  }
}
