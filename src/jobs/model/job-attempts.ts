import { causeOfFailedPod } from './job-cause.js';
import type { JobAttempt, StoredLog } from './job-outcome.js';
import type { JobRecord } from './job-record.js';
import { endOf, startOf, type PodRecord } from './pod-record.js';

/** An annotation of an object has to stay small: of more attempts only the first so many, and the last, are noted. */
const MOST_ATTEMPTS = 100;

/**
 * Milliseconds before the first new attempt, doubled with each further one.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
 */
const BACKOFF = 10_000;
const LONGEST_BACKOFF = 600_000;

type OfJob = Pick<JobRecord, 'backoffLimit' | 'retriesInfrastructure' | 'attempts' | 'condition'>;

/**
 * Whether the end of this pod is not the job's: another pod has followed it, or the Job controller makes one.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 * @param pods all known pods of the Job
 */
export function isRepeated(job: OfJob, pod: PodRecord, pods: readonly PodRecord[]): boolean {
  if (pod.phase === 'Succeeded') return false;
  if (job.condition?.type === 'Complete' || pods.some(({ created }) => created.getTime() > pod.created.getTime()))
    return true;
  if (job.condition || job.backoffLimit === 0) return false;
  if (job.retriesInfrastructure && !isInfrastructureFailure(pod)) return false;
  return job.attempts.filter(({ uid }) => uid !== pod.uid).length < job.backoffLimit;
}

/** What `podFailurePolicy` of {@link makeExecutionJob} counts and does not fail the Job for: the pod was taken off its node, or never ran there. */
function isInfrastructureFailure({ disruption, containers }: PodRecord): boolean {
  return disruption !== undefined || containers.every(({ exitCode = 0 }) => exitCode === 0);
}

/** When the first container of the first attempt that got so far started: RFC 3339. */
export function startOfJob({ attempts }: Pick<JobRecord, 'attempts'>, pod: PodRecord | undefined): string | undefined {
  return attempts.find(({ started }) => started !== undefined)?.started ?? (pod && startOf(pod)?.toISOString());
}

/**
 * When the attempt that is not noted yet could begin: the Job controller waits before it makes another pod.
 * @param pod of that attempt, where it has been made
 */
export function attemptDue({ attempts, created }: Pick<JobRecord, 'attempts' | 'created'>, pod?: PodRecord): Date {
  const last = attempts.at(-1);
  if (!last) return created;
  if (pod) return pod.created;
  return new Date(Date.parse(last.finished) + Math.min(LONGEST_BACKOFF, BACKOFF * 2 ** (attempts.length - 1)));
}

export function attemptOf(pod: PodRecord, log: StoredLog, now: Date): JobAttempt {
  const started = startOf(pod)?.toISOString();
  return {
    pod: pod.name,
    uid: pod.uid,
    ...(started === undefined ? {} : { started }),
    finished: (endOf(pod) ?? now).toISOString(),
    cause: causeOfFailedPod(pod),
    logKey: log.key,
    logSize: log.size,
    logDigest: log.digest,
  };
}

/** The attempts with this one, in the order of their ends, each once. */
export function withAttempt(attempts: readonly JobAttempt[], attempt: JobAttempt): JobAttempt[] {
  const all = [...attempts.filter(({ uid }) => uid !== attempt.uid), attempt].sort((a, b) =>
    a.finished < b.finished ? -1 : a.finished > b.finished ? 1 : 0,
  );
  return all.length > MOST_ATTEMPTS ? [...all.slice(0, MOST_ATTEMPTS - 1), ...all.slice(-1)] : all;
}
