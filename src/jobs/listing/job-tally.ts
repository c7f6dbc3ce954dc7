import { Injectable } from '@nestjs/common';
import { isGoing } from '../model/dismissal.js';
import { JobCache } from '../model/job-cache.js';
import type { CauseType } from '../model/job-outcome.js';
import type { JobRecord } from '../model/job-record.js';
import { jobStatus, type StatusCode } from '../model/job-status.js';

/** In what lists count jobs together, whosever they are. */
export interface TalliedState extends Pick<JobRecord, 'processId' | 'processUnsigned'> {
  readonly status: StatusCode;
  /** Of jobs that failed. */
  readonly cause?: CauseType;
  /** The archive has them, in this state. */
  readonly isArchived?: true;
}

/** Jobs that are looked at in one turn of the event loop. */
const SLICE = 200;

/** Jobs that are counted together. */
export interface Bin {
  /** The same object for all jobs of it, of whomever. */
  readonly state: TalliedState;
  readonly size: number;
  names(): Iterable<string>;
}

/** Those of one owner. */
class OwnBin implements Bin {
  readonly jobs = new Set<string>();

  constructor(
    readonly owner: string,
    readonly whole: WholeBin,
  ) {}

  get state(): TalliedState {
    return this.whole.state;
  }

  get size(): number {
    return this.jobs.size;
  }

  names(): Iterable<string> {
    return this.jobs;
  }
}

/** Those of all. */
class WholeBin implements Bin {
  readonly parts = new Map<string, OwnBin>();
  size = 0;

  constructor(readonly state: TalliedState) {}

  *names(): Iterable<string> {
    for (const part of this.parts.values()) yield* part.names();
  }
}

/**
 * How many jobs there are of each process in each state, kept as they change: a look costs what has changed a moment ago. Nothing but a
 * job's record and its pods decides its state.
 */
@Injectable()
export class JobTally {
  /** By all that is counted together. */
  private readonly bins = new Map<string, WholeBin>();
  /** By owner, nobody's under the empty name; then as above. */
  private readonly ofOwner = new Map<string, Map<string, OwnBin>>();
  private readonly binOf = new Map<string, OwnBin>();
  /** Names of jobs that are to be looked at again, all of them there. */
  private readonly changed = new Set<string>();
  private isScheduled = false;
  private readonly listeners: ((name: string, state: TalliedState | undefined) => void)[] = [];

  constructor(private readonly cache: JobCache) {
    cache.jobs.subscribe(({ name, record }) => {
      if (record) this.note(name);
      else this.forget(name);
    });
    cache.pods.subscribe(({ record, previous }) => {
      for (const pod of [previous, record]) if (pod && cache.jobs.get(pod.jobName)) this.note(pod.jobName);
    });
  }

  /** The jobs of each state that some are in; costs no more for many owners. @param owners undefined: of all, and of nobody */
  states(owners?: readonly string[]): readonly Bin[] {
    this.update();
    if (!owners) return [...this.bins.values()];
    return owners.flatMap((owner) => [...(this.ofOwner.get(owner)?.values() ?? [])]);
  }

  /** The state of a job of the cache; the same object for all that are counted together. */
  stateOf(job: JobRecord): TalliedState {
    if (this.changed.size > 0) this.update();
    return this.binOf.get(job.name)?.state ?? this.stateNow(job);
  }

  /** Calls back with the state that a job has come to, and before with undefined where it had one. */
  onState(listener: (name: string, state: TalliedState | undefined) => void): void {
    this.listeners.push(listener);
  }

  private note(name: string): void {
    this.changed.add(name);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.updateSome());
  }

  /** In slices, so that many changes at once hold up nobody, nor who looks next. */
  private updateSome(): void {
    this.isScheduled = false;
    this.update(SLICE);
    const [next] = this.changed;
    if (next !== undefined) this.note(next);
  }

  private update(most = Infinity): void {
    let left = most;
    for (const name of this.changed) {
      if (left-- <= 0) return;
      this.changed.delete(name);
      const job = this.cache.jobs.get(name);
      this.take(name);
      if (job) this.put(name, job.owner ?? '', this.stateNow(job));
    }
  }

  private stateNow(job: JobRecord): TalliedState {
    const { processId, processUnsigned } = job;
    // Not from the cache, which would keep the whole status of each job that has ended.
    const { status, cause } = jobStatus(job, this.cache.podsOf(job));
    // Of one that is being removed the archive has what it was before.
    const isArchived = job.archivedState !== undefined && !isGoing(job);
    return {
      processId,
      processUnsigned,
      status,
      cause: status === 'failed' ? cause?.type : undefined,
      ...(isArchived ? { isArchived } : {}),
    };
  }

  private put(name: string, owner: string, state: TalliedState): void {
    const key = keyOf(state);
    const whole = this.bins.get(key) ?? new WholeBin(state);
    this.bins.set(key, whole);
    const own = whole.parts.get(owner) ?? new OwnBin(owner, whole);
    whole.parts.set(owner, own);
    const bins = this.ofOwner.get(owner) ?? new Map<string, OwnBin>();
    this.ofOwner.set(owner, bins);
    bins.set(key, own);
    own.jobs.add(name);
    whole.size += 1;
    this.binOf.set(name, own);
    for (const listener of this.listeners) listener(name, whole.state);
  }

  private take(name: string): void {
    const own = this.binOf.get(name);
    if (!own) return;
    const { owner, whole, jobs } = own;
    this.binOf.delete(name);
    for (const listener of this.listeners) listener(name, undefined);
    jobs.delete(name);
    whole.size -= 1;
    if (jobs.size > 0) return;
    const key = keyOf(whole.state);
    whole.parts.delete(owner);
    if (whole.size === 0) this.bins.delete(key);
    const bins = this.ofOwner.get(owner);
    bins?.delete(key);
    if (bins?.size === 0) this.ofOwner.delete(owner);
  }

  private forget(name: string): void {
    this.changed.delete(name);
    this.take(name);
  }
}

/** The same for all that are counted together, whosever they are. */
export function keyOf({ status, cause, processUnsigned, isArchived, processId }: TalliedState): string {
  return `${status} ${cause ?? ''} ${processUnsigned ?? ''} ${isArchived ?? ''} ${processId}`;
}
