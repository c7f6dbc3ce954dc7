import 'reflect-metadata';
import type { Readable } from 'node:stream';
import type { V1PodSpec } from '@kubernetes/client-node';
import type { JobSettingsDefinition } from '../config/sections/job-settings.js';
import type { ProcessorSection } from '../config/configuration.js';
import type { RequestFault } from '../ogc/domain-errors.js';
import type { InputDescription, ProcessDescription } from './description/process-description.js';

/** A fixed text, so that a processor is known whichever copy of this package decorated it. */
const PROCESSOR_NAMES = 'ogc-processes-k8s:processor';

/**
 * Marks an injectable class as a processor, under every name by which a configuration's `processor.name` may ask for it. A subclass needs a name
 * of its own.
 *
 * ```ts
 * @Processor('my.Processor')
 * class MyProcessor implements ProcessorInterface<MyDefinition> { ... }
 * ```
 */
export const Processor =
  (...names: readonly [string, ...string[]]): ClassDecorator =>
  (target) =>
    Reflect.defineMetadata(PROCESSOR_NAMES, names, target);

/** The names that {@link Processor} gave this very class, not one that it extends; empty where it has none. */
export function processorNamesOf(candidate: unknown): readonly string[] {
  if (typeof candidate !== 'function') return [];
  return (Reflect.getOwnMetadata(PROCESSOR_NAMES, candidate) as readonly string[] | undefined) ?? [];
}

/** Whether a class extends a processor but has no name of its own, so that no process can name it. */
export function lacksProcessorName(candidate: unknown): boolean {
  if (typeof candidate !== 'function' || processorNamesOf(candidate).length > 0) return false;
  return Reflect.hasMetadata(PROCESSOR_NAMES, candidate);
}

/** One process of the configuration, its definition validated by its processor's {@link ProcessorInterface.definitionClass}. */
export interface ConfiguredProcess<Definition extends object = ProcessorSection> {
  readonly id: string;
  readonly definition: Readonly<Definition>;
}

/** One execution, as a processor sees it. Never holds the API token. */
export interface Execution {
  /** The OGC job's id, a UUID. */
  readonly jobId: string;
  /**
   * The inputs, validated, as the client sent them (without `token`). A copy: changing it changes nothing. Numbers are
   * JavaScript's: `12345678901234567890` and `1.0` are what a double makes
   * of them, `1e400` is `Infinity`.
   */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The same as JSON, as the main container gets it, where every number stands as it was written. */
  readonly inputsJson: string;
  /** When the job is made; the same in every call for it. */
  readonly time: Date;
}

