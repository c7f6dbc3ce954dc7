import { SortedList } from './sorted-list.js';

/** How many jobs may run at the same time; undefined: without limit. */
export interface Limits {
  readonly all?: number;
  /** Of one caller. Where it changes, {@link WaitingLine.limitChanged} has to be told. */
  ofCaller(caller: string): number | undefined;
  ofProcess(processId: string): number | undefined;
}

/** A job that waits. */
export interface WaitingJob {
  readonly name: string;
  readonly processId: string;
  /** Whose it is; what says so means nothing here. */
  readonly caller: string;
  /** Orders the jobs of a caller, largest first. */
  readonly priority: number;
  /** Orders those of the same priority, smallest first; milliseconds since the epoch. */
  readonly since: number;
}

/** A job that has a place. */
export interface RunningJob {
  readonly processId: string;
  /** Undefined: nobody's, as of one that was made where there were no limits. */
  readonly caller?: string;
}

/** What keeps a job waiting. */
export type Hindrance =
  | { readonly reason: 'MaxRunning' | 'MaxRunningOfProcess' | 'MaxRunningPerCaller'; readonly running: number }
  | { readonly reason: 'Next' };

/** A caller's place in the round; made anew where it changes. */
interface Turn {
  readonly caller: string;
  /** When it had a turn, milliseconds since the epoch; 0: never. */
  readonly last: number;
  /** Since when it waits: those that never had a turn come in this order. */
  readonly since: number;
}

interface WaitingCaller {
  turn: Turn;
  waiting: number;
  /** By process. */
  readonly jobs: Map<string, SortedList<WaitingJob>>;
}

const byTurn = (a: Turn, b: Turn): number => a.last - b.last || a.since - b.since || compareTexts(a.caller, b.caller);
const byRank = (a: WaitingJob, b: WaitingJob): number =>
  b.priority - a.priority || a.since - b.since || compareTexts(a.name, b.name);

/**
 * Who comes next: of the callers that have a job which may start, the one that had a turn longest ago; of its jobs the most urgent, and of
 * those the oldest. An index that is kept up with each change of a job; looking for the next job costs as much with one that
 * waits as with ten thousand.
 */
export class WaitingLine {
  private readonly waitingJobs = new Map<string, WaitingJob>();
  private readonly runningJobs = new Map<string, RunningJob>();
  private readonly runningOfProcess = new Counts();
  private readonly runningOfCaller = new Counts();
  private readonly callers = new Map<string, WaitingCaller>();
  private readonly lastTurns = new Map<string, number>();
  /** By process: the callers with jobs of it that are below their limit. */
  private readonly rounds = new Map<string, SortedList<Turn>>();
  private newest = 0;

  constructor(private readonly limits: Limits) {}

  get waiting(): number {
    return this.waitingJobs.size;
  }

  get running(): number {
    return this.runningJobs.size;
  }

  /** The newest turn that is known. */
  get newestTurn(): number {
    return this.newest;
  }

  /** How many jobs of the caller wait, and how many have a place. */
  countsOf(caller: string): { readonly waiting: number; readonly running: number } {
    return { waiting: this.callers.get(caller)?.waiting ?? 0, running: this.runningOfCaller.get(caller) };
  }

  isWaiting(name: string): boolean {
    return this.waitingJobs.has(name);
  }

  /** Undefined where it does not wait. */
  waitingJob(name: string): WaitingJob | undefined {
    return this.waitingJobs.get(name);
  }

  hasPlace(name: string): boolean {
    return this.runningJobs.has(name);
  }

  /** It waits from now on, unless it does already. */
  wait(job: WaitingJob): void {
    this.leave(job.name);
    if (this.waitingJobs.has(job.name)) return;
    this.waitingJobs.set(job.name, job);
    const caller = this.callers.get(job.caller) ?? this.newCaller(job);
    const jobs = caller.jobs.get(job.processId) ?? new SortedList<WaitingJob>(byRank);
    caller.jobs.set(job.processId, jobs);
    caller.waiting += 1;
    jobs.add(job);
    if (this.isBelowLimit(job.caller)) this.roundOf(job.processId).add(caller.turn);
  }

  /** It has a place from now on. */
  run(name: string, job: RunningJob): void {
    this.stopWaiting(name);
    if (this.runningJobs.has(name)) return;
    this.runningJobs.set(name, job);
    this.runningOfProcess.add(job.processId, 1);
    this.countOfCaller(job.caller, 1);
  }

  /** It neither waits nor has a place any more. */
  remove(name: string): void {
    this.stopWaiting(name);
    this.leave(name);
  }

  /** The caller had a turn at this time, milliseconds since the epoch; earlier ones than what is known change nothing. */
  hadTurn(caller: string, at: number): void {
    this.newest = Math.max(this.newest, at);
    if (at <= (this.lastTurns.get(caller) ?? 0)) return;
    this.lastTurns.set(caller, at);
    const waiting = this.callers.get(caller);
    if (!waiting) return;
    this.takeOut(waiting);
    waiting.turn = { ...waiting.turn, last: at };
    if (this.isBelowLimit(caller)) this.putIn(waiting);
  }

