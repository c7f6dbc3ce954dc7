import { Injectable, Logger } from '@nestjs/common';
import type { V1Job } from '@kubernetes/client-node';
import type { Span } from '@opentelemetry/api';
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { Configuration } from '../../config/configuration.js';
import { documentOf } from '../../json/unread-value.js';
import { addLogFields } from '../../logging/log-fields.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { InvalidRequestError, JobIdTakenError, MisconfiguredError } from '../../ogc/domain-errors.js';
import {
  parseExecuteRequest,
  tokenOf,
  type ExecuteRequest,
  type Reading,
} from '../../processes/request/execute-request.js';
import { givenToken } from '../../processes/request/given-token.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { RegisteredProcess } from '../../processes/registry/registered-process.js';
import { Observer } from '../../observation/observer.js';
import { AllowedHosts } from '../../outbound/allowed-hosts.js';
import { maskSecrets } from '../../processes/schema/secrets.js';
import { activeTrace, inSpan } from '../../tracing/tracing.js';
import { Access, type Caller, executionOf, type JobOwner } from '../../access/access.js';
import { Sight } from '../../access/sight.js';
import { splitJob } from './execution-secret.js';
import { assertNotKeyed, chosenJob, type Idempotency, idempotencyOf, sameRequest } from './idempotency.js';
import { maskEnvironment } from './mask-environment.js';
import { JobCache } from '../model/job-cache.js';
import { type Entry, JobAdmission } from './job-admission.js';
import { JobPreparation, type RoleQueue } from './job-preparation.js';
import { JobSecrets } from './job-secrets.js';
import type { JobRecord } from '../model/job-record.js';
import { LiveJobs } from './live-jobs.js';
import type { InlineRoom } from '../inputs/input-size.js';
import { LinkedInputs } from '../inputs/linked-inputs.js';
import { LimitedCallers } from '../limits/limited-callers.js';
import type { Subscription } from '../model/subscription.js';
import type { ResponseWishes } from './requested-response.js';
import { subscriptionOf } from './subscriber-check.js';
import { JobLeftError, TakenJobs } from './taken-jobs.js';

export interface ExecuteOptions extends ResponseWishes {
  /** For the life of a Job, the same caller's same key for the same process gives that Job. */
  readonly idempotencyKey?: string;
  /** The API's address, for the links of what subscribers get. */
  readonly base?: string;
  /** How the body is read; what `"outputs": {}` asks for is otherwise as `server.outputs_empty` says. */
  readonly reading?: Reading;
  /** Aborted when nobody waits for an answer any more: what comes before the Job is made is broken off. */
  readonly gone?: AbortSignal;
  /** Told who asks, once that is known: a token of the body may say it. */
  readonly identified?: (identity: Identity | undefined) => void;
}

export interface RoomForInputs {
  /** What the Job itself may hold of them; undefined: more goes by address. */
  readonly inline: InlineRoom | undefined;
  /** Whether an input may be an `UnreadValue`. */
  readonly takesUnread: boolean;
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
  readonly entry: Entry;
  readonly queueOfRoles: RoleQueue | undefined;
  readonly owner: JobOwner | undefined;
  readonly wishes: ResponseWishes;
  readonly gone: AbortSignal | undefined;
  /** Who asks, for the log. */
  readonly who: string;
}

/** Makes jobs of execute requests. */
@Injectable()
export class ExecutionService {
  private readonly logger = new Logger(ExecutionService.name);
  private readonly subscriberHosts: AllowedHosts;

  constructor(
    private readonly processes: ProcessRegistry,
    private readonly cache: JobCache,
    private readonly taken: TakenJobs,
    private readonly preparation: JobPreparation,
    private readonly admission: JobAdmission,
    private readonly secrets: JobSecrets,
    private readonly access: Access,
    private readonly sight: Sight,
    private readonly linked: LinkedInputs,
    private readonly live: LiveJobs,
    private readonly limits: LimitedCallers,
    private readonly observer: Observer,
    private readonly configuration: Configuration,
  ) {
    this.subscriberHosts = new AllowedHosts(configuration.environment.subscribers.allowedHosts);
  }

