import type { JobSettings, PodSettings } from '../../config/configuration.js';
import { toJobSettings } from '../../config/sections/job-settings.js';
import { isMapping } from '../../config/validation.js';
import type { V1PodSpec } from '@kubernetes/client-node';
import { InvalidRequestError, type RequestFault } from '../../ogc/domain-errors.js';
import { withPlainNumbers } from '../../json/plain-json.js';
import {
  schemaFaults,
  validateInputs,
  type CheckedInput,
  type Undescribed,
  type ValidatedInputs,
} from '../request/input-validation.js';
import type { QueueChoices } from '../request/execute-request.js';
import type { SchemaCheck } from '../schema/schema-compiler.js';
import { resultMediaType } from '../description/process-metadata.js';
import { GivenResults } from './given-results.js';
import { checkedNotes } from './job-notes-check.js';
import { assertPodFits } from './pod-size.js';
import { checkedPodSpec } from './pod-spec-check.js';
import { withPodSettings, type PodSettingsLayers } from './pod-settings.js';
import { ProcessorFault, type ProcessorCalls } from './processor-calls.js';
import type {
  AccessRequest,
  ClusterView,
  CommonDefinition,
  ConfiguredProcess,
  DismissedJob,
  Execution,
  JobNotes,
  JobResult,
  PrintedResult,
  ProcessorInterface,
} from '../processor.js';
import type { ProcessDescription } from '../description/process-description.js';

const LONGEST_EXPLANATION = 500;

/** The compiled schemas of a process. */
export interface CheckedSchemas {
  readonly inputs: readonly CheckedInput[];
  /** What is taken beside them; default nothing. */
  readonly undescribed?: Undescribed;
  /** By output id. */
  readonly outputs: ReadonlyMap<string, SchemaCheck>;
}

/** An execution with its inputs as they were read: numbers as they were written. */
export type RequestedExecution = Pick<Execution, 'jobId' | 'inputs'> & Partial<Pick<Execution, 'time'>>;

/** A process of the configuration together with its processor: everything that the rest of the server needs to know of it. */
export class RegisteredProcess {
  readonly id: string;
  /** Whether executing, reading logs and dismissing ask for the API token. */
  readonly requiresToken: boolean;
  /** Whether its pods get secrets that have to be looked for in the cluster. */
  readonly listsSecrets: boolean;
  /** Inputs that a Job should not hold: its main container reads them from an address, or does not, or never can. */
  readonly largeInputs: 'url' | 'refuse' | 'never';
  /** Whether its processor looks at no values of inputs, so that they may be too large to be read. */
  readonly takesUnreadInputs: boolean;
  /** Whether any inputs are let through that the description does not name. */
  readonly takesUndescribed: boolean;
  /** Whether a request that prefers to wait is answered with results though the description offers no `sync-execute`. */
  readonly waitsWhereAsked: boolean;
  /** Whether its jobs print how far they are. */
  readonly logsProgress: boolean;
  /** Media type of a result where the job does not say its own. */
  readonly mimetype: string;
  /** Name of the container whose log carries the result markers. */
  readonly mainContainerName: string;
  /** Where the definition says; the manager's settings lie beneath. */
  readonly jobSettings: JobSettings;
  /** What clients may choose of queues (`allowed_queues`, `allowed_queue_priorities`). */
  readonly queueChoices: QueueChoices;
  /** Jobs of it that run at the same time (`max_running`); undefined: without a limit of its own. */
  readonly maxRunning?: number;
  /** Seconds that a synchronous request waits at the most, where the definition says (`sync_max_wait`). */
  readonly syncMaxWait?: number;
  /** Labels and annotations that the configuration puts on pods; never a name that the server sets itself. */
  readonly podMetadata: Readonly<Record<'labels' | 'annotations', NonNullable<PodSettings['podLabels']>>>;
  /** The definition's own setting: undefined: not set; null (or false, or `off`): off. */
  readonly podSecurityContext: unknown;
  readonly containerSecurityContext: unknown;

