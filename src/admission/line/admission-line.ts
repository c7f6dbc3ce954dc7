import { Injectable } from '@nestjs/common';
import { Configuration, type ManagerSection } from '../../config/configuration.js';
import { TooManyJobsError } from '../../ogc/domain-errors.js';
import { ProcessRegistry } from '../../processes/registry/process-registry.js';
import type { Admission, RunningLimit } from './admission.js';
import { CallerRunning } from './caller-running.js';
import { type Hindrance, WaitingLine } from './waiting-line.js';

/** Seconds after which some of those that wait will have started. */
const RETRY_AFTER = 30;
/** Milliseconds that a turn may lie ahead: clocks differ, but not by more. What says so was written by others. */
const MOST_AHEAD = 24 * 3600 * 1000;

/** What of a job matters to the line. */
export interface LineJob {
  readonly name: string;
  readonly processId: string;
  readonly created: Date;
  readonly requestedAt?: number;
  readonly suspended: boolean;
  readonly deleting: boolean;
  readonly removed?: string;
  readonly condition?: object;
  readonly outcome?: { readonly status: string };
  /** It is Kueue's. */
  readonly queue?: object;
  readonly admission?: Admission;
}

/** Why a job waits, for programs and for people. */
export interface Standing {
  readonly reason: Hindrance['reason'];
  readonly message: string;
}

/**
 * The jobs that wait for their turn, and those that have a place, as this server knows them. A place is free again once a Job has ended,
 * its outcome stands, or its last pod has ended; of a dismissed or removed one once all have.
 */
@Injectable()
export class AdmissionLine {
  private readonly manager: ManagerSection;
  private readonly line: WaitingLine;
  private readonly priorities: ReadonlyMap<string, number>;
  /** Jobs whose turn it is, though their Jobs do not say so yet, with whose they are. */
  private readonly held = new Map<string, string>();
  private readonly beingMade = new Set<string>();
  private readonly callers: CallerRunning;
  private readonly ofProcess: number | undefined;
  private readonly hasRoles: boolean;
  /** How many jobs there are of each caller, whatever their state. */
  private readonly jobsOf = new Map<string, number>();

  constructor(
    configuration: Configuration,
    private readonly processes: ProcessRegistry,
  ) {
    this.manager = configuration.server.manager;
    this.priorities = new Map(Object.entries(this.manager.queuePriorities ?? {}));
    this.callers = new CallerRunning(configuration);
    this.ofProcess = configuration.access.rules?.runningOfProcess;
    this.hasRoles = configuration.access.rules !== undefined;
    this.line = new WaitingLine({
      all: this.manager.maxRunning,
      ofCaller: (caller) => this.callers.of(caller),
      ofProcess: (id) => this.processes.find(id)?.maxRunning ?? this.ofProcess,
    });
  }

  /**
   * Whether jobs of this process wait for their turn.
   * @param ofCaller how many jobs of the caller may run at the same time; default: as many as of any caller
   */
  isLimited(
    { maxRunning }: { readonly maxRunning?: number },
    ofCaller: RunningLimit = this.manager.maxRunningPerCaller ?? 'none',
  ): boolean {
    const others = [this.manager.maxRunning, maxRunning, this.ofProcess];
    return ofCaller !== 'none' || others.some((limit) => limit !== undefined);
  }

  /** Those that wait, and whom to start. */
  get jobs(): WaitingLine {
    return this.line;
  }

  /** @throws TooManyJobsError where no further job may wait */
  assertRoom(): void {
    const { maxWaiting } = this.manager;
    if (maxWaiting === undefined || this.line.waiting + this.beingMade.size < maxWaiting) return;
    throw new TooManyJobsError(
      `${maxWaiting} jobs wait for their turn, which is as many as may (max_waiting); nothing was created.`,
      RETRY_AFTER,
    );
  }

  /**
   * Keeps room for a job while it is made.
   * @returns what gives it back once the job is known, or was not made
   * @throws as {@link assertRoom}
   */
  enter(name: string): () => void {
    this.assertRoom();
    this.beingMade.add(name);
    return () => void this.beingMade.delete(name);
  }

