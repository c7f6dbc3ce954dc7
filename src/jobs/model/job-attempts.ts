import { NotAvailableError } from '../../ogc/domain-errors.js';
import { causeOfFailedPod } from './job-cause.js';
import type { JobAttempt, JobCause, JobOutcome, StoredLog } from './job-outcome.js';
import type { JobRecord } from './job-record.js';
import { ranOf } from './run/ran.js';
import type { Used } from './run/used.js';
import { endOf, startOf, type PodRecord } from './pod-record.js';

/** An annotation of an object has to stay small: of more attempts only the first so many, and the last, are noted. */
const MOST_ATTEMPTS = 100;

/**
 * Milliseconds before the first new attempt, doubled with each further one.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
 */
const BACKOFF = 10_000;
const LONGEST_BACKOFF = 600_000;

/** Of attempts that were suspended only the last so many are noted, with their logs. */
const MOST_SUSPENDED = 20;

/** Whether Kubernetes counts this attempt: what was suspended is no failure. */
export function isCounted({ cause, uncounted }: JobAttempt): boolean {
  return !uncounted && cause.type !== 'suspended';
}

/** The attempts that Kubernetes counts, without that of this pod. */
export function countedAttempts(
  { attempts }: Pick<JobRecord, 'attempts'>,
  except?: Pick<PodRecord, 'uid'>,
): JobAttempt[] {
  return attempts.filter((attempt) => isCounted(attempt) && attempt.uid !== except?.uid);
}

/** Whether no other pod will follow this one, that has ended. What goes because its Job was suspended decides nothing. */
export function isLastPod({ backoffLimit }: Pick<JobRecord, 'backoffLimit'>, { deleting, phase }: PodRecord): boolean {
  return !deleting && (phase === 'Succeeded' || (phase === 'Failed' && backoffLimit === 0));
}

type OfJob = Pick<
  JobRecord,
  'backoffLimit' | 'retriesInfrastructure' | 'forgivenExitCodes' | 'attempts' | 'condition' | 'outcome'
>;

/**
 * Whether the end of this pod is not the job's: another pod has followed it, or the Job controller makes one.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 * @param pods all known pods of the Job
 */
export function isRepeated(job: OfJob, pod: PodRecord, pods: readonly PodRecord[]): boolean {
  if (pod.phase === 'Succeeded') return false;
  if (job.condition?.type === 'Complete' || pods.some(({ created }) => created.getTime() > pod.created.getTime()))
    return true;
  if (job.condition || job.backoffLimit === 0 || job.outcome?.status === 'dismissed') return false;
  if (job.retriesInfrastructure && !isInfrastructureFailure(pod, job.forgivenExitCodes)) return false;
  return countedAttempts(job, pod).length < job.backoffLimit;
}

/** What `podFailurePolicy` of {@link makeExecutionJob} counts and does not fail the Job for: the pod was taken off its node, or never ran there. */
function isInfrastructureFailure({ disruption, containers }: PodRecord, forgiven: readonly number[] = [0]): boolean {
  return disruption !== undefined || containers.every(({ exitCode = 0 }) => forgiven.includes(exitCode));
}

/** Of the attempt after those that are noted, from 1; those that are noted no more have kept their numbers. */
export function numberOfNewest({
  attempts,
  omittedAttempts = 0,
}: Pick<JobRecord, 'attempts' | 'omittedAttempts'>): number {
  return omittedAttempts + attempts.length + 1;
}

/**
 * The noted attempt of this number.
 * @throws NotAvailableError where there is none
 */
export function attemptNumbered(
  job: Pick<JobRecord, 'jobId' | 'attempts' | 'omittedAttempts'>,
  number: number,
): JobAttempt {
  const { jobId, attempts, omittedAttempts = 0 } = job;
  const noted = attempts[number - omittedAttempts - 1];
  if (noted) return noted;
  throw new NotAvailableError(
    number <= omittedAttempts
      ? `The log of attempt ${number} of job "${jobId}" was removed: only those after attempt ${omittedAttempts} are kept.`
      : `Job "${jobId}" has no attempt ${number}: it has ${numberOfNewest(job)}.`,
  );
}

