import type { V1Job } from '@kubernetes/client-node';
import { type Admission, parseAdmission } from '../../admission/line/admission.js';
import type { LogFields } from '../../logging/log-fields.js';
import { annotation, jobIdOf, label, ownAnnotation } from '../../k8s/names.js';
import type { TraceParent } from '../../tracing/trace-context.js';
import { type Archival, archivalOf } from './annotations/archival.js';
import {
  isTime,
  parseAttempts,
  parseKeptInputs,
  parseOmittedAttempts,
  parseLogSize,
  parseLogStart,
  parseOutcome,
  parseOutputs,
  parseOwner,
  parseRequestedResponse,
  parseStoredResult,
  parseTransferRecord,
} from './annotations/job-annotations.js';
import type {
  JobAttempt,
  JobOutcome,
  LogStart,
  OutputRecord,
  RecordedOutput,
  RequestedResponse,
  StoredResult,
  TransferRecord,
} from './job-outcome.js';
import { queueOf, resumptionOf, suspensionOf } from './job-suspension.js';
import { toDate } from '../../k8s/time/kubernetes-time.js';
import { isMediaType } from '../../processes/description/media-type.js';
import { messagesOf } from './annotations/job-messages.js';
import { shared, sharedDate, SharedValues } from './annotations/shared-values.js';
import { shownParameters } from './annotations/shown-parameters.js';
import { believe, type Trust } from './trust.js';
import { type Deliveries, parseDeliveries, parseSubscription, type Subscription } from './subscription.js';

/** What is kept in memory of a Kubernetes Job that is a job of this manager; no pod template, no large inputs, no result. */
export interface JobRecord extends Archival {
  readonly jobId: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly processId: string;
  /** This server signs, and this is not signed: anybody who may edit Jobs may have written it, so that it opens nothing. */
  readonly processUnsigned?: true;
  /** Annotations, without prefix, that are wrongly signed or point to what is another's: none of them is believed. Absent: none. */
  readonly disputed?: readonly string[];
  /** Of those at least one is wrongly signed: nothing is recorded of the job any more. */
  readonly wronglySigned?: true;
  /** Annotations, without prefix, that are signed with keys that this server does not have. Absent: none. */
  readonly signedElsewhere?: readonly string[];
  /** To the second, as Kubernetes has it. */
  readonly created: Date;
  /** Milliseconds since the epoch, by the clock of the server that made it: orders the jobs of one second. */
  readonly requestedAt?: number;
  /** The Job has a deletion timestamp. */
  readonly deleting: boolean;
  /** A client wants it removed, and the leader is about to; RFC 3339. */
  readonly removed?: string;
  /** `Complete` or `Failed`, once the Job controller has said so. */
  readonly condition?: {
    readonly type: 'Complete' | 'Failed';
    readonly reason?: string;
    readonly message?: string;
    readonly at?: Date;
  };
  /** Its Job makes no pods any more (`spec.parallelism: 0`): it is being ended. */
  readonly stopped: boolean;
  /** `spec.suspend`: it is not yet to run, or not now, whoever says so. */
  readonly suspended: boolean;
  /**
   * When it was resumed the last time, to the second; `unknown` where it was, or may have been, and its status does not say when (see
   * {@link resumptionOf}; Kubernetes 1.34.0 to 1.34.3 keep the condition `Suspended`); undefined where it never was, or is suspended now.
   */
  readonly resumed?: Date | 'unknown';
  /** Since when it is suspended, to the second; undefined where it is not. */
  readonly suspendedSince?: Date;
  /** LocalQueue and WorkloadPriorityClass of Kueue that its labels name. */
  readonly queue?: { readonly name: string; readonly priority?: string };
  /** Its turn, where limits hold for it. */
  readonly admission?: Admission;
  readonly startTime?: Date;
  readonly completionTime?: Date;
  readonly failedPods: number;
  readonly backoffLimit: number;
  /** Only what the infrastructure failed is tried again. */
  readonly retriesInfrastructure: boolean;
  /** Exit codes of containers that do not fail the Job by themselves, where only what the infrastructure failed is tried again. */
  readonly forgivenExitCodes?: readonly number[];
  /** Those that failed and were followed by another. */
  readonly attempts: readonly JobAttempt[];
  /** How many attempts before those are noted no more; absent: none. */
  readonly omittedAttempts?: number;
  /** `pending` or `done` where this server's finalizer collects; undefined where nobody does, or the predecessor. */
  readonly collection?: 'pending' | 'done';
  /** Why its log and result are still not collected, for people. */
  readonly collectionProblem?: string;
  readonly outcome?: JobOutcome;
  readonly request?: RequestedResponse;
  /** The Job keeps something of its execute request. */
  readonly keepsRequest?: boolean;
  /** Inputs for those who may read the log, as JSON, secrets `*`; undefined where there are none, or too many. */
  readonly parameters?: string;
  /** Key of the object with inputs that had no room; absent: none. */
  readonly keptInputs?: string;
  /** Media type of the result in the annotation `pygeoapi.io/result-value`, undefined where there is none. */
  readonly inlineResult?: { readonly mediaType: string };
  /** The result without a name that is kept in the object store. */
  readonly storedResult?: StoredResult;
  /** Results under ids of outputs, in the order in which they were recorded; undefined where there are none. */
  readonly outputs?: ReadonlyMap<string, OutputRecord>;
  /** Of what the `Idempotency-Key` stands for, where it was made with one. */
  readonly idempotencyDigest?: string;
  readonly transfer?: TransferRecord;
  /** Undefined, too, once everything is collected. */
  readonly logStart?: LogStart;
  readonly logKey?: string;
  /** Bytes of the log in the object store; absent where nothing noted them. */
  readonly logSize?: number;
  readonly mimetype?: string;
  readonly mainContainer?: string;
  readonly startDeadlineSeconds?: number;
  /** Seconds that it may be suspended. */
  readonly queueDeadlineSeconds?: number;
  readonly ttlAfterCollected?: number;
  /** Seconds after the job's end that its results are kept in the object store; undefined: for ever. */
  readonly resultsTtl?: number;
  /** They have been removed since. */
  readonly resultsExpired: boolean;
  /** `ttlSecondsAfterFinished` as it is in force. */
  readonly ttlInForce?: number;
  /** Where in its trace what is done for the job stands; undefined where its execution was not traced. */
  readonly trace?: TraceParent;
  readonly subscription?: Subscription;
  /** Undefined without a subscription. */
  readonly deliveries?: Deliveries;
  readonly updated?: Date;
  /** Other annotations `pygeoapi.io/KEY`, set by the job itself (`progress`, `message`), without the prefix. */
  readonly messages: Readonly<Record<string, string>>;
  /** Whose it is, as the label of its pod template says; absent: nobody's. */
  readonly owner?: string;
  /** The owner as people read it; decides nothing. */
  readonly ownerName?: string;
  /** Of OpenID Connect, which says who the owner is; likewise. */
  readonly ownerIssuer?: string;
  /** Its Job has left the cluster: this is what the archive has. */
  readonly fromArchive?: true;
}