  /**
   * It is the turn of this job, at this time (milliseconds since the epoch): it has a place, until its Job says something else than that it
   * waits.
   */
  hold(name: string, at: number): void {
    const caller = this.callerOf(name);
    const job = this.line.waitingJob(name);
    this.held.set(name, caller);
    if (job) this.line.run(name, job);
    this.line.hadTurn(caller, at);
  }

  /** Whether its Job says that it waits, be it its turn or not. */
  isStillWaiting(name: string): boolean {
    return this.held.has(name) || this.line.isWaiting(name);
  }

  /** Whose the job is that waits. */
  callerOf(name: string): string {
    return this.held.get(name) ?? this.line.waitingJob(name)?.caller ?? '';
  }

  /** Nothing is known of the job any more. */
  forget(name: string): void {
    this.held.delete(name);
    this.line.remove(name);
  }

  /** @param takesRoom whether pods of it have not ended, or others will follow, as far as that is known */
  update(name: string, job: LineJob | undefined, previous: LineJob | undefined, takesRoom: () => boolean): void {
    if (job?.admission) this.count(job.admission, 1);
    if (job?.admission) this.noteLimit(job, job.admission);
    const { caller = '', at = Infinity } = job?.admission ?? {};
    if (at <= Date.now() + MOST_AHEAD) this.line.hadTurn(caller, at);
    if (job && waits(job)) this.wait(job);
    else {
      this.held.delete(name);
      if (job && hasPlace(job, takesRoom))
        this.line.run(name, { processId: job.processId, caller: job.admission?.caller });
      else this.line.remove(name);
    }
    if (previous?.admission) this.count(previous.admission, -1);
  }

  /** Why this job waits; undefined where it does not. Asks nobody. */
  standingOf(name: string, processId: string): Standing | undefined {
    const hindrance = this.line.hindranceOf(name);
    if (!hindrance) return undefined;
    if (hindrance.reason === 'Next')
      return { reason: 'Next', message: 'The job waits for its turn, which comes with the next round.' };
    const [whose, key] = {
      MaxRunning: ['', 'max_running'],
      MaxRunningOfProcess: [' of its process', `max_running of process "${processId}"`],
      MaxRunningPerCaller: [
        ' of its caller',
        this.hasRoles ? "running, a limit of its caller's roles or of access.limits" : 'max_running_per_caller',
      ],
    }[hindrance.reason] as [string, string];
    const { running } = hindrance;
    const jobs = running === 1 ? `1 job${whose} runs` : `${running} jobs${whose} run`;
    return {
      reason: hindrance.reason,
      message: `The job waits for its turn: ${jobs}, as many as may at once (${key}).`,
    };
  }

  private wait({ name, processId, requestedAt, created, admission }: LineJob): void {
    this.beingMade.delete(name);
    if (this.held.has(name)) return;
    const { caller = '', priority: named = '' } = admission ?? {};
    const priority = this.priorities.get(named) ?? 0;
    this.line.wait({ name, processId, caller, priority, since: requestedAt ?? created.getTime() });
  }

  private noteLimit({ name, requestedAt, created }: LineJob, { caller, running }: Admission): void {
    if (running === undefined || !this.hasRoles) return;
    const isAnother = this.callers.note(caller, { running, name, since: requestedAt ?? created.getTime() });
    if (isAnother) this.line.limitChanged(caller);
  }

  private count({ caller }: Admission, change: 1 | -1): void {
    const count = (this.jobsOf.get(caller) ?? 0) + change;
    if (count > 0) this.jobsOf.set(caller, count);
    else {
      this.jobsOf.delete(caller);
      this.line.forget(caller);
      this.callers.forget(caller);
    }
  }
}

function hasEnded({ condition, outcome }: LineJob): boolean {
  return condition !== undefined || outcome !== undefined;
}

function waits(job: LineJob): boolean {
  return (
    job.admission?.state === 'waiting' &&
    job.suspended &&
    !job.queue &&
    !job.deleting &&
    job.removed === undefined &&
    !hasEnded(job)
  );
}

function hasPlace(job: LineJob, takesRoom: () => boolean): boolean {
  // Its outcome stands before its pods have ended.
  const isDecided = job.outcome !== undefined && job.outcome.status !== 'dismissed';
  return !job.queue && !job.suspended && !job.condition && !isDecided && takesRoom();
}
