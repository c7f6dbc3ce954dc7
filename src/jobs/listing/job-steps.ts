import { isRepeated } from '../model/job-attempts.js';
import type { JobRecord } from '../model/job-record.js';
import type { JobStatus } from '../model/job-status.js';
import { endOf, hasEnded, startOf, type PodRecord } from '../model/pod-record.js';

/** What happens to a job, in this order. */
const ORDER = ['accepted', 'waiting', 'scheduling', 'pulling', 'running', 'collecting', 'finished'] as const;

export type StepName = (typeof ORDER)[number];

/** A part of what happens to a job; `attempt` is the end of one that failed and was followed by another. */
export interface JobStep {
  readonly name: StepName | 'attempt';
  readonly state: 'done' | 'current' | 'coming';
  /** When it began, RFC 3339; undefined where that is not known. */
  readonly at?: string;
  /** Of an attempt, from 1. */
  readonly attempt?: number;
}

/**
 * The time line of a job, as far as it is known: what a pod went through is known as long as there is the pod. Pure.
 * @param pods of this Job, newest first
 */
export function jobSteps(job: JobRecord, pods: readonly PodRecord[], status: JobStatus): JobStep[] {
  const accepted = step('accepted', 'done', job.created);
  const attempts = job.attempts.map(({ finished }, at): JobStep => ({
    ...step('attempt', 'done', new Date(finished)),
    attempt: (job.omittedAttempts ?? 0) + at + 1,
  }));
  if (status.status !== 'accepted' && status.status !== 'running') {
    const { started, finished } = status;
    const scheduled = job.outcome?.scheduled;
    const began = [
      ...(scheduled === undefined ? [] : [step('pulling', 'done', new Date(scheduled))]),
      ...(started ? [step('running', 'done', started)] : []),
    ];
    return [accepted, ...began, ...attempts, step('finished', 'done', finished)];
  }
  const pod = pods.find(({ uid }) => !job.attempts.some((attempt) => attempt.uid === uid));
  // The next attempt has no pod yet.
  const isOver = pod !== undefined && hasEnded(pod) && isRepeated(job, pod, pods);
  const attempt = isOver ? undefined : pod;
  const current = ORDER.indexOf(stepOf(job, attempt));
  const waits = job.suspended || job.resumed !== undefined;
  const times: Partial<Record<StepName, Date>> = {
    waiting: job.suspendedSince,
    scheduling: attempt?.created,
    pulling: attempt?.scheduledAt,
    running: attempt && startOf(attempt),
    collecting: attempt && hasEnded(attempt) ? endOf(attempt) : undefined,
  };
  const rest = ORDER.slice(1)
    .filter((name) => (name !== 'waiting' || waits) && (name !== 'collecting' || job.collection !== undefined))
    .map((name) => {
      const at = ORDER.indexOf(name);
      const state = at < current ? 'done' : at === current ? 'current' : 'coming';
      return step(name, state, state === 'coming' ? undefined : times[name]);
    });
  return [accepted, ...attempts, ...rest];
}

function stepOf(job: JobRecord, pod: PodRecord | undefined): StepName {
  if (job.suspended) return 'waiting';
  if (!pod?.scheduled) return 'scheduling';
  if (startOf(pod) === undefined) return 'pulling';
  return hasEnded(pod) && job.collection !== undefined ? 'collecting' : 'running';
}

function step(name: JobStep['name'], state: JobStep['state'], at: Date | undefined): JobStep {
  return { name, state, ...(at ? { at: at.toISOString() } : {}) };
}