/** What lines of the log say of a job. */
export function fieldsOfJob(name: string, job: JobRecord | undefined): LogFields {
  return { resource: `job/${name}`, ...(job ? { jobId: job.jobId, processId: job.processId } : {}) };
}

/** Where a job stands in the list. */
export type ListPosition = Pick<JobRecord, 'created' | 'requestedAt' | 'name'>;

/** The order of the job list: newest first; those of one second by when they were asked for, those of one millisecond by name. A total order. */
export function newestFirst(a: ListPosition, b: ListPosition): number {
  return (
    b.created.getTime() - a.created.getTime() ||
    (b.requestedAt ?? 0) - (a.requestedAt ?? 0) ||
    (a.name < b.name ? 1 : a.name > b.name ? -1 : 0)
  );
}

/**
 * @param trust by what annotations are believed; default: all are, but for keys of others' objects
 * @returns undefined for a Job that is none of the manager with this prefix
 */
export function toJobRecord(prefix: string, kubeJob: V1Job, trust: Trust = {}): JobRecord | undefined {
  const metadata = kubeJob.metadata ?? {};
  const name = metadata.name ?? '';
  const jobId = jobIdOf(prefix, name);
  if (jobId === undefined) return undefined;
  const { annotations, ...standing } = believe(trust, name, metadata.annotations ?? {});
  const collection = annotations[ownAnnotation.collection];
  const removed = annotations[ownAnnotation.removed];
  const subscription = parseSubscription(annotations[ownAnnotation.subscriber]);
  const resultMediaType =
    [annotations[annotation.resultMimetype], annotations[annotation.mimetype]].find(
      (type) => type !== undefined && isMediaType(type),
    ) ?? 'application/json';
  return {
    jobId,
    name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    processId: shared(annotations[annotation.processId] ?? ''),
    ...standing,
    created: sharedDate(metadata.creationTimestamp) ?? new Date(0),
    requestedAt: toDate(annotations[annotation.started])?.getTime(),
    deleting: metadata.deletionTimestamp !== undefined,
    removed: isTime(removed) ? removed : undefined,
    condition: conditionOf(kubeJob),
    stopped: kubeJob.spec?.parallelism === 0,
    suspended: kubeJob.spec?.suspend ?? false,
    resumed: resumptionOf(kubeJob),
    suspendedSince: suspensionOf(kubeJob),
    queue: queueOf(metadata.labels ?? {}),
    admission: parseAdmission(
      annotations[ownAnnotation.admission],
      metadata.labels?.[label.caller],
      annotations[ownAnnotation.queuePriority],
      annotations[ownAnnotation.callerRunning],
    ),
    startTime: sharedDate(kubeJob.status?.startTime),
    completionTime: sharedDate(kubeJob.status?.completionTime),
    failedPods: kubeJob.status?.failed ?? 0,
    backoffLimit: kubeJob.spec?.backoffLimit ?? 6,
    retriesInfrastructure: kubeJob.spec?.podFailurePolicy !== undefined,
    forgivenExitCodes: forgivenBy(kubeJob),
    attempts: parseAttempts(annotations[ownAnnotation.attempts]),
    ...omittedOf(annotations[ownAnnotation.attempts]),
    collection: collection === 'pending' || collection === 'done' ? collection : undefined,
    collectionProblem: annotations[ownAnnotation.collectionProblem],
    outcome: parseOutcome(annotations[ownAnnotation.outcome]),
    request: parseRequestedResponse(annotations[ownAnnotation.request]),
    keepsRequest: (annotations[annotation.parameters] ?? annotations[ownAnnotation.request]) !== undefined,
    parameters: shownParameters(annotations),
    keptInputs: parseKeptInputs(annotations[ownAnnotation.shownRequest]),
    inlineResult: hasResult(annotations) ? inlineResults.of(resultMediaType) : undefined,
    storedResult: parseStoredResult(annotations[ownAnnotation.result]),
    outputs: outputRecords(annotations[ownAnnotation.outputs]),
    idempotencyDigest: annotations[ownAnnotation.idempotency],
    transfer: parseTransferRecord(annotations[ownAnnotation.transfer]),
    logStart: collection === 'pending' ? parseLogStart(annotations[ownAnnotation.logStart]) : undefined,
    logKey: annotations[ownAnnotation.logKey],
    logSize: parseLogSize(annotations[ownAnnotation.log]),
    mimetype: shared(annotations[annotation.mimetype]),
    mainContainer: shared(annotations[ownAnnotation.mainContainer]),
    startDeadlineSeconds: toNumber(annotations[ownAnnotation.startDeadline]),
    queueDeadlineSeconds: toNumber(annotations[ownAnnotation.queueDeadline]),
    ttlAfterCollected: toNumber(annotations[ownAnnotation.ttl]),
    resultsTtl: toNumber(annotations[ownAnnotation.resultsTtl]),
    resultsExpired: isTime(annotations[ownAnnotation.resultsExpired]),
    ttlInForce: kubeJob.spec?.ttlSecondsAfterFinished,
    trace: traceOf(annotations),
    subscription,
    deliveries: subscription && parseDeliveries(annotations[ownAnnotation.deliveries]),
    updated: toDate(annotations[annotation.updated]),
    messages: messagesOf(annotations),
    ...ownerOf(kubeJob),
    ...archivalOf(annotations),
  };
}