  constructor(
    private readonly processor: ProcessorInterface<CommonDefinition>,
    private readonly process: ConfiguredProcess<CommonDefinition>,
    readonly description: ProcessDescription,
    private readonly schemas: CheckedSchemas,
    private readonly calls: ProcessorCalls,
    private readonly podSettings: PodSettingsLayers = { own: {}, defaults: {} },
  ) {
    const { definition } = process;
    this.id = process.id;
    this.requiresToken = processor.requiresToken?.(process) ?? definition.check_auth ?? true;
    this.listsSecrets = processor.listsSecrets?.(process) ?? false;
    const readsLargeInputs = processor.readsLargeInputs?.(process);
    this.largeInputs =
      readsLargeInputs === false ? 'never' : (definition.large_inputs ?? (readsLargeInputs ? 'url' : 'refuse'));
    this.takesUnreadInputs = this.largeInputs === 'url' && (processor.takesUnreadInputs?.(process) ?? false);
    const { undescribed = [] } = schemas;
    this.takesUndescribed = undescribed === 'any' || undescribed.length > 0;
    this.waitsWhereAsked = processor.waitsWhereAsked?.(process) ?? false;
    this.logsProgress = processor.logsProgress?.(process) ?? false;
    this.mimetype = resultMediaType(definition, description);
    this.mainContainerName = processor.mainContainerName;
    this.jobSettings = toJobSettings(definition);
    this.queueChoices = {
      names: definition.allowed_queues ?? [],
      priorities: definition.allowed_queue_priorities ?? [],
    };
    this.maxRunning = definition.max_running ?? undefined;
    this.syncMaxWait = definition.sync_max_wait ?? undefined;
    const { own, defaults } = podSettings;
    this.podMetadata = {
      labels: { ...(own.podLabels ?? defaults.podLabels) },
      annotations: { ...(own.podAnnotations ?? defaults.podAnnotations) },
    };
    this.podSecurityContext = definition.pod_security_context;
    this.containerSecurityContext = definition.container_security_context;
  }

  /**
   * The pod of one execution, with the settings of the configuration for pods, neither hardened nor with the server's environment variables yet; the processor's own checks come first.
   * @throws InvalidRequestError with what the processor finds wrong with the inputs
   * @throws InputsTooLargeError where the pod could not start, for so large arguments or variables were made of the inputs
   * @throws MisconfiguredError where the processor fails, does not answer in time, or returns no valid pod specification
   */
  async makePodSpec(request: RequestedExecution, cluster: ClusterView): Promise<V1PodSpec> {
    const faults = await this.calls.call('check the inputs', async () =>
      checkedFaults((await this.processor.validate?.(this.process, executionOf(request))) ?? []),
    );
    if (faults.length > 0)
      throw new InvalidRequestError(`The execute request does not fit process "${this.id}".`, faults);
    const podSpec = await this.calls.call('make a pod', async () =>
      withPodSettings(
        checkedPodSpec(
          await this.processor.makePodSpec(this.process, executionOf(request), cluster),
          this.mainContainerName,
        ),
        this.podSettings,
        this.mainContainerName,
      ),
    );
    assertPodFits(podSpec);
    return podSpec;
  }

  /**
   * What the processor notes on the job.
   * @throws MisconfiguredError where the processor fails, or returns what cannot be noted
   */
  async notes(request: RequestedExecution): Promise<JobNotes> {
    if (!this.processor.notes) return {};
    return this.calls.call('note what is to be known of the job', async () =>
      checkedNotes(await this.processor.notes?.(this.process, executionOf(request))),
    );
  }

  /**
   * Whether the request may pass: everybody's where no token is asked for; else as the processor decides, or by the API token.
   * @throws MisconfiguredError where the processor fails; UnauthorizedError where it says so itself
   */
  async isGranted(request: AccessRequest): Promise<boolean> {
    return !this.requiresToken || this.judges(request);
  }

  /**
   * What the processor says of the request, though everybody may pass otherwise; where it does not decide, whether it has the API token.
   * @throws as {@link isGranted}
   */
  async judges(request: AccessRequest): Promise<boolean> {
    if (!this.processor.checkAuth) return request.hasApiToken;
    return this.calls.call('check the access', async () => {
      const granted: unknown = await this.processor.checkAuth?.(this.process, request);
      if (typeof granted === 'boolean') return granted;
      throw new ProcessorFault(`must return true or false from checkAuth (returned ${typeof granted})`);
    });
  }

