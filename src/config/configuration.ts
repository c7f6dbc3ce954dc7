import type { V1Affinity, V1Toleration, V1TopologySpreadConstraint } from '@kubernetes/client-node';
import type { AccessSettings } from './sections/access/access.section.js';
import type { ArchiveSettings } from './sections/archive.section.js';
import type { UsageSettings } from './sections/usage.section.js';
import type { PubSubSettings } from './sections/pubsub.section.js';
import type { VisualisationSettings } from './visualisation-settings.js';

export type { AccessSettings } from './sections/access/access.section.js';
export type { ArchiveSettings } from './sections/archive.section.js';
export type { PubSubSettings } from './sections/pubsub.section.js';
export type { VisualisationSettings } from './visualisation-settings.js';

/**
 * The one validated, read-only configuration of the server: the YAML file that `PYGEOAPI_CONFIG` names, the environment
 * variables, and the command line, read once at start. Everything else injects {@link Configuration}.
 */

/** A text as it stands in the file: plain, or keyed by language tag (`{ en: 'Title', de: 'Titel' }`). */
export type LocalizedText = string | Readonly<Record<string, string>>;
/** A list of keywords: plain, or keyed by language tag. */
export type LocalizedKeywords = readonly string[] | Readonly<Record<string, readonly string[]>>;

export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL' | 'NOTSET';

/** Tiles that maps may load from another host. */
export interface MapSettings {
  /** With `{z}`, `{x}`, `{y}` and, perhaps, `{s}` and `{r}`, as Leaflet and pygeoapi have it. */
  readonly url: string;
  /** Whose they are: HTML, not sanitised. */
  readonly attribution?: string;
  /** Whether tiles are loaded before anybody asks for them; default false: their host learns who looks at what. */
  readonly auto: boolean;
}

/** What the lines of the log are. */
export type LogFormat = 'json' | 'text';

