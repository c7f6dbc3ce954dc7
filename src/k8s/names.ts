/** Every name, label and annotation that stands on a Kubernetes object, in one place. */

/** Keeps the object of an ended pod until its logs and result are stored. The predecessor's name, so that its pods are collected too. */
export const POD_FINALIZER = 'pygeoapi.io/finalizer-log-retrieval';

/** The Job controller's own on its pods, until it has counted their end. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

/** The service account of pods that name none: every namespace has it. */
export const DEFAULT_SERVICE_ACCOUNT = 'default';

/** The predecessor's annotations on a Job. Any other `pygeoapi.io/KEY` is a message of the job itself and shows in its status. */
export const ANNOTATION_PREFIX = 'pygeoapi.io/';
export const annotation = {
  identifier: `${ANNOTATION_PREFIX}identifier`,
  processId: `${ANNOTATION_PREFIX}process_id`,
  started: `${ANNOTATION_PREFIX}started`,
  updated: `${ANNOTATION_PREFIX}updated`,
  mimetype: `${ANNOTATION_PREFIX}mimetype`,
  jobName: `${ANNOTATION_PREFIX}job-name`,
  parameters: `${ANNOTATION_PREFIX}parameters`,
  resultMimetype: `${ANNOTATION_PREFIX}result-mimetype`,
  resultValue: `${ANNOTATION_PREFIX}result-value`,
  progress: `${ANNOTATION_PREFIX}progress`,
  message: `${ANNOTATION_PREFIX}message`,
} as const;

