import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CAUSE_TYPES } from '../jobs/model/cause-types.js';
import { JobCache } from '../jobs/model/job-cache.js';
import type { JobRecord } from '../jobs/model/job-record.js';
import type { JobStatus, StatusCode } from '../jobs/model/job-status.js';
import { endOf, hasEnded } from '../jobs/model/pod-record.js';
import { COLLECT_BUCKETS, JOB_BUCKETS } from './buckets.js';
import { MetricRegistry, type Reading } from './metric-registry.js';
import { ProcessLabel } from './process-label.js';

const STATUSES: readonly StatusCode[] = ['accepted', 'running', 'successful', 'failed', 'dismissed'];
const NO_CAUSE = 'none';

/** A job that has not ended, or is not collected, as far as this replica knows. */
interface LiveJob {
  readonly uid: string;
  readonly process: string;
  hasStarted: boolean;
  hasEnded: boolean;
  /** Milliseconds of a clock that never jumps; when its pod was seen to have ended. */
  podEnded?: number;
}

/**
 * What the jobs are and how long their stages take, as the caches show it: on every replica the same, but for what happened before it started. Of a job that had ended
 * when the replica started nothing is counted.
 */
@Injectable()
export class JobMetrics implements OnModuleInit {
  readonly #ended;
  readonly #queueTimes;
  readonly #admissionTimes;
  readonly #runTimes;
  readonly #collectTimes;
  /** By the Kubernetes Job's name. */
  readonly #live = new Map<string, LiveJob>();
  readonly #processesSeen = new Set<string>();