export interface ServerSection {
  readonly bind: {
    readonly host: string;
    readonly port: number;
    /** Whether nothing says the host. */ readonly isDefault?: true;
  };
  /** Public base address, without trailing slash; undefined: taken from each request. */
  readonly url?: string;
  /** `INTERNAL_URL`, `internal_url`: base address that pods of jobs use, without trailing slash; port 0 stands for the port that is listened on. */
  readonly internalUrl?: string;
  /** `MAX_REQUEST_BYTES`, `max_request_bytes`: largest body of a request, bytes; default 10 MiB. */
  readonly maxRequestBytes: number;
  /** `MAX_REQUEST_BYTES_IN_FLIGHT`: bytes of all bodies that are held at a time; default 8 times `maxRequestBytes`. */
  readonly maxRequestBytesInFlight: number;
  /** `MAX_OUTPUT_BYTES`, `max_output_bytes`: largest file that a job may upload for an output, bytes; default 1 TiB. */
  readonly maxOutputBytes: number;
  /** `MAX_JOB_OUTPUT_BYTES`, `max_job_output_bytes`: what a job may upload for all outputs together, bytes; undefined: as much as it likes. */
  readonly maxJobOutputBytes?: number;
  /** `KEEP_ALIVE_TIMEOUT`, `keep_alive_timeout`: seconds that an idle connection is kept; undefined: 72. */
  readonly keepAliveTimeout?: number;
  /** `SCRIPT_NAME`: a path, without trailing slash, beneath which every resource answers, too; empty: none. Links hold it where `url` is undefined. */
  readonly pathPrefix: string;
  /** Whose `X-Forwarded-*` headers count: nobody's, everybody's, or those of these addresses, networks, and names of networks. */
  readonly trustProxy: boolean | readonly string[];
  /** Without effect: the server's own documents are JSON. */
  readonly mimetype: string;
  /** Without effect: JSON is UTF-8. */
  readonly encoding: string;
  readonly gzip: boolean;
  /** At least one; the first is the default language. */
  readonly languages: readonly string[];
  /** Whether pages of other origins may use the API: those of any, or of these. */
  readonly cors: boolean | readonly string[];
  /** Hosts that requests may name beside that of `url`: names, `*.example.org`, addresses, `loopback`, `*`; undefined: any. */
  readonly hosts?: readonly string[];
  readonly prettyPrint: boolean;
  /** Whether synchronous answers carry the `Link` header that OGC's compliance suite reads, which is not a valid one. */
  readonly citeCompatibility: boolean;
  /** `kvp_execute`: processes are executed by `GET`, too (OGC API - Processes 2.0 draft, "KVP-encoded Execute"); default false. */
  readonly kvpExecute: boolean;
  /** `outputs_empty`: what an execute request with `"outputs": {}` asks for: `all` (1.0) or `none` (2.0 draft); default `all`. */
  readonly outputsEmpty: 'all' | 'none';
  /** `ignore_parameters`: query parameters, by name or by a beginning and `*`, that no resource refuses as unknown; default none. */
  readonly ignoreParameters: readonly string[];
  /** `readers`: how much is read at the same time; what holds is `readerSettings`. */
  readonly readers?: { readonly atOnce?: number; readonly perCaller?: number; readonly minimumRate?: number };
  /** `max_upload_bytes`: largest form with files, bytes; default 512 MiB. */
  readonly maxUploadBytes: number;
  /** `max_upload_bytes_in_flight`: of files of forms on their way at a time, bytes; default twice that; one form always finds room. */
  readonly maxUploadBytesInFlight: number;
  /** `linked_inputs`: bytes that are fetched of inputs given by link, for a request and at a time; what holds is `linkedInputSettings`. */
  readonly linkedInputs?: { readonly perRequest?: number; readonly atOnce?: number };
  /** `followers`: how many follow logs at the same time; what holds is `followerSettings`. */
  readonly followers?: { readonly atOnce?: number; readonly perCaller?: number };
  /** `listeners`: how many listen to events of jobs at the same time; what holds is `listenerSettings`. */
  readonly listeners?: { readonly atOnce?: number; readonly perCaller?: number };
  /** `waits`: how many synchronous requests wait for their jobs at the same time; what holds is `waitSettings`. */
  readonly waits?: { readonly atOnce?: number; readonly perCaller?: number };
  /** `max_inline_results`: bytes of one result that stands in a document; larger ones are links. Undefined: all that fits in memory. */
  readonly maxInlineResults?: number;
  /** `map`: the background of maps on pages; undefined: the outline of the land alone. */
  readonly map?: MapSettings;
  /** Page sizes of lists. */
  readonly limits: { readonly defaultItems: number; readonly maxItems: number };
  readonly manager: ManagerSection;
}

/** What is done where a result is not what it is called: nothing, said in the status, the job fails. */
export type ResultValidation = 'off' | 'warn' | 'fail';

/** Who may read statuses in full and results: whoever may execute the process, or everybody. */
export type ResultReaders = 'token' | 'public';

/** Inputs that a process does not describe: they reach the container as they are, or the request is refused. */
export type UndeclaredInputs = 'pass' | 'refuse';

