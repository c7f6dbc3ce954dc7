import type { Eviction, WorkloadRecord } from '../../queues/workload-record.js';
import type { CauseType, JobCause } from './job-outcome.js';
import type { JobRecord } from './job-record.js';
import type { ContainerRecord, PodRecord } from './pod-record.js';

const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** Reasons of the condition `TerminationTarget`: https://kueue.sigs.k8s.io/docs/concepts/preemption/ */
const PREEMPTIONS: ReadonlySet<string> = new Set(['WorkloadEvictedDueToPreempted', 'Preempted']);

/** Kueue's message where a LocalQueue or its ClusterQueue is not there: it has no reason of its own. */
const NO_QUEUE = /Queue \S+ doesn't exist/;

/** Why a pod that ended in failure failed. `pod` and container states are as of its end. */
export function causeOfFailedPod(pod: PodRecord): JobCause {
  if (pod.reason === 'DeadlineExceeded') {
    return {
      type: 'deadline-exceeded',
      message: `The job ran longer than its deadline allows: ${pod.message ?? 'active deadline exceeded'}`,
    };
  }
  if (pod.disruption && PREEMPTIONS.has(pod.disruption.reason)) {
    return {
      type: 'preempted',
      message: `The pod was preempted by its queueing system: ${pod.disruption.message ?? pod.disruption.reason}`,
    };
  }
  if (pod.reason === 'Evicted' || pod.disruption) {
    const why = pod.message ?? pod.disruption?.message ?? pod.disruption?.reason ?? 'no reason given';
    return { type: 'evicted', message: `The pod was evicted from its node: ${why}` };
  }
  const failed = pod.containers.find((container) => container.state === 'terminated' && container.exitCode !== 0);
  const outOfMemory = pod.containers.find((container) => container.reason === 'OOMKilled');
  if (outOfMemory) {
    return {
      type: 'out-of-memory',
      message: `Container "${outOfMemory.name}" used more memory than its limit allows and was killed. Raise resources.limits.memory of the process, or give it less input.`,
      ...inContainer(outOfMemory),
    };
  }
  if (pod.reason !== undefined && pod.message !== undefined) {
    // What befell the pod as a whole (its node was shut down, it was not admitted ...) explains what its containers say.
    return { type: 'failed', message: `The pod failed (${pod.reason}): ${pod.message}` };
  }
  if (pod.deleting) {
    return {
      type: 'pod-deleted',
      message: 'The pod was deleted while the job was running.',
      ...(failed ? inContainer(failed) : {}),
    };
  }
  if (failed) return causeOfContainer(failed);
  const waiting = causeOfWaiting(pod);
  if (waiting) return waiting;
  return {
    type: 'failed',
    message: [pod.reason, pod.message].filter(Boolean).join(': ') || 'The pod failed; Kubernetes gives no reason.',
  };
}

/** The message of a container that has run is what it wrote itself, maybe a part of its log: not for everybody. */
function causeOfContainer(container: ContainerRecord): JobCause {
  if (!container.hasRun || container.reason === 'StartError' || container.reason === 'ContainerCannotRun') {
    return {
      type: 'container-not-created',
      message: `Container "${container.name}" (image ${container.image}) could not be started: ${container.message ?? container.reason ?? 'no reason given'}`,
      ...inContainer(container),
    };
  }
  const how = container.signal
    ? `was ended by signal ${container.signal}`
    : `ended with exit code ${container.exitCode ?? 'unknown'}${container.exitCode === 137 ? ' (killed)' : ''}`;
  const kind = container.init ? 'Init container' : 'Container';
  return { type: 'non-zero-exit', message: `${kind} "${container.name}" ${how}.`, ...inContainer(container) };
}

/** Why a pod does not start, or undefined where nothing stands in its way that is known. */
export function causeOfWaiting(pod: PodRecord): JobCause | undefined {
  if (pod.unschedulable !== undefined && !pod.scheduled) {
    return { type: 'unschedulable', message: `No node can take the pod: ${pod.unschedulable}` };
  }
  if (pod.gated)
    return { type: 'not-admitted', message: 'The pod waits until its queueing system lets it run (scheduling gates)' };
  const waiting = pod.containers.find(
    (container) =>
      container.state === 'waiting' &&
      container.reason !== undefined &&
      !['PodInitializing', 'ContainerCreating'].includes(container.reason),
  );
  if (!waiting) return undefined;
  const type: CauseType = IMAGE_REASONS.has(waiting.reason ?? '') ? 'image-pull-failed' : 'container-not-created';
  const what =
    type === 'image-pull-failed'
      ? `Image "${waiting.image}" of container "${waiting.name}" cannot be pulled`
      : `Container "${waiting.name}" cannot be created`;
  return {
    type,
    message: `${what}: ${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`,
    container: waiting.name,
  };
}