/** A secret of the jobs' namespace, without its values. */
export interface SecretName {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a processor may ask of the cluster while it makes a pod. */
export interface ClusterView {
  /**
   * The secrets of the jobs' namespace, for a pod that gets some of them by a rule. Values are not even asked for: only Kubernetes gives them, to the pod. Needs the right to `list` `secrets`, which the server has only where
   * it was given; see {@link ProcessorInterface.listsSecrets}.
   * @throws UnavailableError where it has not, or where the cluster does not answer
   */
  secrets(): Promise<readonly SecretName[]>;
}

/** What a client wants to do with what belongs to a process. */
export interface AccessRequest {
  readonly operation: 'execute' | 'read-log' | 'read-status' | 'read-results' | 'dismiss';
  /** The job, where there is one already. */
  readonly jobId?: string;
  /** The token that the client sent: `Authorization: Bearer`, else the input `token`. Not to be logged. */
  readonly token?: string;
  /** Whether it is the server's API token (compared in constant time). */
  readonly hasApiToken: boolean;
  /** The request's headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A result of a job: what it printed after the result markers, or a file that it uploaded. */
export interface PrintedResult {
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** The bytes; to be read once. */
  body(): Readable;
  /** A part of them, from the first to the last byte, both inclusive; absent: only the whole can be read. */
  range?(range: { readonly start: number; readonly end: number }): Readable;
  /** Entity tag of these bytes (RFC 9110), with its quotes. */
  readonly etag?: string;
  /** Where whoever asks for them is better sent to, good for moments, made afresh; absent: nowhere. */
  elsewhere?(): Promise<string | undefined>;
  /** Where they can be read without this server, made afresh; undefined where that is not possible. */
  address?(): Promise<{ readonly href: string; readonly expires: Date } | undefined>;
}

/** A result made by a processor. */
export interface MadeResult {
  readonly mediaType: string;
  readonly body: string | Uint8Array;
}

/** All results of a job. */
export interface JobResult {
  /** The one result of a job that gives it no name: of its only output, or a JSON object with a property for each of several. */
  readonly unnamed?: PrintedResult;
  /** By output id, as the job named them; in the order in which it gave them. */
  readonly named: ReadonlyMap<string, PrintedResult>;
}

/** Results made by a processor, by output id. */
export interface MadeResults {
  readonly outputs: Readonly<Record<string, PrintedResult | MadeResult>>;
}

/** What {@link ProcessorInterface.results} returns. */
export type ProcessorResult = PrintedResult | MadeResult | MadeResults | undefined;

/** What a processor has to say of a job when it is made. */
export interface JobNotes {
  /**
   * Shown in the job's status, and written to the Kubernetes Job as annotations `pygeoapi.io/KEY`. Keys of lower case letters, digits and dashes; `progress` and `message` are what
   * they say; those that the server writes itself are refused. At most 16 KiB together.
   */
  readonly messages?: Readonly<Record<string, string>>;
  /** Of the Kubernetes Job and its pod, for schedulers and policies that choose by them. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A job that a client dismissed, or removed after its end: one that was dismissed may be told of twice. */
export interface DismissedJob {
  readonly jobId: string;
  /** Its status before. */
  readonly status: string;
}

/** What a processor has run once, in a pod of its own, to find out what cannot be known at start. */
export interface Inspection {
  /**
   * Its main container ({@link ProcessorInterface.mainContainerName}) prints what it found as JSON after the result marker, as jobs print results, at most 1 MiB. Hardened as the pods of
   * jobs are; it gets no inputs, no token and no service account's token.
   */
  readonly podSpec: V1PodSpec;
  /** Seconds until it must have ended, pulling the image included; default 600. */
  readonly deadlineSeconds?: number;
  /** Seconds after which it is run again; absent: only when the pod, that is the configuration or this server, changes. */
  readonly refreshSeconds?: number;
}

/** What came of an {@link Inspection}. */
export type Finding =
  /** Not yet known; `reason`: what keeps it from running, an image that cannot be pulled, say. */
  | { readonly state: 'pending'; readonly reason?: string }
  /** It failed, and is tried again later. */
  | { readonly state: 'failed'; readonly reason: string }
  /** `value`: the JSON that it printed. */
  | { readonly state: 'found'; readonly value: unknown };

/** One of the processes that an entry of the configuration stands for. */
export interface ExpandedProcess<Definition extends object = ProcessorSection> extends ConfiguredProcess<Definition> {
  /** What is the matter with it, for operators: it stands in the log and in readiness. */
  readonly problem?: string;
}

/** The keys that every processor definition has, whatever the processor. */
export interface CommonDefinition extends Partial<JobSettingsDefinition> {
  /** Whether executing asks for the API token. */
  readonly check_auth?: boolean;
  /** Media type of the result where the job does not say. */
  readonly mimetype?: string;
  /** `url`: the main container reads inputs of over 16 KiB from the address in `PYGEOAPI_K8S_MANAGER_INPUTS_URL`; default: `refuse`. */
  readonly large_inputs?: 'url' | 'refuse';
  readonly allowed_queues?: readonly string[];
  readonly allowed_queue_priorities?: readonly string[];
  /** Jobs of the process that run at the same time; undefined: without a limit of its own. */
  readonly max_running?: number;
  /** Seconds that each call of an asynchronous method of the processor may take; default 30. */
  readonly processor_timeout_seconds?: number;
  /** Overrides the environment's and the baseline security context; `null` switches it off; undefined: not set here. */
  readonly pod_security_context?: unknown;
  readonly container_security_context?: unknown;
}

/**
 * What a processor implements. One instance serves every process that names it.
 *
 * Whatever a method throws (or however long it takes, up to `processor_timeout_seconds`), the server goes on: the client gets a problem of status
 * 500 that names processor and process, the log has the stack. `InvalidRequestError`, `UnauthorizedError` and `UnavailableError` reach the client as
 * they are (400, 401, 503). A method that never returns control to Node (an endless loop) cannot be stopped: it blocks the server.
 */
export interface ProcessorInterface<Definition extends object = ProcessorSection> {
  /** A class-validator class that the definition is transformed to and validated with at start; absent: taken as it is. */
  readonly definitionClass?: new () => Definition;
  /** Name of the container whose log carries the result markers. */
  readonly mainContainerName: string;
  /** The description shown to clients. Called at start, and again for each process of a new {@link expand}. */
  describe(process: ConfiguredProcess<Definition>): ProcessDescription;
  /**
   * What jobs can make use of beside the inputs of the description, by id; absent: anything, for all inputs reach the container in
   * `PYGEOAPI_K8S_MANAGER_INPUTS`. `undeclared_inputs: pass` (or neither said) lets these through, and no others.
   */
  undescribedInputs?(process: ConfiguredProcess<Definition>): Readonly<Record<string, InputDescription>>;
  /**
   * Whether a request that prefers to wait (`Prefer: wait`, or `"mode": "sync"` in the body) is answered with the results though the
   * description offers no `sync-execute`; absent: no. Without such a wish it is answered with the job.
   */
  waitsWhereAsked?(process: ConfiguredProcess<Definition>): boolean;
  /**
   * The pod that runs the execution. Its containers' environment gets `PYGEOAPI_JOB_ID`, `PYGEOAPI_PROCESS_ID` and (main container)
   * `PYGEOAPI_K8S_MANAGER_INPUTS` (see {@link readsLargeInputs}) afterwards, and the security-context policy and the pod finalizer are
   * applied to it, whatever it says.
   */
  makePodSpec(
    process: ConfiguredProcess<Definition>,
    execution: Execution,
    cluster: ClusterView,
  ): V1PodSpec | Promise<V1PodSpec>;
  /** Whether `makePodSpec` asks for {@link ClusterView.secrets}: the server says at start where it may not list them. */
  listsSecrets?(process: ConfiguredProcess<Definition>): boolean;
  /** What is noted on the job beside what the server notes; asked once a pod is made. */
  notes?(process: ConfiguredProcess<Definition>, execution: Execution): JobNotes | Promise<JobNotes>;
  /**
   * Whether jobs print how far they are, on lines `PYGEOAPI_K8S_MANAGER_PROGRESS 42 a message`, so that the log is looked into where no
   * annotation `pygeoapi.io/progress` says it: when the status of one job is asked for, and while somebody listens to its events.
   */
  logsProgress?(process: ConfiguredProcess<Definition>): boolean;
  /**
   * Whether the main container manages without `PYGEOAPI_K8S_MANAGER_INPUTS` where the inputs are large (over 16 KiB, or over
   * `max_inline_inputs`): it reads them from the address in `PYGEOAPI_K8S_MANAGER_INPUTS_URL`, or has them otherwise. False: it never can;
   * absent or undefined: as the definition's `large_inputs` says, by default not. Where it does not, requests with more than
   * `max_inline_inputs` are refused (413).
   */
  readsLargeInputs?(process: ConfiguredProcess<Definition>): boolean | undefined;
  /**
   * Whether the processor itself looks at no values of inputs. Files of a form that are larger than what is validated
   * (`max_request_bytes`) are
   * taken then, where inputs go by address; in `execution.inputs` stands `{"omitted": {"size", "sha256"}}` in their place. Absent: no.
   */
  takesUnreadInputs?(process: ConfiguredProcess<Definition>): boolean;
  /**
   * Whether executing (and reading logs, dismissing, and under `results: token` reading statuses and results) is not open to everybody; absent:
   * `check_auth`, by default true.
   */
  requiresToken?(process: ConfiguredProcess<Definition>): boolean;
  /**
   * Decides who may execute, read logs and dismiss, and under `results: token` read statuses in full and results, in place of the comparison with
   * the API token ({@link AccessRequest.hasApiToken}). Not asked where the process is open to everybody. Only `true` lets the request pass.
   */
  checkAuth?(process: ConfiguredProcess<Definition>, request: AccessRequest): boolean | Promise<boolean>;
  /**
   * Checks beyond JSON Schema, once the inputs are valid by their schemas and before a pod is made.
   * @returns every fault, with a JSON Pointer into the request's body (`/inputs/name`); empty: none
   */
  validate?(
    process: ConfiguredProcess<Definition>,
    execution: Execution,
  ): readonly RequestFault[] | Promise<readonly RequestFault[]>;
  /**
   * The result of a successful job, each time that a client asks for it; absent: as printed.
   * @param job `outputs`: the results that the job gave under ids of outputs
   * @param printed the result without a name; undefined where the job printed none
   * @returns `printed` to leave it as it is, undefined for none: results under ids stay what they are. `{outputs}` stands in place of all results
   */
  results?(
    process: ConfiguredProcess<Definition>,
    job: { readonly jobId: string; readonly outputs: Readonly<Record<string, PrintedResult>> },
    printed: PrintedResult | undefined,
  ): ProcessorResult | Promise<ProcessorResult>;
  /**
   * What is to be run once so that {@link expand} can say more; undefined: nothing. The server runs it as a Kubernetes Job, keeps what it found with that Job, and gives it to every replica.
   */
  inspect?(process: ConfiguredProcess<Definition>): Inspection | undefined | Promise<Inspection | undefined>;
  /**
   * The processes that an entry of the configuration stands for: absent, the one of its id. Called at start with a finding that is `pending`, and whenever there is another. Each is then described, and executed, by its own
   * id and definition. Must be fast: it is called in the middle of everything.
   */
  expand?(process: ConfiguredProcess<Definition>, finding: Finding): readonly ExpandedProcess<Definition>[];
  /**
   * What everybody may read of why a job failed, behind the sentence that names its main container and exit code: what inputs and secrets cannot have got into. The lines themselves are only for those who may read the log. Must be fast.
   * @param lines the last lines of the container's log
   * @returns a sentence; undefined: nothing
   */
  explainFailure?(process: ConfiguredProcess<Definition>, lines: string): string | undefined;
  /** Told after a dismissal or a removal was accepted, to tidy up what the job used elsewhere. A failure is logged and changes nothing. */
  onDismiss?(process: ConfiguredProcess<Definition>, job: DismissedJob): void | Promise<void>;
}