/** This server's own annotations; under another prefix, so that the predecessor does not take them for messages after a rollback. */
export const OWN_PREFIX = 'processes.pygeoapi.io/';
export const ownAnnotation = {
  /** Version of the meaning of these annotations: `1`. */
  formatVersion: `${OWN_PREFIX}format-version`,
  /** What the execute request asked for: `{"response": "raw"|"document", "outputs": {...}}`. */
  request: `${OWN_PREFIX}request`,
  /** What else of the execute request is shown, and the digest of `pygeoapi.io/parameters`: JSON of `KeptRequest`. */
  shownRequest: `${OWN_PREFIX}shown-request`,
  /** The inputs for statuses and lists, where `pygeoapi.io/parameters` is long: the same with more omitted. */
  parameters: `${OWN_PREFIX}parameters`,
  /** `pending` from creation until the finalizer has recorded the outcome. Absent: nobody collects (finalizer off, predecessor's job). */
  collection: `${OWN_PREFIX}collection`,
  /** The recorded outcome, JSON of `JobOutcome`; written once, when the job has ended. */
  outcome: `${OWN_PREFIX}outcome`,
  /** Name of the container whose log carries the result markers. */
  mainContainer: `${OWN_PREFIX}main-container`,
  /** Where a result that is too large for the annotation is kept: JSON of `StoredResult`. */
  result: `${OWN_PREFIX}result`,
  /** Why log and result are still not collected, for people; removed when they are. */
  collectionProblem: `${OWN_PREFIX}collection-problem`,
  /** Results under the ids of outputs: JSON object of output id to `RecordedOutput`. Beside it there may be one result without a name. */
  outputs: `${OWN_PREFIX}outputs`,
  /** When the main container's log began, noted while it ran: JSON of `LogStart`. */
  logStart: `${OWN_PREFIX}log-start`,
  /** What the last pod used, where the cluster tells: JSON of `Used`. */
  used: `${OWN_PREFIX}used`,
  /** Attempts that failed and were followed by another: JSON of `{attempts: JobAttempt[]}`. */
  attempts: `${OWN_PREFIX}attempts`,
  /** Key of the log in the object store. */
  logKey: `${OWN_PREFIX}log-key`,
  /** Size and digest of that log: JSON `{"size": BYTES, "digest": "sha256:…"}`. */
  log: `${OWN_PREFIX}log`,
  /** Of a job that may exchange files: JSON of `TransferRecord`. */
  transfer: `${OWN_PREFIX}transfer`,
  /** The files that the job has begun to upload: JSON object of output id to `UploadRecord`. */
  uploads: `${OWN_PREFIX}uploads`,
  /**
   * RFC 3339 time at which a client wanted the job removed; the finalizer then carries it out. Its name is from when each dismissal removed
   * the job: of several versions side by side, and after a rollback, all know it.
   */
  removed: `${OWN_PREFIX}dismissed`,
  /** Who is told about the job: JSON of `Subscription`. Its addresses may hold secrets. */
  subscriber: `${OWN_PREFIX}subscriber`,
  /** How far the telling is: JSON of `Deliveries`. */
  deliveries: `${OWN_PREFIX}deliveries`,
  /**
   * Of a job made with an `Idempotency-Key`: the digest of the execute request's body; its name is derived from caller, process and key.
   * Of one whose id the request chose: `job_id:` and what no other request has.
   */
  idempotency: `${OWN_PREFIX}idempotency`,
  /** Of a job whose execution is traced: where in its trace what is done for it stands, as W3C Trace Context has it. */
  traceparent: `${OWN_PREFIX}traceparent`,
  tracestate: `${OWN_PREFIX}tracestate`,
  /** Seconds after which a pod that has not started fails the job. */
  startDeadline: `${OWN_PREFIX}start-deadline-seconds`,
  /** Seconds after which a job that still waits in its queue fails. */
  queueDeadline: `${OWN_PREFIX}queue-deadline-seconds`,
  /**
   * Of a job that limits hold for: `waiting` for its turn, or `admitted@` the RFC 3339 time of it. Who was admitted is never started
   * again.
   */
  admission: `${OWN_PREFIX}admission`,
  /**
   * Of a job that waits for its turn, where roles decide: how many jobs of its caller may run at the same time, or `none` for no limit, as
   * it was when the job was made.
   */
  callerRunning: `${OWN_PREFIX}caller-running`,
  /** Whose the job is, for people: JSON of subject, name and issuer (absent: the server's own tokens). What decides is the label of its pod template. */
  owner: `${OWN_PREFIX}owner`,
  /** Of a job that waits for its turn: how urgent it is among those of its caller, by a name of `queue_priorities`. */
  queuePriority: `${OWN_PREFIX}queue-priority`,
  /**
   * Of the Lease by which servers take turns at starting jobs: names of those that were started and may have a place, divided by blanks.
   */
  started: `${OWN_PREFIX}started`,
  /** Seconds after the job's end that its results are kept in the object store. */
  resultsTtl: `${OWN_PREFIX}results-ttl-seconds`,
  /** RFC 3339 time at which results in the object store were removed because their time was over. */
  resultsExpired: `${OWN_PREFIX}results-expired`,
  /** Which state of the job the archive has: 16 hexadecimal digits. */
  archived: `${OWN_PREFIX}archived`,
  /** RFC 3339 time at which the job was let go, for the archive has it: what the store holds of it stays. */
  released: `${OWN_PREFIX}released`,
  /** What the execute request calls the job, to be found by: a JSON list of texts. */
  tags: `${OWN_PREFIX}tags`,
  /** `ttlSecondsAfterFinished` that is put in force once everything is collected. */
  ttl: `${OWN_PREFIX}ttl-seconds-after-collected`,
  /** Of the Job of an inspection: the entry of the configuration that it is for. */
  inspected: `${OWN_PREFIX}inspected`,
  /** Which try it is of the same inspection: 1, 2, … */
  inspectionNumber: `${OWN_PREFIX}inspection-number`,
  /** How many tries have failed in a row before it. */
  inspectionFailures: `${OWN_PREFIX}inspection-failures`,
  /** What it found: base64 of gzipped JSON. */
  finding: `${OWN_PREFIX}finding`,
  /** Why it found nothing, for people. */
  inspectionFailure: `${OWN_PREFIX}inspection-failure`,
  /** Why it does not run yet, for people. */
  inspectionProblem: `${OWN_PREFIX}inspection-problem`,
} as const;