  /** Whether the processor decides about access by itself, so that a token which is not the API token may be right. */
  get checksAccess(): boolean {
    return this.processor.checkAuth !== undefined;
  }

  /** Whether the processor makes results of its own of what jobs give. */
  get givesResults(): boolean {
    return this.processor.results !== undefined;
  }

  /** What of a result does not fit its output's schema; empty: it fits, or there is no such output. */
  outputFaults(outputId: string, value: unknown): readonly RequestFault[] {
    const errorsOf = this.schemas.outputs.get(outputId);
    return errorsOf ? schemaFaults(errorsOf, value, '') : [];
  }

  /**
   * The results of a successful job as its processor gives them.
   * @param printed what the job printed
   * @throws MisconfiguredError where the processor fails
   */
  async results(jobId: string, printed: JobResult): Promise<JobResult> {
    if (!this.processor.results) return printed;
    const { unnamed, named } = printed;
    const given = new GivenResults();
    const unnamedGiven = unnamed && given.give(unnamed);
    const outputs = Object.fromEntries([...named].map(([id, result]) => [id, given.give(result)]));
    try {
      return await this.calls.call('give the result', async () => {
        const returned: unknown = await this.processor.results?.(this.process, { jobId, outputs }, unnamedGiven);
        if (isMadeResults(returned)) {
          const made = Object.entries(returned.outputs).map(([id, result]) => [id, given.take(result)] as const);
          return { named: new Map(made.filter((entry): entry is [string, PrintedResult] => entry[1] !== undefined)) };
        }
        const result = given.take(returned);
        return { named, ...(result ? { unnamed: result } : {}) };
      });
    } finally {
      given.closeRest();
    }
  }

  /** What everybody may read of a failure, by the last lines of the log. Never throws: what goes wrong is logged. */
  explainFailure(lines: string): string | undefined {
    try {
      const explanation: unknown = this.processor.explainFailure?.(this.process, lines);
      if (explanation === undefined) return undefined;
      if (typeof explanation !== 'string')
        throw new ProcessorFault(`must return a text from explainFailure (returned ${typeof explanation})`);
      return explanation.slice(0, LONGEST_EXPLANATION);
    } catch (error) {
      this.calls.tell('explain a failure', error);
      return undefined;
    }
  }

  /** Tells the processor of a dismissal. Never rejects: a failure is logged. */
  async onDismiss(job: DismissedJob): Promise<void> {
    if (!this.processor.onDismiss) return;
    await this.calls
      .call('tidy up after a dismissal', async () => this.processor.onDismiss?.(this.process, job))
      .catch(() => undefined);
  }

  /** Checks the inputs (without the API token); {@link validateInputs} says how. Never throws. */
  validateInputs(inputs: Readonly<Record<string, unknown>>): ValidatedInputs {
    return validateInputs(
      this.id,
      this.requiresToken ? this.schemas.inputs.filter(({ id }) => id !== 'token') : this.schemas.inputs,
      inputs,
      this.schemas.undescribed,
    );
  }
}

/** What a processor gets: a copy of its own. */
function executionOf({ jobId, inputs, time = new Date() }: RequestedExecution): Execution {
  return {
    jobId,
    time: new Date(time),
    inputs: withPlainNumbers(inputs),
    get inputsJson() {
      return JSON.stringify(inputs);
    },
  };
}

function checkedFaults(faults: unknown): readonly RequestFault[] {
  const isFault = (fault: unknown): fault is RequestFault =>
    typeof fault === 'object' &&
    fault !== null &&
    'pointer' in fault &&
    'message' in fault &&
    typeof fault.pointer === 'string' &&
    typeof fault.message === 'string';
  if (Array.isArray(faults) && faults.every(isFault))
    return faults.map(({ pointer, message }) => ({ pointer, message }));
  throw new ProcessorFault('must return a list of faults {pointer, message} from validate');
}

function isMadeResults(returned: unknown): returned is { outputs: Readonly<Record<string, unknown>> } {
  return typeof returned === 'object' && returned !== null && 'outputs' in returned && isMapping(returned.outputs);
}