/** When the first container of the first attempt that counts and got so far started: RFC 3339. */
export function startOfJob(job: Pick<JobRecord, 'attempts'>, pod: PodRecord | undefined): string | undefined {
  const first = countedAttempts(job).find(({ started }) => started !== undefined);
  return first?.started ?? (pod && startOf(pod)?.toISOString());
}

export type Beginning = Pick<JobOutcome, 'scheduled' | 'started' | 'ran'>;

/** What an outcome says of how the job began, and where it ran. Of the first attempt that counts only its start is noted. */
export function beginningOf(job: Pick<JobRecord, 'attempts'>, pod: PodRecord | undefined): Beginning {
  const started = startOfJob(job, pod);
  const scheduled = countedAttempts(job).length === 0 ? pod?.scheduledAt?.toISOString() : undefined;
  const ran = ranOf(pod);
  return {
    ...(scheduled === undefined ? {} : { scheduled }),
    ...(started === undefined ? {} : { started }),
    ...(ran ? { ran } : {}),
  };
}

/**
 * When the attempt that is not noted yet could begin: the Job controller waits before it makes another pod, and while the Job is suspended.
 * @param pod of that attempt, where it has been made
 * @param resumed when the Job was resumed the last time
 */
export function attemptDue(job: Pick<JobRecord, 'attempts' | 'created'>, pod?: PodRecord, resumed?: Date): Date {
  const counted = countedAttempts(job);
  const last = counted.at(-1);
  if (pod && (last || resumed)) return pod.created;
  const due = last
    ? Date.parse(last.finished) + Math.min(LONGEST_BACKOFF, BACKOFF * 2 ** (counted.length - 1))
    : job.created.getTime();
  return new Date(Math.max(due, resumed?.getTime() ?? 0));
}

/** @param suspension why the Job controller took the pod away without counting it; absent: it counts */
export function attemptOf(pod: PodRecord, log: StoredLog, now: Date, suspension?: JobCause, used?: Used): JobAttempt {
  const started = startOf(pod)?.toISOString();
  return {
    pod: pod.name,
    uid: pod.uid,
    ...(started === undefined ? {} : { started }),
    finished: (endOf(pod) ?? now).toISOString(),
    ...(suspension ? { cause: suspension, uncounted: true as const } : { cause: causeOfFailedPod(pod) }),
    logKey: log.key,
    logSize: log.size,
    logDigest: log.digest,
    ...(used ? { used } : {}),
  };
}

/**
 * Whether a run that does not count began and ended in the second in which another such ended: it could do nothing, and is not worth an
 * attempt.
 */
export function isFlicker({ attempts }: Pick<JobRecord, 'attempts'>, pod: PodRecord): boolean {
  const [start, end] = [startOf(pod)?.toISOString(), endOf(pod)?.toISOString()];
  if (start === undefined || start !== end) return false;
  return attempts.some((attempt) => !isCounted(attempt) && attempt.uid !== pod.uid && attempt.finished === end);
}

/** The attempts with this one, in the order of their ends, each once; `dropped` are those that were suspended and whose logs are not kept any more. */
export function withAttempt(
  attempts: readonly JobAttempt[],
  attempt: JobAttempt,
): { attempts: JobAttempt[]; dropped: JobAttempt[] } {
  const all = [...attempts.filter(({ uid }) => uid !== attempt.uid), attempt].sort((a, b) =>
    a.finished < b.finished ? -1 : a.finished > b.finished ? 1 : 0,
  );
  const suspended = all.filter((each) => !isCounted(each));
  const dropped = suspended.slice(0, Math.max(0, suspended.length - MOST_SUSPENDED));
  const omitted = new Set([...dropped, ...all.filter(isCounted).slice(MOST_ATTEMPTS - 1, -1)]);
  return { attempts: all.filter((each) => !omitted.has(each)), dropped };
}