/**
 * Annotations that decide about rights, places or outcome, and are written once: each has a signature beside it. What changes
 * while a job runs has none, nor has what the predecessor writes after a rollback: the signature of what it was would be left.
 */
export const signedAnnotations: ReadonlySet<string> = new Set([
  annotation.processId,
  ownAnnotation.request,
  ownAnnotation.shownRequest,
  ownAnnotation.outcome,
  ownAnnotation.mainContainer,
  ownAnnotation.result,
  ownAnnotation.outputs,
  ownAnnotation.logKey,
  ownAnnotation.log,
  ownAnnotation.transfer,
  ownAnnotation.removed,
  ownAnnotation.subscriber,
  ownAnnotation.resultsTtl,
  ownAnnotation.resultsExpired,
]);

/** The annotation that holds the signature of another. */
export function nameOfSignature(name: string): string {
  return `signature.${OWN_PREFIX}${name.slice(name.indexOf('/') + 1)}`;
}

export const label = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  /** Set by the Job controller on each pod; the older name that every supported version has. */
  jobName: 'job-name',
  /** Of the Job of an inspection: whose it is, by the name of the Lease. */
  manager: `${OWN_PREFIX}manager`,
  /** Of the Job of an inspection: the digest of all that it is made of. */
  inspection: `${OWN_PREFIX}inspection`,
  /** Whose a job is that limits hold for: a keyed hash, from which nobody is known. */
  caller: `${OWN_PREFIX}caller`,
  /** Whose a job is, where roles decide: on the Job for people, in its pod template, which cannot be changed, to be believed. */
  owner: `${OWN_PREFIX}owner`,
  /** Kueue's own (https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/): the LocalQueue of a Job, and its WorkloadPriorityClass. */
  queueName: 'kueue.x-k8s.io/queue-name',
  queuePriority: 'kueue.x-k8s.io/priority-class',
} as const;
export const MANAGED_BY = 'ogc-processes-k8s';

export const environmentVariable = {
  jobId: 'PYGEOAPI_JOB_ID',
  processId: 'PYGEOAPI_PROCESS_ID',
  inputs: 'PYGEOAPI_K8S_MANAGER_INPUTS',
  /** In place of `inputs` where they are too large for a variable: where they can be read. */
  inputsUrl: 'PYGEOAPI_K8S_MANAGER_INPUTS_URL',
  /** JSON object of output id to `{url, mediaType, maxBytes}`: where the file of an output can be sent to. */
  outputs: 'PYGEOAPI_K8S_MANAGER_OUTPUTS',
  /** JSON object of output id to `{mediaType}`: what the execute request asks for; absent: all outputs, in formats of the job's choice. */
  requestedOutputs: 'PYGEOAPI_K8S_MANAGER_REQUESTED_OUTPUTS',
  /** The trace that the execution belongs to, as {@link https://opentelemetry.io/docs/specs/otel/context/env-carriers/ OpenTelemetry} names it. */
  traceparent: 'TRACEPARENT',
  tracestate: 'TRACESTATE',
} as const;

/** Longest Job name: the Job controller copies it into a label (63 characters). */
export const MAX_JOB_NAME_LENGTH = 63;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isJobId(text: string): boolean {
  return UUID.test(text);
}

export function jobName(prefix: string, jobId: string): string {
  return prefix + jobId;
}

/**
 * The id of the job that a Kubernetes Job of this name is, or undefined when it is none of this manager's: what follows the prefix
 * must be a UUID, so that the prefix `pygeoapi-job-` does not claim the Jobs of a manager with `pygeoapi-job-x-`.
 */
export function jobIdOf(prefix: string, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const id = name.slice(prefix.length);
  return isJobId(id) ? id : undefined;
}