  /**
   * Checks the request and creates its Kubernetes Job. When this rejects, nothing was created (but see UnavailableError's message).
   * @param caller who asks
   * @throws ProcessNotFoundError, UnauthorizedError, InvalidRequestError, PayloadTooLargeError, MisconfiguredError, TooManyJobsError,
   * LimitExceededError, UnavailableError; IdempotencyConflictError where the key stands for another body, JobIdTakenError where `job_id` is another job's
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
      const process = this.processes.find(processId);
      this.access.logRefusal(executionOf(processId), caller, error, process && tokenOf(process, body));
      throw error;
    }
  }

  private async start(
    processId: string,
    body: unknown,
    asking: Caller,
    { idempotencyKey, base = '', reading, gone, identified, ...wishes }: ExecuteOptions,
    span: Span,
  ): Promise<Made> {
    const { process, inputToken, caller } = await this.authorize(processId, body, asking);
    identified?.(caller.identity);
    const request = await inSpan('validate', {}, async () =>
      this.parse(process, body, { ...reading, isKeyed: idempotencyKey !== undefined }),
    );
    if (this.access.rules) assertNotKeyed(request.jobId, processId);
    const subscription = subscriptionOf(request.subscriber, body, this.subscriberHosts, base);
    const idempotency =
      idempotencyKey === undefined
        ? chosenJob(request.jobId)
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
    const known = idempotency && (await this.taken.of(idempotency));
    if (known) return { job: sameRequest(known, idempotency), isNew: false };
    this.limits.submit(caller.identity);
    const done = this.live.reserve(process);
    try {
      const who = this.access.nameOf(caller, inputToken);
      const { entry, queueOfRoles } = await this.entryOf(process, request, caller, inputToken);
      const more = { subscription, entry, queueOfRoles, owner: this.access.ownerFor(caller), wishes, gone, who };
      return await this.make({ process, request, jobId, idempotency, ...more });
    } catch (error) {
      if (!idempotency || !(error instanceof JobLeftError)) throw error;
      return { job: sameRequest(error.job, idempotency), isNew: false };
    } finally {
      done();
    }
  }

  private async make({
    process,
    request,
    jobId,
    idempotency,
    wishes,
    gone,
    who,
    entry,
    ...more
  }: Wanted): Promise<Made> {
    const { preparation } = this;
    this.admission.assertRoom(entry);
    const largeInputs = preparation.largeInputs(process, request.inputs);
    await this.assertInputs(process, request, entry.identity, gone);
    await preparation.assertQueue(process, request, more.queueOfRoles);
    const pod = await inSpan('make pod', {}, () => preparation.makePod(process, jobId, request.inputs));
    const known = { ...lineOf(entry), idempotencyDigest: idempotency?.digest, trace: activeTrace() };
    const made = { ...pod, ...more, ...known };
    const prepared = await preparation.makeWithTransfer(process, request, made, largeInputs, wishes);
    const split = this.secrets.isAvailable
      ? splitJob(prepared.kubeJob, process.mainContainerName, { inputs: holdsSecrets(request.inputs) })
      : undefined;
    const kubeJob = split?.kubeJob ?? prepared.kubeJob;
    const beforePost = idempotency && (() => this.taken.refuseLeft(idempotency));
    const creating = this.admission.create(kubeJob, process.id, split?.secret, entry, beforePost);
    const created = await creating.catch(async (error: unknown) => {
      await preparation.withdraw({ ...prepared, kubeJob });
      throw error;
    });
    await preparation.withdrawFrom(created, prepared);
    this.logger.log(`Job ${kubeJob.metadata?.name} is created (${who})`);
    const job = this.cache.observe(created) as JobRecord;
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
    asking: Caller,
    { reading, gone }: Pick<ExecuteOptions, 'reading' | 'gone'> = {},
  ): Promise<V1Job | undefined> {
    const { process, inputToken, caller } = await this.authorize(processId, body, asking);
    const request = this.parse(process, body, reading);
    subscriptionOf(request.subscriber, body, this.subscriberHosts, '');
    this.preparation.largeInputs(process, request.inputs);
    await this.assertInputs(process, request, caller.identity, gone);
    const chosen = chosenJob(request.jobId);
    if (chosen && (await this.taken.of(chosen))) throw new JobIdTakenError(chosen.jobId);
    const jobId = request.jobId ?? uuidv7();
    const { entry, queueOfRoles } = await this.entryOf(process, request, caller, inputToken);
    const more = { ...lineOf(entry), queueOfRoles, owner: this.access.ownerFor(caller) };
    const make = async (inputs: ExecuteRequest['inputs']) => {
      const pod = await this.preparation.makePod(process, jobId, inputs);
      return maskEnvironment(this.preparation.makeKubeJob(process, request, { ...pod, ...more }));
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

  /** What a process takes of inputs: what is beyond is refused when it is executed. */
  roomForInputs(processId: string): RoomForInputs {
    const process = this.processes.find(processId);
    const inline = process && this.preparation.inlineRoom(process);
    return { inline, takesUnread: inline === undefined && process?.takesUnreadInputs === true };
  }