  /** Nothing is left by which the caller's turns would be known after a restart, either. */
  forget(caller: string): void {
    if (!this.callers.has(caller)) this.lastTurns.delete(caller);
  }

  /** Who is to start now; undefined: nobody may. */
  next(): WaitingJob | undefined {
    if (this.runningJobs.size >= (this.limits.all ?? Infinity)) return undefined;
    let first: Turn | undefined;
    for (const [processId, { first: turn }] of this.rounds) {
      if (!turn || this.isFull(processId)) continue;
      if (!first || byTurn(turn, first) < 0) first = turn;
    }
    return first && this.nextOf(first.caller);
  }

  /** Undefined where the job does not wait. */
  hindranceOf(name: string): Hindrance | undefined {
    const job = this.waitingJobs.get(name);
    if (!job) return undefined;
    const { caller, processId } = job;
    if (this.running >= (this.limits.all ?? Infinity)) return { reason: 'MaxRunning', running: this.running };
    if (this.isFull(processId)) return { reason: 'MaxRunningOfProcess', running: this.runningOfProcess.get(processId) };
    if (!this.isBelowLimit(caller)) return { reason: 'MaxRunningPerCaller', running: this.runningOfCaller.get(caller) };
    return { reason: 'Next' };
  }

  /**
   * The place of a job, from 1, as if only the limit for all held; undefined where it does not wait. Costs a look at each caller that
   * waits.
   */
  positionOf(name: string): number | undefined {
    const job = this.waitingJobs.get(name);
    const own = job && this.callers.get(job.caller);
    if (!job || !own) return undefined;
    let rank = 0;
    for (const jobs of own.jobs.values()) rank += jobs.countBefore(job);
    let before = rank;
    for (const other of this.callers.values())
      if (other !== own) before += Math.min(other.waiting, byTurn(other.turn, own.turn) < 0 ? rank + 1 : rank);
    return before + 1;
  }

  private nextOf(caller: string): WaitingJob | undefined {
    let best: WaitingJob | undefined;
    for (const [processId, { first }] of this.callers.get(caller)?.jobs ?? []) {
      if (!first || this.isFull(processId)) continue;
      if (!best || byRank(first, best) < 0) best = first;
    }
    return best;
  }

  private newCaller({ caller, since }: WaitingJob): WaitingCaller {
    const made = { turn: { caller, last: this.lastTurns.get(caller) ?? 0, since }, waiting: 0, jobs: new Map() };
    this.callers.set(caller, made);
    return made;
  }

  private stopWaiting(name: string): void {
    const job = this.waitingJobs.get(name);
    const caller = job && this.callers.get(job.caller);
    if (!job || !caller) return;
    this.waitingJobs.delete(name);
    caller.waiting -= 1;
    const jobs = caller.jobs.get(job.processId);
    jobs?.delete(job);
    if (jobs?.size === 0) {
      caller.jobs.delete(job.processId);
      this.takeOutOf(job.processId, caller.turn);
    }
    if (caller.waiting === 0) this.callers.delete(job.caller);
  }

  private leave(name: string): void {
    const job = this.runningJobs.get(name);
    if (!job) return;
    this.runningJobs.delete(name);
    this.runningOfProcess.add(job.processId, -1);
    this.countOfCaller(job.caller, -1);
  }

  /** Where the caller comes to its limit it leaves the rounds, until it is below. */
  private countOfCaller(caller: string | undefined, change: 1 | -1): void {
    if (caller === undefined) return;
    this.runningOfCaller.add(caller, change);
    this.limitChanged(caller);
  }

  /** The caller's limit, or how much of it is used, is another now. */
  limitChanged(caller: string): void {
    const waiting = this.callers.get(caller);
    if (!waiting) return;
    if (this.isBelowLimit(caller)) this.putIn(waiting);
    else this.takeOut(waiting);
  }

  private putIn({ turn, jobs }: WaitingCaller): void {
    for (const processId of jobs.keys()) this.roundOf(processId).add(turn);
  }

  private takeOut({ turn, jobs }: WaitingCaller): void {
    for (const processId of jobs.keys()) this.takeOutOf(processId, turn);
  }

  private takeOutOf(processId: string, turn: Turn): void {
    const round = this.rounds.get(processId);
    round?.delete(turn);
    if (round?.size === 0) this.rounds.delete(processId);
  }

  private roundOf(processId: string): SortedList<Turn> {
    const round = this.rounds.get(processId) ?? new SortedList<Turn>(byTurn);
    this.rounds.set(processId, round);
    return round;
  }

  private isFull(processId: string): boolean {
    return this.runningOfProcess.get(processId) >= (this.limits.ofProcess(processId) ?? Infinity);
  }

  private isBelowLimit(caller: string): boolean {
    return this.runningOfCaller.get(caller) < (this.limits.ofCaller(caller) ?? Infinity);
  }
}

/** How many there are of each; what is at 0 takes no memory. */
class Counts {
  private readonly counts = new Map<string, number>();

  get(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  add(key: string, change: number): void {
    const count = this.get(key) + change;
    if (count === 0) this.counts.delete(key);
    else this.counts.set(key, count);
  }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
