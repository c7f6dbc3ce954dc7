import { isLeaving } from './dismissal.js';
import { countedAttempts, isCounted, isRepeated, startOfJob } from './job-attempts.js';
import { causeOfFailedJob, causeOfFailedPod, causeOfWaiting } from './job-cause.js';
import type { JobAttempt, JobCause, JobOutcome, ResultProblem } from './job-outcome.js';
import type { Standing } from '../../admission/line/admission-line.js';
import type { WorkloadRecord } from '../../queues/workload-record.js';
import type { JobRecord } from './job-record.js';
import { deliveryInfos, type DeliveryInfo } from './subscription.js';
import { endOf, hasEnded, startOf, type PodRecord } from './pod-record.js';

export type StatusCode = 'accepted' | 'running' | 'successful' | 'failed' | 'dismissed';

/** A job's status (OGC API - Processes 1.0, schema statusInfo.yaml), without links. */
export interface JobStatus {
  readonly jobId: string;
  readonly processId: string;
  /** As of the {@link JobRecord}. */
  readonly processUnsigned?: true;
  readonly status: StatusCode;
  readonly message: string;
  /** 0 to 100; undefined where nothing is known. */
  readonly progress?: number;
  readonly created: Date;
  readonly started?: Date;
  readonly finished?: Date;
  readonly updated: Date;
  readonly cause?: JobCause;
  /** Only for those who may read the log. */
  readonly logTail?: string;
  /** In what its results are not what they are called; undefined: in nothing that was looked for. */
  readonly resultProblems?: readonly ResultProblem[];
  /** What the job itself said by annotations other than progress and message. */
  readonly messages: Readonly<Record<string, string>>;
  /** Attempts that failed and were followed by another. */
  readonly attempts: readonly JobAttempt[];
  /** How many before those are noted no more, their logs removed; absent: none. */
  readonly omittedAttempts?: number;
  /** The execute request asked for no outputs. */
  readonly hasNoOutputs?: boolean;
  /** The inputs as JSON, secrets `*`; only for those who may read the log. */
  readonly parameters?: string;
  /** The Job keeps what of the execute request may be shown to who may read the log. */
  readonly keepsRequest?: boolean;
  /** In which queue of the cluster it waits, or has waited; or that it waits for its turn in the server's own line. */
  readonly queue?: QueueStatus;
  /** What its execute request calls it; absent: nothing. */
  readonly tags?: readonly string[];
  /** Who is told about the job, and how far that is. */
  readonly subscriber?: readonly DeliveryInfo[];
  /** Whose it is, for people to read; only for those who see all jobs. */
  readonly ownerName?: string;
  /** Who says so, where that is not the server itself. */
  readonly ownerIssuer?: string;
}

/** A job in a queue of Kueue, or in the server's own line. */
export interface QueueStatus {
  /** Of the LocalQueue; undefined: the server's own line. */
  readonly name?: string;
  /** Name of the WorkloadPriorityClass; in the server's own line one of `queue_priorities`. */
  readonly priority?: string;
  /** From 1; undefined where it does not wait, or where it is not known. */
  readonly position?: number;
  /** RFC 3339; this and the next only while it waits. */
  readonly waitingSince?: string;
  /** In Kueue's words: `Pending`, `Inadmissible`, `QuotaReserved`, `Deactivated`; of the server's own line those of {@link Standing}. */
  readonly reason?: string;
}

/** What is known of a job that waits. */
export interface Waiting {
  /** What Kueue says of it. */
  readonly workload?: WorkloadRecord;
  /** Why it waits in the server's own line. */
  readonly standing?: Standing;
}

/**
 * What a job's status is, from what the cluster says of it.
 * @param pods the pods of this Job, newest first
 * @param newestEvent message of the newest event of the Job
 * @param waiting why it waits, where that is known
 */
export function jobStatus(
  job: JobRecord,
  pods: readonly PodRecord[],
  newestEvent?: string,
  waiting: Waiting = {},
): JobStatus {
  const state = stateOf(job, pods, newestEvent, waiting);
  const queue = queueStatus(job, state.status === 'accepted' ? waiting : {});
  const { progress: progressText, message, ...messages } = job.messages;
  const progress = state.status === 'successful' ? 100 : parseProgress(progressText);
  const times = [job.created, job.updated, state.started, state.finished].filter((time) => time !== undefined);
  return {
    jobId: job.jobId,
    processId: job.processId,
    ...(job.processUnsigned ? { processUnsigned: true } : {}),
    ...state,
    message: ((state.status === 'running' ? message : undefined) ?? state.message) + notBelieved(job, state),
    progress,
    created: job.created,
    updated: new Date(Math.max(...times.map((time) => time.getTime()))),
    messages,
    attempts: job.attempts,
    ...(job.omittedAttempts === undefined ? {} : { omittedAttempts: job.omittedAttempts }),
    ...(job.request?.outputs?.length === 0 ? { hasNoOutputs: true } : {}),
    ...(job.keepsRequest ? { keepsRequest: true } : {}),
    ...(job.parameters === undefined ? {} : { parameters: job.parameters }),
    ...(queue ? { queue } : {}),
    ...(job.tags ? { tags: job.tags } : {}),
    ...(job.owner === undefined ? {} : { ownerName: job.ownerName ?? job.owner }),
    ...(job.ownerIssuer === undefined ? {} : { ownerIssuer: job.ownerIssuer }),
    ...(job.subscription
      ? { subscriber: deliveryInfos(job.subscription, job.deliveries ?? {}, ENDS[state.status]) }
      : {}),
  };
}