/** How jobs are run and kept. Undefined: the default. */
export interface JobSettings {
  /** Who reads results, and of statuses more than how far they are (`results`); default `public`, as the predecessors. */
  readonly resultReaders?: ResultReaders;
  /** Whether results are compared with media type and schema when they are collected (`result_validation`); default `warn`. */
  readonly resultValidation?: ResultValidation;
  /**
   * Seconds after which a job that has not started fails (`start_deadline_seconds`); default: it waits for ever, as with the
   * predecessors.
   */
  readonly startDeadlineSeconds?: number;
  /** Seconds that a job may run (`active_deadline_seconds`); default without limit. */
  readonly activeDeadlineSeconds?: number;
  /** Seconds that an ended job is kept, once everything is collected (`ttl_seconds_after_finished`); default 100 days. */
  readonly ttlSeconds?: number;
  /** Seconds after a job's end that its results are kept in the object store (`results_ttl`, `PYGEOAPI_K8S_MANAGER_RESULTS_TTL`); default: for ever. */
  readonly resultsTtlSeconds?: number;
  /** How often a failed pod is replaced (`retries`, `backoff_limit`); default never. */
  readonly backoffLimit?: number;
  /** Only one that the infrastructure failed (`retries`), not one whose program did; default false. */
  readonly retriesInfrastructureOnly?: boolean;
  /** Whether pods get the token of their service account (`automountServiceAccountToken`); default: as an account that is named for them says. */
  readonly automountServiceAccountToken?: boolean;
  /** Bytes of inputs, as JSON, that the Job itself may hold (`max_inline_inputs`); default what fits a variable, 128 KiB. */
  readonly maxInlineInputs?: number;
  /** Whether inputs that have no room on the Job are kept in the object store until its results go (`keep_inputs`); default false. */
  readonly keepInputs?: boolean;
  /**
   * How many jobs that have not ended there may be (`max_jobs`): of a process its own, of the manager all of processes together that
   * anybody may execute; default without limit.
   */
  readonly maxJobs?: number;
  /** LocalQueue of Kueue in the jobs' namespace, in whose line jobs wait (`queue_name`); default, or empty: none. */
  readonly queueName?: string;
  /** WorkloadPriorityClass of Kueue, or one of {@link ManagerSection.queuePriorities} (`queue_priority`); default, or empty: none. */
  readonly queuePriority?: string;
  /** Seconds after which a job that still waits in its line fails (`queue_deadline_seconds`); default without limit. */
  readonly queueDeadlineSeconds?: number;
}

/**
 * Where and as what the pods of jobs run, with Kubernetes' names and meanings. Undefined: not set; an empty mapping, list or text: none, whatever is beneath.
 */