  constructor(
    private readonly cache: JobCache,
    private readonly processLabel: ProcessLabel,
    registry: MetricRegistry,
  ) {
    registry.gauge({ name: 'jobs', help: 'Jobs that there are, by status.', labels: ['process', 'status'] }, () =>
      this.jobsByStatus(),
    );
    registry.gauge(
      { name: 'jobs_collection_problem', help: 'Ended jobs whose log or results cannot be collected at the moment.' },
      () => [[{}, this.count(({ collectionProblem }) => collectionProblem !== undefined)]],
    );
    registry.gauge(
      {
        name: 'uncollected_pods',
        help: 'Pods that have ended and are held until their log and results are collected.',
      },
      () => [[{}, this.uncollectedSince().length]],
    );
    registry.gauge(
      {
        name: 'uncollected_pods_oldest_age_seconds',
        help: 'How long ago the pod ended that has waited longest to be collected; 0 where none waits.',
      },
      () => [[{}, ageInSeconds(this.uncollectedSince())]],
    );
    this.#ended = registry.counter({
      name: 'jobs_ended_total',
      help: 'Jobs that ended: how, and failed ones why.',
      labels: ['process', 'status', 'cause'],
    });
    this.#queueTimes = registry.histogram(
      {
        name: 'job_queue_duration_seconds',
        help: 'From a Kubernetes Job being created to its first container running; whole seconds.',
        labels: ['process'],
      },
      JOB_BUCKETS,
    );
    this.#admissionTimes = registry.histogram(
      {
        name: 'job_admission_duration_seconds',
        help: 'Of the time before, what a job waited for its turn: from its Job being created, suspended, to its being resumed; whole seconds.',
        labels: ['process'],
      },
      JOB_BUCKETS,
    );
    this.#runTimes = registry.histogram(
      {
        name: 'job_run_duration_seconds',
        help: "From a job's first container running to its last container's end; whole seconds.",
        labels: ['process'],
      },
      JOB_BUCKETS,
    );
    this.#collectTimes = registry.histogram(
      {
        name: 'job_collect_duration_seconds',
        help: "From a job's pod having been seen to have ended to its log and results being stored.",
      },
      COLLECT_BUCKETS,
    );
  }

  onModuleInit(): void {
    this.cache.jobs.subscribe(({ name, previous }) => this.look(name, previous === undefined));
    this.cache.pods.subscribe(({ record, previous }) => this.look((record ?? previous)?.jobName ?? '', false));
  }

  private look(name: string, isNew: boolean): void {
    const job = this.cache.jobs.get(name);
    let live = this.#live.get(name);
    if (live && live.uid !== job?.uid) {
      this.#live.delete(name);
      if (!live.hasEnded) this.countEnd(live.process, 'dismissed', NO_CAUSE);
      live = undefined;
    }
    if (!job) return;
    const status = this.cache.statusOf(job);
    live ??= this.noteNew(job, status, isNew);
    if (!live) return;
    this.noteStart(live, job, status);
    this.noteEnd(live, status);
    this.noteCollection(live, job, status);
  }

  /** What is in the first list tells of the past, but of jobs that are not over. */
  private noteNew(job: JobRecord, status: JobStatus, isNew: boolean): LiveJob | undefined {
    const isOver = isEnded(status) && !isCollecting(job, status);
    if (!isNew || (isOver && !this.cache.jobs.synced)) return undefined;
    const isOld = !this.cache.jobs.synced;
    const live: LiveJob = {
      uid: job.uid,
      process: this.processLabel.of(job.processId),
      hasStarted: isOld && status.started !== undefined,
      hasEnded: isOld && isEnded(status),
    };
    this.noteProcess(live.process);
    this.#live.set(job.name, live);
    return live;
  }

  /** Series that begin at 0, so that the first of a kind is an increase. */
  private noteProcess(process: string): void {
    if (this.#processesSeen.has(process)) return;
    this.#processesSeen.add(process);
    for (const status of ['successful', 'dismissed']) this.#ended.inc({ process, status, cause: NO_CAUSE }, 0);
    for (const cause of CAUSE_TYPES) this.#ended.inc({ process, status: 'failed', cause }, 0);
  }

  private noteStart(live: LiveJob, { admission, created, resumed }: JobRecord, { started }: JobStatus): void {
    if (live.hasStarted || !started) return;
    live.hasStarted = true;
    this.#queueTimes.observe({ process: live.process }, secondsBetween(created, started));
    // Of one that had its turn at once Kubernetes notes no suspension.
    const admitted = admission?.at === undefined ? resumed : new Date(admission.at);
    if (admitted instanceof Date)
      this.#admissionTimes.observe({ process: live.process }, secondsBetween(created, admitted));
  }

  private noteEnd(live: LiveJob, status: JobStatus): void {
    if (live.hasEnded || !isEnded(status)) return;
    live.hasEnded = true;
    this.countEnd(live.process, status.status, causeOf(status));
    const { started, finished } = status;
    if (started && finished && status.status !== 'dismissed')
      this.#runTimes.observe({ process: live.process }, secondsBetween(started, finished));
  }

  private noteCollection(live: LiveJob, job: JobRecord, status: JobStatus): void {
    const pod = this.cache.podsOf(job)[0];
    if (pod && hasEnded(pod) && pod.held) live.podEnded ??= this.timeOfEnd(endOf(pod));
    else if (pod && !hasEnded(pod)) live.podEnded = undefined;
    if (isCollecting(job, status)) return;
    if (job.collection === 'done' && live.podEnded !== undefined && status.status !== 'dismissed')
      this.#collectTimes.observe((performance.now() - live.podEnded) / 1000);
    if (isEnded(status)) this.#live.delete(job.name);
  }

  /** Now, but of what had ended before this replica knew of it. */
  private timeOfEnd(end: Date | undefined): number {
    const now = performance.now();
    return this.cache.jobs.synced && this.cache.pods.synced
      ? now
      : now - Math.max(0, Date.now() - (end?.getTime() ?? Date.now()));
  }

  private countEnd(process: string, status: string, cause: string): void {
    this.#ended.inc({ process, status, cause });
  }

  private jobsByStatus(): Iterable<Reading<'process' | 'status'>> {
    const counts = new Map([...this.#processesSeen].map((process) => [process, noJobs()]));
    for (const job of this.cache.list()) {
      const process = this.processLabel.of(job.processId);
      const ofProcess = counts.get(process) ?? noJobs();
      counts.set(process, ofProcess);
      ofProcess[this.cache.statusOf(job).status] += 1;
    }
    return [...counts].flatMap(([process, ofProcess]) =>
      STATUSES.map((status): Reading<'process' | 'status'> => [{ process, status }, ofProcess[status]]),
    );
  }

  private count(predicate: (job: JobRecord) => boolean): number {
    return this.cache.list().filter(predicate).length;
  }

  /** When the held pods ended that have. */
  private uncollectedSince(): Date[] {
    return [...this.cache.pods.values()]
      .filter((pod) => pod.held && hasEnded(pod))
      .map((pod) => endOf(pod) ?? pod.created);
  }
}

function noJobs(): Record<StatusCode, number> {
  return { accepted: 0, running: 0, successful: 0, failed: 0, dismissed: 0 };
}

function isEnded({ status }: JobStatus): boolean {
  return status !== 'accepted' && status !== 'running';
}

/** Annotations can be written by others, too: what is no known cause is none of its own. */
function causeOf({ status, cause }: JobStatus): string {
  if (status !== 'failed') return NO_CAUSE;
  return cause && CAUSE_TYPES.includes(cause.type) ? cause.type : 'failed';
}

/** Its outcome is recorded, but its log not yet stored. */
function isCollecting(job: JobRecord, { status }: JobStatus): boolean {
  return job.collection === 'pending' && status !== 'dismissed';
}

/** Clocks of the API server and of the nodes may differ. */
function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}

function ageInSeconds(dates: readonly Date[]): number {
  return dates.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...dates.map(Number))) / 1000);
}