const ENDS: Partial<Record<StatusCode, 'success' | 'failed'>> = { successful: 'success', failed: 'failed' };

type State = Pick<JobStatus, 'status' | 'message' | 'started' | 'finished' | 'cause' | 'logTail' | 'resultProblems'>;

function queueStatus(job: JobRecord, { workload, standing }: Waiting): QueueStatus | undefined {
  const { admission, queue } = job;
  const waiting = workload?.waiting;
  if (!queue && standing) {
    const priority = admission?.priority === undefined ? {} : { priority: admission.priority };
    return { ...priority, waitingSince: (job.suspendedSince ?? job.created).toISOString(), reason: standing.reason };
  }
  if (!queue || !waiting) return queue;
  return { ...queue, ...(waiting.since ? { waitingSince: waiting.since } : {}), reason: waiting.reason };
}

function stateOf(job: JobRecord, pods: readonly PodRecord[], newestEvent: string | undefined, waiting: Waiting): State {
  const pod = pods[0];
  if (isLeaving(job)) {
    const finished = job.outcome ? new Date(job.outcome.finished) : job.removed ? new Date(job.removed) : undefined;
    return { status: 'dismissed', message: DISMISSED, started: pod && startOf(pod), finished };
  }
  if (isUndecidable(job)) return undecidable(job);
  if (job.outcome) return recorded(job.outcome, job);
  if (job.suspended && !job.condition) return suspended(job, pods, waiting);
  return job.collection === undefined ? uncollected(job, pods, newestEvent) : collecting(job, pods, newestEvent);
}

/** Annotations without which nobody can say how a job ended, or what it gave. */
const OF_THE_END: ReadonlySet<string> = new Set(['outcome', 'result', 'outputs']);

const WHY = 'No server has written it so, or it points to what is not of this job.';

/** The job has ended, and what would say how is not believed. */
function isUndecidable({ disputed, outcome, condition, collection }: JobRecord): boolean {
  const hasEnded = (outcome ?? condition) !== undefined || collection === 'done';
  return hasEnded && (disputed ?? []).some((name) => OF_THE_END.has(name));
}

function undecidable({ disputed = [], outcome, condition }: JobRecord): State {
  const message = `The job has ended, but what its Job says of that is not believed: ${disputed.join(', ')}. ${WHY}`;
  return {
    status: 'failed',
    message,
    finished: outcome ? new Date(outcome.finished) : condition?.at,
    cause: { type: 'record-disputed', message },
  };
}

function notBelieved({ disputed }: JobRecord, { cause }: State): string {
  if (!disputed || cause?.type === 'record-disputed') return '';
  return ` What its Job says is not believed of: ${disputed.join(', ')}. ${WHY}`;
}

const INCOMPLETE: Readonly<Record<NonNullable<JobOutcome['log']>, string>> = {
  cut: ' The beginning of its log is lost: it wrote more than its node keeps.',
  unknown: ' Its log is not known to be whole.',
};

/** What nothing proves to be as it was sent. */
function unverifiedOf({ outputs }: Pick<JobRecord, 'outputs'>): string {
  const ids = [...(outputs ?? [])].filter(([, output]) => output.unverified).map(([id]) => `"${id}"`);
  if (ids.length === 0) return '';
  const files = ids.length === 1 ? `the file of output ${ids[0]}` : `the files of outputs ${ids.join(', ')}`;
  return ` Not verified is that ${files} arrived as sent: only the length is known to be right.`;
}

const DISMISSED = 'The job was dismissed.';

function messageOfEnd({ status, cause, log }: JobOutcome, job: JobRecord): string {
  if (status === 'dismissed') return DISMISSED;
  if (status === 'failed') return cause?.message ?? 'The job failed.';
  return `The job was successful.${log ? INCOMPLETE[log] : ''}${unverifiedOf(job)}`;
}