const inlineResults = new SharedValues((mediaType) => ({ mediaType }));

function traceOf(annotations: Readonly<Record<string, string>>): TraceParent | undefined {
  const traceparent = annotations[ownAnnotation.traceparent];
  const tracestate = annotations[ownAnnotation.tracestate];
  return traceparent === undefined ? undefined : { traceparent, ...(tracestate ? { tracestate } : {}) };
}

/** Without the values. */
function outputRecords(text: string | undefined): JobRecord['outputs'] {
  const outputs = text === undefined ? undefined : parseOutputs(text);
  const withoutValue = ({ mediaType, size, digest, ...rest }: RecordedOutput): OutputRecord => ({
    mediaType,
    size,
    digest,
    ...('key' in rest ? { key: rest.key } : {}),
    ...('unverified' in rest && rest.unverified ? { unverified: true } : {}),
  });
  return outputs && new Map([...outputs].map(([id, output]) => [id, withoutValue(output)]));
}

function ownerOf({ metadata, spec }: V1Job): Pick<JobRecord, 'owner' | 'ownerName' | 'ownerIssuer'> {
  const owner = spec?.template.metadata?.labels?.[label.owner];
  if (owner === undefined) return {};
  return { owner: shared(owner), ...parseOwner(metadata?.annotations?.[ownAnnotation.owner]) };
}

function conditionOf(kubeJob: V1Job): JobRecord['condition'] {
  for (const { type, status, reason, message, lastTransitionTime } of kubeJob.status?.conditions ?? []) {
    if (status === 'True' && (type === 'Complete' || type === 'Failed')) {
      return { type, reason, message, at: sharedDate(lastTransitionTime) };
    }
  }
  return undefined;
}

function forgivenBy({ spec }: V1Job): readonly number[] | undefined {
  const rule = spec?.podFailurePolicy?.rules.find(({ action }) => action === 'FailJob');
  return rule?.onExitCodes?.operator === 'NotIn' ? rule.onExitCodes.values : undefined;
}

function toNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Of a log without markers the predecessor recorded an empty value and no media type. */
function hasResult(annotations: Readonly<Record<string, string>>): boolean {
  const value = annotations[annotation.resultValue];
  return value !== undefined && (value !== '' || annotations[annotation.resultMimetype] !== undefined);
}

function omittedOf(attempts: string | undefined): Pick<JobRecord, 'omittedAttempts'> {
  const omittedAttempts = parseOmittedAttempts(attempts);
  return omittedAttempts > 0 ? { omittedAttempts } : {};
}
