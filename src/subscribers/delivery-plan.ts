import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus } from '../jobs/model/job-status.js';
import { type Deliveries, type Delivery, isEndTold, type SubscriberEvent } from '../jobs/model/subscription.js';
import { backoffDelay } from '../k8s/time/backoff.js';

/** Progress is told at most this often, milliseconds: a job may report it many times a second. */
export const PROGRESS_INTERVAL = 5_000;
/** The first wait before another attempt, doubled each time, up to the longest; milliseconds. */
export const FIRST_RETRY = 2_000;
export const LONGEST_RETRY = 3600_000;
/** After this time a subscriber is given up, milliseconds. */
export const PATIENCE = 24 * 3600_000;
/** So many attempts are remembered of each event. */
export const HISTORY_LENGTH = 10;

/** What has to be told now or later. */
export interface DueDelivery {
  readonly event: SubscriberEvent;
  readonly uri: string;
  readonly state: string;
  /** The same for every attempt to tell this state of this job, so that a receiver can tell a repetition. */
  readonly messageId: string;
  /** Milliseconds from now; 0 or less: now. */
  readonly wait: number;
}

/** What came of an attempt. */
export interface Answer {
  /** The status, or a word for why there was none. */
  readonly text: string;
  readonly verdict: 'delivered' | 'retry' | 'give-up';
  /** Milliseconds that the subscriber asked to wait. */
  readonly retryAfter?: number;
}

type Subscribed = Pick<JobRecord, 'uid' | 'subscription' | 'deliveries'>;
type Told = Pick<JobStatus, 'status' | 'progress'>;

/** What the job's state says has to be told; undefined: nothing (any more). Only the newest state counts: progress that was not told in time is passed over. */
export function dueDelivery(job: Subscribed, status: Told, now: Date): DueDelivery | undefined {
  const event = eventOf(status);
  const uri = event && job.subscription?.uris[event];
  if (event === undefined || uri === undefined) return undefined;
  const state = stateOf(status);
  const known = job.deliveries?.[event];
  if ((known?.state === state && known.status !== 'pending') || isRefused(known)) return undefined;
  return { event, uri, state, messageId: `msg_${job.uid}_${state}`, wait: dueAt(known, state) - now.getTime() };
}

/** Whether the job has ended and nothing of it has to be told any more. */
export function isSettled(job: Subscribed, status: Told): boolean {
  const { status: end } = status;
  if (end === 'accepted' || end === 'running') return false;
  return !job.subscription || isEndTold(job.subscription, job.deliveries ?? {}, end);
}

/**
 * The deliveries after an attempt.
 * @param at when it began
 * @param took milliseconds to its answer, from which the wait for the next counts
 */
export function withAttempt(
  deliveries: Deliveries,
  { event, state }: Pick<DueDelivery, 'event' | 'state'>,
  answer: Answer,
  at: Date,
  took = 0,
): Deliveries {
  const known = deliveries[event];
  const same = known?.state === state ? known : undefined;
  const attempts = (same?.attempts ?? 0) + 1;
  const first = same?.first ?? at.toISOString();
  const isOver = answer.verdict === 'give-up' || isTooLate(first, at);
  const status = answer.verdict === 'delivered' ? 'delivered' : isOver ? 'given-up' : 'pending';
  const wait = Math.max(
    backoffDelay(attempts, FIRST_RETRY, LONGEST_RETRY, 1),
    Math.min(answer.retryAfter ?? 0, LONGEST_RETRY),
  );
  const delivery: Delivery = {
    state,
    status,
    attempts,
    first,
    ...(status === 'pending' ? { next: new Date(at.getTime() + took + wait).toISOString() } : {}),
    history: [...(known?.history ?? []), { at: at.toISOString(), answer: answer.text }].slice(-HISTORY_LENGTH),
  };
  return { ...deliveries, [event]: delivery };
}

/** The deliveries where a message is held back: the time in which it may be told runs all the same. */
export function withHold(
  deliveries: Deliveries,
  { event, state }: Pick<DueDelivery, 'event' | 'state'>,
  at: Date,
): Deliveries {
  const known = deliveries[event];
  const same = known?.state === state ? known : undefined;
  const { attempts = 0, first = at.toISOString() } = same ?? {};
  const status = isTooLate(first, at) ? 'given-up' : 'pending';
  return { ...deliveries, [event]: { state, status, attempts, first, history: known?.history ?? [] } };
}

/** Whether a subscriber is given up. @param first RFC 3339 */
export function isTooLate(first: string, now: Date): boolean {
  return now.getTime() - Date.parse(first) >= PATIENCE;
}

function eventOf({ status }: Told): SubscriberEvent | undefined {
  if (status === 'successful') return 'success';
  if (status === 'failed') return 'failed';
  return status === 'running' ? 'inProgress' : undefined;
}

function stateOf({ status, progress }: Told): string {
  return status === 'running' && progress !== undefined ? `running-${progress}` : status;
}

/** Whether the answer was that no more is wanted, or none may be sent: later progress is not told either. */
function isRefused(known: Delivery | undefined): boolean {
  const last = known?.history.at(-1);
  return known?.status === 'given-up' && last !== undefined && !isTooLate(known.first, new Date(last.at));
}

/** Milliseconds since the epoch. Newer progress comes no earlier than what it stands for was to come again. */
function dueAt(known: Delivery | undefined, state: string): number {
  if (!known) return 0;
  const next = known.next === undefined ? 0 : Date.parse(known.next);
  const last = known.history.at(-1);
  return known.state === state || !last ? next : Math.max(next, Date.parse(last.at) + PROGRESS_INTERVAL);
}