function recorded(outcome: NonNullable<JobRecord['outcome']>, job: JobRecord): State {
  return {
    status: outcome.status,
    message: messageOfEnd(outcome, job),
    started: outcome.started === undefined ? undefined : new Date(outcome.started),
    finished: new Date(outcome.finished),
    cause: outcome.cause,
    logTail: outcome.logTail,
    resultProblems: outcome.resultProblems,
  };
}

/** The job has ended only when the finalizer has recorded how: until then its results cannot be fetched. */
function collecting(job: JobRecord, pods: readonly PodRecord[], newestEvent: string | undefined): State {
  // The next run has no pod yet: what ran before does not count.
  const pod = pods.find(({ uid }) => !job.attempts.some((attempt) => attempt.uid === uid && !isCounted(attempt)));
  const start = startOfJob(job, pod);
  const started = start === undefined ? undefined : new Date(start);
  if (pod && hasEnded(pod)) {
    const message = isRepeated(job, pod, pods) ? repeatedMessage(job, pod) : collectingMessage(job);
    return { status: 'running', message, started };
  }
  const state = underWay(pod, newestEvent);
  const counted = countedAttempts(job).length;
  if (counted === 0) return state;
  const attempt = `Attempt ${counted + 1} of at most ${job.backoffLimit + 1}: `;
  return { ...state, status: 'running', message: attempt + state.message, started };
}

/** Not yet, or not now: https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job */
function suspended(
  { admission, attempts, queue }: JobRecord,
  pods: readonly PodRecord[],
  { workload, standing }: Waiting,
): State {
  const hasRun = attempts.length > 0 || pods.some((pod) => startOf(pod) !== undefined);
  if (queue) return { status: 'accepted', message: queueMessage(queue.name, workload?.waiting, hasRun) };
  if (standing) return { status: 'accepted', message: standing.message };
  if (admission?.state === 'waiting') return { status: 'accepted', message: 'The job waits for its turn.' };
  const message = hasRun
    ? 'The job waits: it was suspended while it ran, and starts anew when it is resumed.'
    : 'The job waits: it is suspended, and starts when it is resumed.';
  return { status: 'accepted', message };
}

function queueMessage(name: string, waiting: WorkloadRecord['waiting'], hasRun: boolean): string {
  const where = `in queue "${name}" of the cluster`;
  const why = waiting?.message ? `: ${waiting.message}` : '';
  if (waiting?.reason === 'Deactivated') return `The job was put aside ${where}, and starts when it is put back${why}.`;
  if (!hasRun) return `The job waits ${where}${why}.`;
  const evicted = waiting?.evicted ? ` (${waiting.evicted.reason}: ${waiting.evicted.message.replace(/\.$/, '')})` : '';
  return `The job waits ${where} again, where it lost its place while it ran${evicted}, and will start anew${why}.`;
}

function repeatedMessage(job: JobRecord, pod: PodRecord): string {
  const number = countedAttempts(job, pod).length + 1;
  return `Attempt ${number} of at most ${job.backoffLimit + 1} has failed, and another follows: ${causeOfFailedPod(pod).message}`;
}

function collectingMessage({ collectionProblem }: JobRecord): string {
  if (collectionProblem === undefined) return 'Logs and results are being collected.';
  return `The job has ended, but its log and results cannot be collected yet, which is tried again and again: ${collectionProblem}`;
}

/** Nobody records an outcome: what the Job controller and the pods say is all there is. */
function uncollected(job: JobRecord, pods: readonly PodRecord[], newestEvent: string | undefined): State {
  const pod = pods[0];
  const started = (pod && startOf(pod)) ?? job.startTime;
  if (job.condition?.type === 'Complete') {
    return {
      status: 'successful',
      message: 'The job was successful.',
      started,
      finished: job.completionTime ?? job.condition.at,
    };
  }
  if (job.condition?.type === 'Failed') {
    const cause = pod && hasEnded(pod) ? causeOfFailedPod(pod) : causeOfFailedJob(job);
    return {
      status: 'failed',
      message: cause.message,
      cause,
      started,
      finished: (pod && endOf(pod)) ?? job.condition.at,
    };
  }
  return underWay(pod, newestEvent);
}

function underWay(pod: PodRecord | undefined, newestEvent: string | undefined): State {
  const started = pod && startOf(pod);
  if (pod && started !== undefined) {
    const waiting = causeOfWaiting(pod);
    return { status: 'running', message: waiting?.message ?? 'The job is running.', started };
  }
  const waiting = pod && causeOfWaiting(pod);
  return { status: 'accepted', message: waiting?.message ?? newestEvent ?? 'The job has been accepted.' };
}

/** A number from 0 to 100; undefined where it says none. */
export function parseProgress(text: string | undefined): number | undefined {
  const progress = text === undefined || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(progress) ? Math.round(Math.min(100, Math.max(0, progress))) : undefined;
}