  /**
   * To be asked before anything else that differs among processes. Who the body shows to ask is told the same of a process that they may
   * not read as of one that there is not.
   * @throws UnauthorizedError, ProcessNotFoundError
   */
  async demandKnown(processId: string, body: unknown, asking: Caller): Promise<void> {
    if (this.sight.seesProcess(processId, asking)) return;
    this.sight.demandProcess(processId, await this.access.withToken(asking, givenToken(body)));
  }

  /** @throws ProcessNotFoundError, UnauthorizedError, ForbiddenError, MisconfiguredError */
  private async authorize(processId: string, body: unknown, asking: Caller) {
    const known = this.processes.find(processId);
    const inputToken = known && tokenOf(known, body);
    const caller = this.access.rules ? await this.access.withToken(asking, inputToken) : asking;
    if (!this.sight.seesProcess(processId, caller)) await this.demandKnown(processId, body, asking);
    const process = this.processes.get(processId);
    await this.access.demand(processId, caller, { operation: 'execute', inputToken });
    return { process, inputToken, caller };
  }

  private async entryOf(process: RegisteredProcess, request: ExecuteRequest, caller: Caller, inputToken?: string) {
    const queueOfRoles = this.access.rules?.queueOf(caller.identity);
    const settings = this.preparation.settingsOf(process, request, queueOfRoles);
    return { entry: await this.admission.entryOf(process, settings, caller, inputToken), queueOfRoles };
  }

  /** Of what stands in the request, and of what is fetched of links. @throws InputLimitError, InvalidRequestError, UnavailableError */
  private async assertInputs(
    process: RegisteredProcess,
    { inputs, links }: ExecuteRequest,
    identity: Identity | undefined,
    gone: AbortSignal | undefined,
  ): Promise<void> {
    const limit = this.limits.inputLimit(identity);
    const size = limit ? documentOf(inputs).size : 0;
    if (limit && size > limit.bytes) throw limit.refusal(size);
    await this.linked.assertValid(process.id, links, gone, limit && { ...limit, used: size });
  }

  private parse(process: RegisteredProcess, body: unknown, reading: Reading = {}): ExecuteRequest {
    return parseExecuteRequest(process, body, { emptyOutputs: this.configuration.server.outputsEmpty, ...reading });
  }
}

const lineOf = ({ lineCaller, callerRunning }: Entry) => ({ lineCaller, callerRunning });

function isEmpty(outputs: ExecuteRequest['outputs']): boolean {
  return outputs !== undefined && Object.keys(outputs).length === 0;
}

function holdsSecrets(inputs: ExecuteRequest['inputs']): boolean {
  return !isDeepStrictEqual(maskSecrets(inputs), inputs);
}