/** Why a job did not start in time. */
export function causeOfMissedStart(
  pod: PodRecord | undefined,
  seconds: number,
  newestEvent: string | undefined,
): JobCause {
  const late = `It did not start within ${seconds} seconds`;
  const known = pod && causeOfWaiting(pod);
  if (known) return { ...known, message: `${known.message.replace(/\.$/, '')}. ${late}.` };
  const hint = newestEvent ? ` The newest event: ${newestEvent}` : '';
  return { type: 'not-started', message: `${late}${pod ? '' : ', for no pod was made'}.${hint}` };
}

/** Why a job was not let run in time. @param workload what Kueue says of it, where it does */
export function causeOfMissedQueue(
  { admission, queue }: Pick<JobRecord, 'admission' | 'queue'>,
  seconds: number,
  workload: WorkloadRecord | undefined,
): JobCause {
  const { reason, message } = workload?.waiting ?? {};
  const why = message ? `: ${message}` : '';
  if (!queue && admission?.state === 'waiting')
    return { type: 'not-admitted', message: `The job waited for its turn for more than ${seconds} seconds.` };
  if (!queue) return { type: 'not-admitted', message: `The Job was suspended for more than ${seconds} seconds.` };
  const where = `in queue "${queue.name}"`;
  if (reason === 'Deactivated')
    return { type: 'deactivated', message: `The job was put aside ${where} for more than ${seconds} seconds${why}.` };
  return {
    type: reason === 'Inadmissible' && NO_QUEUE.test(message ?? '') ? 'queue-not-found' : 'not-admitted',
    message: `The job waited ${where} for more than ${seconds} seconds${why}.`,
  };
}

/**
 * Why a run does not count: its Job was suspended. The words of its queue are those of the last time that it took the job's place: they
 * are this run's where it is the newest that was taken away, and the job was not admitted again before it. Of one before, which is collected
 * late, they stand in an Event.
 * @param pods all known pods of the Job
 * @param stop the words of that Event, where there is one
 */
export function causeOfSuspension(
  pod: PodRecord,
  pods: readonly PodRecord[],
  workload: WorkloadRecord | undefined,
  stop?: string,
): JobCause {
  const { eviction } = workload ?? {};
  const isNewest = pods.every(({ deleting, created }) => !deleting || created.getTime() <= pod.created.getTime());
  const told = eviction && isNewest && concerns(eviction, pod) ? eviction : stop && evictionTold(stop);
  if (!told)
    return {
      type: 'suspended',
      message: 'The Job was suspended while it ran. This run does not count; another follows when the Job is resumed.',
    };
  const { reason, message } = told;
  return {
    type: reason === 'Preempted' ? 'preempted' : reason.startsWith('Deactivated') ? 'deactivated' : 'suspended',
    message: `The job lost its place in its queue while it ran (${reason}: ${message.replace(/\.$/, '')}). This run does not count; another follows when there is room.`,
  };
}

/** The Event has no reason of its own for each: only its words say which it is. */
function evictionTold(message: string): Pick<Eviction, 'reason' | 'message'> {
  const reason = /^Preempted\b/.test(message)
    ? 'Preempted'
    : /\bdeactivated\b/.test(message)
      ? 'Deactivated'
      : 'Evicted';
  return { reason, message };
}

/**
 * While an eviction is in force it is that of the last run, though its pod may have been made a moment after: the Job controller comes
 * later than Kueue.
 */
function concerns({ at, admittedAgain }: Eviction, { created }: PodRecord): boolean {
  return !admittedAgain || created.getTime() <= Date.parse(at);
}

/** Why a Job failed of which no pod is left to ask. */
export function causeOfFailedJob(job: JobRecord): JobCause {
  const { reason, message } = job.condition ?? {};
  const type: CauseType = reason === 'DeadlineExceeded' ? 'deadline-exceeded' : 'failed';
  return {
    type,
    message: [reason, message].filter(Boolean).join(': ') || 'The Job failed; Kubernetes gives no reason.',
  };
}

function inContainer(container: ContainerRecord): Pick<JobCause, 'container' | 'exitCode'> {
  return { container: container.name, ...(container.exitCode === undefined ? {} : { exitCode: container.exitCode }) };
}