export interface PodSettings {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: V1Affinity;
  readonly tolerations?: readonly V1Toleration[];
  readonly topologySpreadConstraints?: readonly V1TopologySpreadConstraint[];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly schedulerName?: string;
  readonly serviceAccountName?: string;
  /** Of containers that have none of their own. */
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: readonly string[];
  /** Of the main container: request and limit (`extended_resources`). */
  readonly extendedResources?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

export interface ManagerSection {
  readonly name: string;
  /** Whether this server collects logs and results of ended pods (`finalizer_controller`). */
  readonly finalizerController: boolean;
  /** `PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE`, `jobs_namespace`: namespace of the jobs, their pods and events; undefined: the server's. */
  readonly jobsNamespace?: string;
  /**
   * `SYNC_MAX_WAIT`, `sync_max_wait`: seconds that a synchronous request waits at the most for a process that offers asynchronous
   * execution, too, and has no `sync_max_wait` of its own; undefined: without limit.
   */
  readonly syncMaxWait?: number;
  /**
   * `files`: whether jobs are offered to upload files only where the object store is not known to keep them cut, or always;
   * undefined: the former.
   */
  readonly files?: 'when-whole' | 'always';
  /**
   * `FOLLOW_MAX_SILENCE`, `follow_max_silence`: seconds without a line after which a followed log ends, twice the time between the
   * heartbeats of one that is followed as server-sent events; 0: it does not end; undefined: 30.
   */
  readonly followMaxSilence?: number;
  /** `collected_logs`: bytes that wait in temporary files for the object store; what holds is `collectionSettings`. */
  readonly collectedLogs?: { readonly perPod?: number; readonly inAll?: number };
  /** `max_running`: jobs of all processes that run at the same time, but for those in queues of Kueue; undefined: without limit. */
  readonly maxRunning?: number;
  /** `max_running_per_caller`: the same, of one caller. */
  readonly maxRunningPerCaller?: number;
  /** `queue_priorities`: what names of priorities mean in the server's own line, larger first; others mean 0. */
  readonly queuePriorities?: Readonly<Record<string, number>>;
  /** `max_waiting`: jobs that wait for their turn, because of such limits; undefined: without limit. */
  readonly maxWaiting?: number;
  /**
   * `success_callback`: what the subscriber to a success is sent, the results document (OGC API - Processes 1.0) or the job, as
   * pygeoapi-kubernetes-papermill did; undefined: `results`.
   */
  readonly successCallback?: 'results' | 'job';
  /** `undeclared_inputs`, for processes that do not say it themselves; undefined: `pass`, as the predecessor. */
  readonly undeclaredInputs?: UndeclaredInputs;
  /** What holds for jobs of processes that do not say otherwise, with the same keys. */
  readonly jobs: JobSettings;
  /** What holds for pods of processes that do not say otherwise, with the same keys. */
  readonly pods: PodSettings;
  /** Log levels by library name (`logging`). */
  readonly logging: Readonly<Record<string, LogLevel>>;
}

export interface LoggingSection {
  readonly level: LogLevel;
  /** As in the file; undefined: the standard output. */
  readonly logfile?: string;
  /** Python's %-style. */
  readonly logformat?: string;
  /** Python's `strftime`. */
  readonly dateformat?: string;
}

export interface MetadataSection {
  readonly identification: {
    readonly title: LocalizedText;
    readonly description: LocalizedText;
    readonly keywords: LocalizedKeywords;
    readonly termsOfService?: string;
    readonly url?: string;
  };
  readonly license?: { readonly name?: string; readonly url?: string };
  readonly provider?: { readonly name?: string; readonly url?: string };
  readonly contact?: Readonly<Record<string, string>>;
}

/** One `resources` entry of `type: process`. `processor` is validated by the processor class that its `name` selects. */
export interface ProcessResource {
  readonly id: string;
  /** Where `processor` stands in the file, for messages: `resources.hello-world-k8s.processor`. */
  readonly path: string;
  readonly processor: ProcessorSection;
}

export interface ProcessorSection {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** One entry of `plugins`: a module that brings processors. */
export interface PluginReference {
  /** A path or the name of a package. */
  readonly specifier: string;
  /** Where it stands in the file, for messages: `plugins[0]`. */
  readonly path: string;
  /** Absolute path of the configuration file's folder, which relative paths count from. */
  readonly folder: string;
}

export type OperatorName = 'visualisations';

export type ClusterChoice = 'auto' | 'embedded' | 'kubeconfig' | 'in-cluster';

/** What the environment (and the flags that stand over it) says. */
export interface EnvironmentSettings {
  /** `PYGEOAPI_K8S_MANAGER_API_TOKEN`; undefined when unset or empty: then no token ever matches. */
  readonly apiToken?: string;
  /** `PYGEOAPI_K8S_MANAGER_SIGNING_KEYS`, or what is in the file of `…_FILE`: secrets that sign annotations; the first signs, all verify. */
  readonly signingKeys?: readonly string[];
  /** `PYGEOAPI_K8S_MANAGER_NAMESPACE` */
  readonly namespace?: string;
  /** `PYGEOAPI_K8S_MANAGER_JOBS_NAMESPACE`; what holds is {@link ManagerSection.jobsNamespace}. */
  readonly jobsNamespace?: string;
  /** `PYGEOAPI_K8S_MANAGER_JOB_NAME_PREFIX`, default `pygeoapi-job-`; a DNS label part of at most 27 characters. */
  readonly jobNamePrefix: string;
  /** `PYGEOAPI_K8S_MANAGER_JOB_POD_SECURITY_CONTEXT`, unparsed: judged by the security-context policy. */
  readonly jobPodSecurityContext?: string;
  /** `PYGEOAPI_K8S_MANAGER_JOB_CONTAINER_SECURITY_CONTEXT`, unparsed. */
  readonly jobContainerSecurityContext?: string;
  /** `PYGEOAPI_K8S_MANAGER_JOB_SECRETS`: whether capabilities and secret inputs of jobs stand in Secrets; default false: in the Jobs. */
  readonly jobSecrets: boolean;
  /** `PYGEOAPI_K8S_MANAGER_FINALIZER_BUCKET_*`; undefined when unset or empty. */
  readonly bucket: {
    readonly endpoint?: string;
    /** Where clients of the API reach the same store; undefined: they do not. */
    readonly publicEndpoint?: string;
    readonly key?: string;
    readonly secret?: string;
    readonly sessionToken?: string;
    /** Default `key`. */
    readonly credentials?: 'key' | 'default-chain';
    /** Default `path`. */
    readonly addressing?: 'path' | 'virtual-host';
    readonly name?: string;
    /** Ends with `/` (added, with a warning, where it does not); the empty string when unset. */
    readonly pathPrefix: string;
  };
  readonly subscribers: {
    /** `SUBSCRIBER_ALLOWED_HOSTS`, `--subscriber-hosts`: entries as `AllowedHosts` of `src/outbound` takes them; default `public`. */
    readonly allowedHosts: readonly string[];
    /** `SUBSCRIBER_SIGNING_SECRET`: each `whsec_` and base64; empty: calls are not signed. */
    readonly secrets: readonly string[];
  };
  /** `INPUT_HREF_ALLOWED_HOSTS`, `--input-hosts`: where inputs given by link may be fetched from; entries as `AllowedHosts` of `src/outbound` takes them; default `public`. */
  readonly inputHosts: readonly string[];
  /** `K8S_CLUSTER`, `--cluster` */
  readonly cluster: ClusterChoice;
  /** `DATA_DIR`, `--data-dir`: absolute path of the embedded cluster's objects and of the folder store. */
  readonly dataDir: string;
  /** `RUN_AS`, `--run-as`: whom the jobs of the embedded cluster run as: `UID`, `UID:GID`, or the name of a user; undefined: as the server. */
  readonly runAs?: string;
  /**
   * `NOTEBOOK_PYTHON`, `--notebook-python`: the program of a Python that has papermill, for the embedded cluster; undefined: what is in
   * `PATH`.
   */
  readonly notebookPython?: string;
  /** `OBJECT_STORE`, `--object-store`; undefined: `folder` on the embedded cluster, else `s3`. */
  readonly objectStore?: 's3' | 'folder';
  /** `LOG_FORMAT`, `--log-format`; undefined: as the file and the destination say. */
  readonly logFormat?: LogFormat;
  readonly metrics: {
    /** `METRICS_PORT`, `--metrics-port`; undefined: the server's own port. */
    readonly port?: number;
    /** `METRICS_TOKEN`; undefined: everybody may read them. */
    readonly token?: string;
  };
  /** `SHUTDOWN_DELAY`, `--shutdown-delay`: seconds between the signal to end and the end of listening. */
  readonly shutdownDelay: number;
  /** What the image was built of; undefined when unset or empty. */
  readonly build: {
    /** `VERSION` */
    readonly version?: string;
    /** `BUILD_DATE` */
    readonly date?: string;
    /** `GIT_COMMIT` */
    readonly commit?: string;
    /** `GIT_TAG` */
    readonly tag?: string;
    /** `GIT_BRANCH` */
    readonly branch?: string;
  };
}

/** Injection token and type of the configuration. Read-only after start. */
export abstract class Configuration {
  /** Path of the file as given, for messages. */
  abstract readonly file: string;
  abstract readonly server: ServerSection;
  abstract readonly logging: LoggingSection;
  abstract readonly metadata: MetadataSection;
  abstract readonly processes: readonly ProcessResource[];
  abstract readonly plugins: readonly PluginReference[];
  abstract readonly environment: EnvironmentSettings;
  /** Whether processes are served and jobs run; without, the server is its operators alone. */
  abstract readonly processesApi: boolean;
  /** Undefined where its operator is off. */
  abstract readonly visualisations: VisualisationSettings | undefined;
  /** Undefined where nothing is published. */
  abstract readonly pubsub: PubSubSettings | undefined;
  abstract readonly access: AccessSettings;
  /** Undefined where there is none. */
  abstract readonly archive: ArchiveSettings | undefined;
  abstract readonly usage: UsageSettings;
}
